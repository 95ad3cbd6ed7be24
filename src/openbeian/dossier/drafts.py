"""The annexes that are texts, as drafts: what the manifest and the findings say, in the order an office expects.

Which annexes there are and what they hold is data (`drafts.yaml`); a provider's own file takes the place of its draft.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue
from ruamel.yaml import YAML

from openbeian.dossier import catalogue, clauses, summing, values
from openbeian.dossier.case import Case
from openbeian.dossier.papers import (
    Block,
    Column,
    Facts,
    Heading,
    Paper,
    Paragraph,
    Row,
    Signatures,
    Table,
    Title,
    Tone,
    Words,
)
from openbeian.rules import EvidenceView
from openbeian.rules.packs import ClausePack, risk_pack

_NUMBERS = "一二三四五六七八九十"
_MISSING = "（未填）"
_OPTIONAL = "?"
_OPEN = Words(_MISSING, Tone.MISSING)
_END = re.compile(r"[。；，]+。$")


class _Section(BaseModel):
    """One section of a draft; see the comment in `drafts.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    heading: str
    text: tuple[str, ...] = ()
    facts: dict[str, str] = {}
    table: str | None = None
    columns: dict[str, tuple[str, ...]] = {}
    clauses: tuple[str, ...] = ()
    blanks: tuple[str, ...] = ()
    risks: str | None = None
    evidence: tuple[str, ...] = ()
    evidence_for: tuple[str, ...] = ()
    sign: str | None = None
    when: str | None = None
    unless: str | None = None


class _Draft(BaseModel):
    """One draft: the annex it is for, its name, its sections."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    no: int
    name: str
    sections: tuple[_Section, ...]


class _Drafts(BaseModel):
    """All drafts of the two tracks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    note: str
    shared: dict[str, object]
    filing: tuple[_Draft, ...]
    registration: tuple[_Draft, ...]


def papers(case: Case, pack: ClausePack) -> list[Paper]:
    """Return the drafts of every annex of the track that no file was given for."""
    return [_paper(case, draft, pack) for draft in _of(case) if not case.attached(draft.no)]


def names(case: Case) -> dict[int, list[str]]:
    """Return the stems of the drafts by the number of their annex."""
    found: dict[int, list[str]] = {}
    for draft in _of(case):
        if not case.attached(draft.no):
            found.setdefault(draft.no, []).append(_stem(draft))
    return found


@cache
def _drafts() -> _Drafts:
    text = (Path(__file__).resolve().parent / "drafts.yaml").read_text(encoding="utf-8")
    return _Drafts.model_validate(YAML(typ="safe").load(text))


def _of(case: Case) -> tuple[_Draft, ...]:
    return _drafts().registration if case.is_registration else _drafts().filing


def _stem(draft: _Draft) -> str:
    return f"附件{draft.no}-{draft.name}"


def _paper(case: Case, draft: _Draft, pack: ClausePack) -> Paper:
    service = case.manifest.service
    head = Facts(
        (
            Row("服务名称", (Words(f"{service.name}，版本 {service.version}"),), "service.name"),
            Row("提供单位", (Words(case.manifest.basic.org_name),), "basic.org_name"),
            Row("成文日期", (Words(values.chinese_date(case.today)),)),
            Row("核验码", (Words(case.code, Tone.STRONG), Words(f"sha256:{case.digest}", Tone.CODE))),
        )
    )
    blocks: list[Block] = [Title(f"附件 {draft.no}\n{draft.name}"), head, Paragraph(_drafts().note, Tone.MUTED)]
    shown = [section for section in draft.sections if _is_shown(case, section)]
    for number, section in zip(_NUMBERS, shown, strict=False):
        blocks += _section(case, section, f"{number}、{section.heading}", pack)
    return case.paper(_stem(draft), draft.name, blocks)


def _is_shown(case: Case, section: _Section) -> bool:
    if section.when and not _holds(case.value(section.when)):
        return False
    return not (section.unless and _holds(case.value(section.unless)))


def _section(case: Case, section: _Section, heading: str, pack: ClausePack) -> list[Block]:
    parts: tuple[Callable[[], Iterator[Block]], ...] = (
        lambda: (Paragraph(_filled(case, text)) for text in section.text),
        lambda: _facts(case, section),
        lambda: _table(case, section),
        lambda: _to_fill_in(section),
        lambda: _evidence(case, section),
        lambda: _clauses(case, section, pack),
    )
    return [Heading(heading), *(block for part in parts for block in part())]


def _holds(value: JsonValue) -> bool:
    return bool(value) and not values.is_empty(value)


def _filled(case: Case, text: str) -> str:
    """Put the manifest's facts into a sentence; one that is not there says so."""

    def fact(found: re.Match[str]) -> str:
        value = case.value(found[1])
        return _MISSING if values.is_empty(value) else values.phrase(value)

    return _END.sub("。", re.sub(r"\{([a-z_.]+)\}", fact, text))


def _facts(case: Case, section: _Section) -> Iterator[Block]:
    rows = []
    for label, path in section.facts.items():
        bare = path.removesuffix(_OPTIONAL)
        value = case.value(bare)
        absent = _OPEN if bare == path else Words("无")
        rows.append(Row(label, (absent,) if values.is_empty(value) else _lines(value), bare))
    if rows:
        yield Facts(tuple(rows))


def _lines(value: JsonValue) -> tuple[Words, ...]:
    if values.is_table(value) and isinstance(value, list):
        return tuple(Words(values.phrase(item)) for item in value)
    return values.lines(value)


def _table(case: Case, section: _Section) -> Iterator[Block]:
    value = case.value(section.table) if section.table else None
    if isinstance(value, list) and values.is_table(value):
        yield values.table("", [item for item in value if isinstance(item, dict)], section.columns)
    elif section.table:
        yield Paragraph("没有。")


def _to_fill_in(section: _Section) -> Iterator[Block]:
    """The places where only the provider knows the words: empty rows for an annotation rule, one row a risk."""
    if section.blanks:
        yield Facts(tuple(Row(label, (_OPEN,)) for label in section.blanks))
    if section.risks:
        columns = (Column("代码"), Column("安全风险", 4), Column(section.risks, 5))
        yield Table(columns, tuple((Words(risk.code), Words(risk.name_zh), _OPEN) for risk in risk_pack().risks))
    if section.sign:
        yield Signatures((section.sign,))


def _evidence(case: Case, section: _Section) -> Iterator[Block]:
    if not section.evidence:
        return
    views = [view for view in case.numbered if view.kind in section.evidence and _speaks_for(view, section)]
    if not views:
        yield Paragraph("证据库中没有这样的证明，须补充。", Tone.STRONG)
        return
    yield catalogue.records(case, views)
    yield from catalogue.files(case, views)


def _speaks_for(view: EvidenceView, section: _Section) -> bool:
    wanted = section.evidence_for
    return not wanted or any(summing.stands_under(own, start) for own in view.clauses for start in wanted)


def _clauses(case: Case, section: _Section, pack: ClausePack) -> Iterator[Block]:
    found = summing.under(case.findings, section.clauses)
    if found:
        yield clauses.table(case, found, pack)
