"""The filing form (备案表): blocks and fields of the `filing-form` pack in their order, filled from the manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import cast

from pydantic import JsonValue

from openbeian.dossier import figures, listing, summing, values
from openbeian.dossier.case import Case
from openbeian.dossier.papers import (
    Block,
    Cover,
    Facts,
    Heading,
    Paper,
    Paragraph,
    Row,
    Signatures,
    Tone,
    Words,
)
from openbeian.dossier.proofs import proof
from openbeian.dossier.wording import Composed, wording
from openbeian.rules.packs import ClausePack, FormField, FormPack, FormSection

_MISSING = Words("（未填）", Tone.MISSING)
_BLANK = Words("—", Tone.MUTED)
_NO_EVIDENCE = "没有可引用的数据"
_SIGNATURE = "signature"


def form_paper(case: Case, pack: FormPack, clauses: ClausePack) -> Paper:
    """Return the form. Empty optional fields say “—”, empty required ones “（未填）”."""
    front, *sections = pack.sections
    blocks: list[Block] = [_cover(case, front, clauses)]
    for section in sections:
        blocks += _section(case, section, pack, clauses)
    blocks += listing.blocks(case, pack)
    blocks.append(Paragraph(f"{wording().form_note}（规则包 {pack.id}，{pack.edition} 版）", Tone.MUTED))
    return case.paper(case.words.form_file, case.words.form, blocks)


def _cover(case: Case, section: FormSection, clauses: ClausePack) -> Cover:
    rows = tuple(
        Row(field.label, () if field.type == _SIGNATURE else _parts(case, field, clauses), field.manifest)
        for field in section.fields
    )
    return Cover(case.words.form, rows, proof(case))


def _section(case: Case, section: FormSection, pack: FormPack, clauses: ClausePack) -> list[Block]:
    """A table-like value interrupts the rows and is drawn as a table under its own label."""
    blocks: list[Block] = [Heading(section.title)]
    rows: list[Row] = []
    left_out = pack.registration_leaves_out.fields if case.is_registration else ()
    for field in section.fields:
        if field.id in left_out:
            continue
        value = case.value(field.manifest) if field.manifest else None
        if field.type == _SIGNATURE:
            blocks += [*_facts(rows), Signatures((field.label,))]
            rows = []
        elif field.type == "table" and values.is_table(value):
            listed = cast("Sequence[Mapping[str, JsonValue]]", value)
            blocks += [*_facts(rows), values.table(field.label, listed, _composed(field).columns)]
            rows = []
        else:
            rows.append(Row(field.label, _parts(case, field, clauses), field.manifest))
    return [*blocks, *_facts(rows)]


def _facts(rows: list[Row]) -> list[Block]:
    return [Facts(tuple(rows))] if rows else []


def _parts(case: Case, field: FormField, clauses: ClausePack) -> tuple[Words, ...]:
    if field.computed == "render":
        return (Words(values.chinese_date(case.today)),)
    if field.computed == "findings":
        return _assessment(case, field.id, clauses)
    composed = _composed(field)
    value = case.value(field.manifest) if field.manifest else None
    if composed.parts:
        return _put_together(case, composed.parts, field)
    if values.is_empty(value):
        return (_MISSING if field.required else _BLANK,)
    return _written(case, field, composed, value)


def _composed(field: FormField) -> Composed:
    return wording().fields.get(field.id, Composed())


def _put_together(case: Case, parts: Mapping[str, str], field: FormField) -> tuple[Words, ...]:
    """Several values of the manifest under one label; the form's own one says 未填 when it is empty."""
    told = []
    for label, path in parts.items():
        value = case.value(path)
        if value == 0:
            continue  # a size of nothing says nothing
        if not values.is_empty(value):
            told.append(Words(f"{label}：{values.phrase(value)}"))
        elif path == field.manifest and field.required:
            told.append(Words(f"{label}：{_MISSING.text}", Tone.MISSING))
    return tuple(told) or (_MISSING if field.required else _BLANK,)


def _written(case: Case, field: FormField, composed: Composed, value: JsonValue) -> tuple[Words, ...]:
    if composed.sum and isinstance(value, list):
        total = sum(cast("int", item.get(composed.sum) or 0) for item in value if isinstance(item, dict))
        return (Words(f"{values.count(total)} {composed.unit}"),)
    listed = value
    if composed.pick and isinstance(value, list):
        listed = list(dict.fromkeys(item.get(key) for item in value if isinstance(item, dict) for key in composed.pick))
    written = (values.ticks(field.choices, listed),) if field.choices else _typed(field, listed)
    if composed.rows and isinstance(value, list):
        written += tuple(Words(_row(item, composed.rows)) for item in value if isinstance(item, dict))
    if composed.detail and not values.is_empty(detail := case.value(composed.detail)):
        written += (Words(values.phrase(detail)),)
    if composed.unit:
        written = tuple(Words(f"{words.text} {composed.unit}") for words in written)
    return written


def _typed(field: FormField, value: JsonValue) -> tuple[Words, ...]:
    match field.type, value:
        case "date", str():
            return (Words(values.chinese_date(date.fromisoformat(value))),)
        case "ratio", str():
            return (Words(figures.percent(float(value))),)
        case _:
            return values.lines(value)


def _row(item: Mapping[str, JsonValue], keys: Sequence[str]) -> str:
    return "，".join(values.phrase(item[key]) for key in keys if not values.is_empty(item.get(key)))


def _assessment(case: Case, field_id: str, clauses: ClausePack) -> tuple[Words, ...]:
    """What the findings and figures under some chapters come to, with the evidence of every figure."""
    assessed = wording().assessments[field_id]
    found = summing.under(case.findings, assessed.under)
    where = "" if case.is_registration else "逐条结论见附件 1。"
    told = [Words(f"{summing.tally(found).text()}。{where}")]
    told += [
        Words(f"{summing.sentence(case, item)}。")
        for item in summing.limited(case, clauses)
        if summing.belongs(item, assessed)
    ]
    return tuple(told) if found else (Words(_NO_EVIDENCE, Tone.MISSING),)
