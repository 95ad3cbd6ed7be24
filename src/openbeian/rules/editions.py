"""What a new edition of the rule changes: clause by clause, threshold by threshold, and for one service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from openbeian.manifest import Manifest
from openbeian.rules.findings import find
from openbeian.rules.shapes import Clause, ClausePack, Threshold
from openbeian.rules.verdicts import EvidenceView, Finding

Kind = Literal["clause", "threshold"]
Act = Literal["added", "removed", "changed"]
CLAUSE_FIELDS = (
    "topic",
    "requirement",
    "level",
    "check",
    "thresholds",
    "metric_subjects",
    "surveys",
    "rests_on",
    "manifest_rule",
    "applies_when",
)
THRESHOLD_FIELDS = ("metric", "name_zh", "op", "value", "unit", "level", "clause", "trigger", "subjects", "manifest")
UNSURE = "unknown"
KEPT = "kept"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an item with its value in both editions; None: the edition does not have it."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class ItemChange:
    """A clause or threshold that is new, gone or different; `text` names it in words."""

    kind: Kind
    id: str
    act: Act
    text: str
    fields: tuple[FieldChange, ...]
    to_check: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What the new pack itself says became of a clause of the old edition, where that is not simply kept or unknown."""

    clause: str
    requirement: str
    standing: str
    note: str | None
    to_check: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between two texts of the rule that the new pack records in words."""

    point: str
    old: str
    new: str
    to_check: bool


@dataclass(frozen=True, slots=True)
class FindingChange:
    """A finding of the service that comes out differently; None: the edition does not have the clause.

    `because` lists what changed in the clause and its thresholds.
    """

    clause: str
    old: Finding | None
    new: Finding | None
    because: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the change as plain JSON."""
        return {
            "clause": self.clause,
            "old": self.old and self.old.as_json(),
            "new": self.new and self.new.as_json(),
            "because": list(self.because),
        }


