"""Who signs the report: three roles (T23); a person who holds two of them signs once, and the paper says so."""

from __future__ import annotations

from openbeian.dossier.case import Case
from openbeian.dossier.papers import Block, Paragraph, Signatures, Tone
from openbeian.rules.packs import ClausePack

_METRIC = "report_signatures"
_LEGAL = "单位法定代表人"
_MOST_ROLES = 2


def blocks(case: Case, pack: ClausePack) -> list[Block]:
    """Return the places to sign, and a note for every person who signs for more than one role."""
    basic = case.manifest.basic
    roles = {
        _LEGAL: basic.legal_representative,
        "安全评估整体负责人": basic.overall_lead,
        "合法性评估负责人": basic.legality_lead,
    }
    people: dict[str, list[str]] = {}
    for role, name in roles.items():
        people.setdefault(name, []).append(role)
    places = tuple(f"{'、'.join(held)}（签字）\n{name}" for name, held in people.items())
    notes = [Paragraph(_note(name, held, pack), Tone.STRONG) for name, held in people.items() if len(held) > 1]
    return [Signatures(places), *notes]


def _note(name: str, held: list[str], pack: ClausePack) -> str:
    """Say who holds which roles and on what footing; the rule's own words stand in the pack."""
    said = f"兼任说明：{name}同时是{'、'.join(held)}，一并签字。"
    if len(held) > _MOST_ROLES:
        return f"{said}一人兼任全部角色，达不到规定的签字人数，请另行指定负责人。"
    limit = next((one for one in pack.thresholds if one.metric == _METRIC), None)
    rule = f"规则（{limit.id}，{'待核对' if limit.to_check else limit.clause}）：{limit.note}。" if limit else ""
    return said + rule + ("" if _LEGAL in held else "此处兼任的不是法定代表人，请与规则原文核对。")
