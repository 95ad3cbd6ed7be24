"""Which annexes the office asks for on a track, and what of them lies in this dossier."""

from __future__ import annotations

from openbeian.dossier import drafts
from openbeian.dossier.case import Case
from openbeian.dossier.papers import Block, Column, Heading, Paragraph, Table, Tone, Words
from openbeian.rules.packs import FormPack
from openbeian.rules.shapes import Annex

_FORM, _REPORT = 0, 1


def blocks(case: Case, pack: FormPack) -> list[Block]:
    """Return the list of annexes that ends the form."""
    columns = (Column("附件"), Column("名称", 4), Column("格式", 2), Column("本套材料中的文件", 6))
    rows = tuple(
        (
            Words(str(annex.no)),
            Words(annex.name + ("\n待核对" if annex.to_check else "")),
            Words(annex.format),
            _given(case, annex),
        )
        for annex in declared(case, pack)
    )
    note = "“稿本”由服务清单和结论生成，提交前须由本单位核定。测试账号、密钥不放进材料，走单独通道。"
    return [Heading("附件清单"), Table(columns, rows), Paragraph(note, Tone.MUTED)]


def declared(case: Case, pack: FormPack) -> tuple[Annex, ...]:
    """Return the annexes that the track asks for."""
    return pack.registration_annexes if case.is_registration else pack.annexes


def _given(case: Case, annex: Annex) -> Words:
    if names := case.attached(annex.no):
        return Words("\n".join(names))
    if names := drafts.names(case).get(annex.no, []):
        return Words("\n".join(f"{name}.pdf、.docx（稿本）" for name in names))
    if annex.no == _FORM:
        return Words("本表")
    if annex.no == _REPORT and not case.is_registration:
        return Words("自评估报告.pdf、.docx")
    if annex.optional:
        return Words("未附（不是必交）", Tone.MUTED)
    return Words("未附，须补交", Tone.MISSING)