@dataclass(frozen=True, slots=True)
class EditionChanges:
    """What differs between two packs. `unsure` are the clauses of which the new pack does not know whether they stand."""

    old: str
    new: str
    items: tuple[ItemChange, ...]
    standings: tuple[Standing, ...]
    differences: tuple[Difference, ...]
    unsure: tuple[str, ...]
    findings: tuple[FindingChange, ...] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the changes as plain JSON; `findings` is null when no service was given."""
        found = None if self.findings is None else [change.as_json() for change in self.findings]
        return {**asdict(self), "findings": found}


def compare_editions(old: ClausePack, new: ClausePack) -> EditionChanges:
    """Return what the new edition changes: clauses and thresholds added, removed, changed; what its pack records."""
    clauses = _items("clause", {c.id: c for c in old.clauses}, {c.id: c for c in new.clauses}, CLAUSE_FIELDS)
    limits = _items("threshold", {t.id: t for t in old.thresholds}, {t.id: t for t in new.thresholds}, THRESHOLD_FIELDS)
    return EditionChanges(
        old=old.id,
        new=new.id,
        items=(*clauses, *limits),
        standings=tuple(
            Standing(clause.id, clause.requirement, clause.standing, clause.note, clause.to_check)
            for clause in new.clauses
            if old.id != new.id and clause.standing not in {None, KEPT, UNSURE}
        ),
        differences=_differences(old, new),
        unsure=tuple(clause.id for clause in new.clauses if old.id != new.id and clause.standing == UNSURE),
    )


def changed_findings(
    old: ClausePack, new: ClausePack, manifest: Manifest, evidence: Sequence[EvidenceView], *, now: datetime
) -> tuple[FindingChange, ...]:
    """Return the findings of a service whose verdict, or whose being only a warning, the new edition changes."""
    before = {finding.clause: finding for finding in find(old, manifest, evidence, now=now)}
    after = {finding.clause: finding for finding in find(new, manifest, evidence, now=now)}
    items = compare_editions(old, new).items
    return tuple(
        FindingChange(clause, before.get(clause), after.get(clause), _because(clause, old, new, items))
        for clause in dict.fromkeys([*before, *after])
        if _result(before.get(clause)) != _result(after.get(clause))
    )


def _result(finding: Finding | None) -> tuple[str, bool] | None:
    return None if finding is None else (finding.verdict.value, finding.is_warning)


def _because(clause_id: str, old: ClausePack, new: ClausePack, items: Sequence[ItemChange]) -> tuple[str, ...]:
    clauses = [clause for pack in (old, new) for clause in pack.clauses if clause.id == clause_id]
    ids = {clause_id, *(limit for clause in clauses for limit in clause.thresholds)}
    return tuple(words(item) for item in items if item.id in ids)


def words(item: ItemChange) -> str:
    """Return a change in words: what it is of, and every field with old and new value."""
    name = {"clause": "条款", "threshold": "门槛"}[item.kind] + f" {item.id}"
    if item.act != "changed":
        return f"{name} {'新增' if item.act == 'added' else '删去'}：{item.text}"
    fields = "；".join(f"{LABELS[field.name]} {_said(field.old)} → {_said(field.new)}" for field in item.fields)
    return f"{name} {item.text}：{fields}"


LABELS = {
    "topic": "主题",
    "requirement": "要求",
    "level": "程度",
    "check": "核对方式",
    "thresholds": "门槛",
    "metric_subjects": "所计对象",
    "surveys": "所评的结论",
    "rests_on": "所依条款",
    "manifest_rule": "对清单的要求",
    "applies_when": "适用条件",
    "metric": "指标",
    "name_zh": "名称",
    "op": "比较",
    "value": "数值",
    "unit": "单位",
    "clause": "所属条款",
    "trigger": "触发",
    "subjects": "逐类",
    "manifest": "清单字段",
}
LEVELS = {"shall": "应", "should": "宜"}


def _said(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {None: "无", True: "是", False: "否"}[value]
    if isinstance(value, str):
        return LEVELS.get(value, value)
    if isinstance(value, dict):
        return "，".join(f"{key} {_said(part)}" for key, part in value.items()) or "无"
    if isinstance(value, list | tuple):
        return "、".join(_said(part) for part in value) or "无"
    return str(value)


def _items(
    kind: Kind, old: Mapping[str, Clause | Threshold], new: Mapping[str, Clause | Threshold], names: Sequence[str]
) -> list[ItemChange]:
    """Return the changes in the order of the old edition, what is new at the end."""
    found = []
    for item_id in dict.fromkeys([*old, *new]):
        before, after = old.get(item_id), new.get(item_id)
        fields = _fields(before, after, names) if before and after else ()
        if fields or before is None or after is None:
            act: Act = "added" if before is None else "removed" if after is None else "changed"
            sides = [side for side in (after, before) if side is not None]
            is_open = any(side.to_check for side in sides)
            found.append(ItemChange(kind, item_id, act, _text(sides[0]), fields, is_open))
    return found


def _fields(old: Clause | Threshold, new: Clause | Threshold, names: Sequence[str]) -> tuple[FieldChange, ...]:
    before, after = old.model_dump(mode="json"), new.model_dump(mode="json")
    return tuple(FieldChange(name, before[name], after[name]) for name in names if before[name] != after[name])


def _text(item: Clause | Threshold) -> str:
    return item.requirement if isinstance(item, Clause) else item.name_zh


def _differences(old: ClausePack, new: ClausePack) -> tuple[Difference, ...]:
    """Return the differences that the new pack records between these two texts, each side under its text's name."""
    rows: list[dict[str, Any]] = (new.model_extra or {}).get("differences", [])
    found = []
    for row in rows:
        before, after = _side(row, old), _side(row, new)
        if before is not None and after is not None and row[before] != row[after]:
            found.append(Difference(row["point"], row[before], row[after], row["confidence"] != "multi"))
    return tuple(found)


def _side(row: Mapping[str, Any], pack: ClausePack) -> str | None:
    """Return the key of a recorded difference that stands for a pack: `gbt_45654` for `gbt-45654-2025`."""
    return next((key for key in row if pack.id.replace("-", "_").startswith(key)), None)
