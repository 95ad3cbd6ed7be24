"""What a manifest still lacks, by the fields of the filing form, each with the rule that asks for it (F1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from openbeian.manifest import LoadedManifest, Manifest, ManifestInvalid, Problem, load_manifest, part_of
from openbeian.rules.admitted import lacking
from openbeian.rules.conditions import is_blank, value_at
from openbeian.rules.packs import clause_pack, clause_remedy, form_pack, requirements
from openbeian.rules.shapes import FormField, FormSection, Item

EDITION = "gbt-45654-2025"
EACH_CLAUSE = "TC260-003 第 9.1 b)"
REMEDY = "写 measures、plan、plan_until、plan_by；有等效措施的写 equivalent 和 proof"
CHOICE_TYPES = frozenset({"enum", "multi_enum", "table"})


def check(loaded: LoadedManifest) -> list[Problem]:
    """Return everything that keeps a manifest from being filed, in the order of its lines."""
    found = [*check_form(loaded.manifest, loaded.lines), *_statements(loaded.manifest)]
    named = [replace(problem, file=loaded.name, line=_line(problem.path, loaded.lines)) for problem in found]
    return sorted(named, key=lambda problem: (problem.line or 0, problem.path or ""))


def check_form(manifest: Manifest, lines: Mapping[str, int]) -> list[Problem]:
    """Return required fields that are empty, values outside the choices, and facts that contradict each other."""
    plain = manifest.as_json()
    found: dict[tuple[str | None, str], Problem] = {}
    for problem in (*_fields(plain), *_duties(plain), *_consistency(plain), *_signatures(plain)):
        found.setdefault((problem.path, problem.message), replace(problem, line=_line(problem.path, lines)))
    return list(found.values())


def explain(invalid: ManifestInvalid) -> ManifestInvalid:
    """Return the same problems, each with the label and the rule of its form field where there is one."""
    return ManifestInvalid([_with_rule(problem) for problem in invalid.problems])


def load_checked(path: Path) -> LoadedManifest:
    """Read a manifest; a mistake in shape names the form field and the rule that asks for it."""
    try:
        return load_manifest(path)
    except ManifestInvalid as invalid:
        raise explain(invalid) from invalid


def completeness(loaded: LoadedManifest) -> dict[str, tuple[int, int]]:
    """Return, for each of the six parts, how many of its required form fields are filled, and how many there are."""
    plain = loaded.manifest.as_json()
    counts: dict[str, tuple[int, int]] = {}
    for _, field in _asked(plain):
        part = part_of(field.manifest or "")
        if part is None or not field.required:
            continue
        filled, total = counts.get(part, (0, 0))
        counts[part] = (filled + (not is_blank(value_at(plain, field.manifest or ""))), total + 1)
    return counts


def rule_of(section: FormSection, field: FormField) -> str:
    """Return the rule that asks for a field, in words."""
    return f"备案表 {section.id}.{field.id}（{_standing(field)}）；立项文档 F1"


def _standing(item: Item) -> str:
    return f"来源 {'、'.join(item.source)}" + ("，待核对" if item.to_check else "")


def label_of(section: FormSection, field: FormField) -> str:
    """Return what a field is called: the filed part it lies in, or the block of the form, and its label."""
    part = form_pack().part_name(part_of(field.manifest or ""))
    return f"{part or section.title.split('、')[-1]}·{field.label}"


def _asked(plain: dict[str, Any]) -> Iterator[tuple[FormSection, FormField]]:
    """Yield the fields that the track asks for: a registration does without those about training and corpora."""
    form = form_pack()
    is_registration = value_at(plain, "service.track") == "registration"
    left_out = form.registration_leaves_out.fields if is_registration else ()
    yield from ((section, field) for section, field in form.fields() if field.id not in left_out)


def _fields(plain: dict[str, Any]) -> Iterator[Problem]:
    for section, field in _asked(plain):
        if field.manifest is None:
            continue
        value = value_at(plain, field.manifest)
        if field.required:
            for path in _blanks(value, field.manifest):
                yield _problem("field-empty", "没有填写", "请填写", path, section, field)
        yield from _choices(section, field, field.manifest, value)


def _blanks(value: Any, path: str) -> list[str]:
    """Return the path itself when there is nothing at all, else the blank texts within a group."""
    if is_blank(value):
        return [path]
    if isinstance(value, dict):
        return [f"{path}.{key}" for key, item in value.items() if isinstance(item, str) and is_blank(item)]
    return []


def _choices(section: FormSection, field: FormField, path: str, value: Any) -> Iterator[Problem]:
    if field.type not in CHOICE_TYPES or not field.choices:
        return
    for place, given in _given(field, path, value):
        if given not in field.choices:
            remedy = f"从这些中选：{'、'.join(field.choices)}"
            yield _problem("field-choice", f"“{given}”不在可选项中", remedy, place, section, field)


def _given(field: FormField, path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the texts that must be among the choices, each with its place."""
    if isinstance(value, str):
        yield path, value
    for index, row in enumerate(value if isinstance(value, list) else []):
        if field.each is not None and isinstance(row, dict):
            yield f"{path}.{index}.{field.each}", str(row.get(field.each))
        elif isinstance(row, str):
            yield f"{path}.{index}", row


def _duties(plain: dict[str, Any]) -> Iterator[Problem]:
    for duty in requirements():
        if duty.manifest is not None and is_blank(value_at(plain, duty.manifest)):
            part = form_pack().part_name(part_of(duty.manifest))
            label = f"{part}·{duty.name_zh}"
            rule = f"立项文档 {duty.id}（需求，不是法律）"
            yield Problem("field-empty", "没有填写", "请填写", path=duty.manifest, label=label, rule=rule)


def _consistency(plain: dict[str, Any]) -> Iterator[Problem]:
    for pair in form_pack().consistency:
        if pair.when.holds(plain) and not pair.then.holds(plain):
            label = form_pack().part_name(part_of(pair.at))
            rule = f"{pair.basis}（{_standing(pair)}）"
            yield Problem("inconsistent", pair.message, pair.remedy, path=pair.at, label=label, rule=rule)


def _signatures(plain: dict[str, Any]) -> Iterator[Problem]:
    """A signature must carry the name that the manifest gives to the role."""
    named = {signer.role: signer for signer in form_pack().signers}
    for index, row in enumerate(value_at(plain, "commitment.signatures") or []):
        signer = named.get(row["role"])
        if signer is None or row["name"] == value_at(plain, signer.manifest):
            continue
        said = f"{signer.role}的签字人是“{row['name']}”，与 {signer.manifest} 不一致"
        path, rule = f"commitment.signatures.{index}.name", f"备案表 S5.commit_sign（{_standing(signer)}）"
        yield Problem("inconsistent", said, "改正其中一处", path=path, label="合规承诺·签字", rule=rule)


def _statements(manifest: Manifest) -> Iterator[Problem]:
    known = [clause.id for clause in clause_pack(EDITION).clauses]
    seen: Counter[str] = Counter()
    for index, statement in enumerate(manifest.statements):
        seen[statement.clause] += 1
        path = f"statements.{index}.clause"
        if statement.clause not in known:
            said, remedy = f"规则包中没有条款 {statement.clause}", clause_remedy(EDITION, statement.clause, known)
            yield Problem("unknown-clause", said, remedy, path=path, rule=EDITION)
        elif seen[statement.clause] > 1:
            said = f"条款 {statement.clause} 声明了两次"
            yield Problem("duplicate-statement", said, "只留一处", path=path, rule=EACH_CLAUSE)
        lacks = lacking(statement)
        if lacks:
            said = f"条款 {statement.clause} 的结论为不符合，没有写{'、'.join(lacks)}"
            yield Problem("admitted-without-remedy", said, REMEDY, path=f"statements.{index}", rule=EACH_CLAUSE)


def _problem(code: str, message: str, remedy: str, path: str, section: FormSection, field: FormField) -> Problem:
    label, rule = label_of(section, field), rule_of(section, field)
    return Problem(code, message, remedy, path=path, label=label, rule=rule)


def _line(path: str | None, lines: Mapping[str, int]) -> int | None:
    """Return the line of a field, or of the nearest part that exists around it."""
    while path and path not in lines:
        path = path.rpartition(".")[0]
    return lines.get(path or "")


def _with_rule(problem: Problem) -> Problem:
    """Name the form field around a mistake in shape, the nearest one, and the rule that asks for it.

    A problem of another document brings its own rule.
    """
    if problem.rule is not None:
        return problem
    around = [
        (section, field)
        for section, field in form_pack().fields()
        if field.manifest and f"{problem.path}.".startswith(f"{field.manifest}.")
    ]
    if not around:
        return replace(problem, rule="服务清单 openbeian/manifest/v1；立项文档 F1")
    section, field = max(around, key=lambda pair: len(pair[1].manifest or ""))
    remedy = field.remedy or problem.remedy
    return replace(problem, label=label_of(section, field), rule=rule_of(section, field), remedy=remedy)
