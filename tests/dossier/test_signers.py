"""Three roles sign; a person who holds two signs once, and the report says so."""

from collections.abc import Callable

import docx
import pytest

from openbeian.dossier import Dossier

pytestmark = pytest.mark.req("F1")


def _report(dossier: Dossier) -> tuple[list[str], str]:
    document = docx.Document(str(dossier.path("report-docx")))
    places = next(table for table in document.tables if "单位法定代表人" in table.rows[0].cells[0].text)
    return [cell.text for cell in places.rows[0].cells], "\n".join(one.text for one in document.paragraphs)


def test_three_persons_sign_without_a_note(dossier: Dossier) -> None:
    places, words = _report(dossier)
    assert len(places) == 3
    assert "兼任说明" not in words


def test_legal_representative_who_leads_legality_signs_once_with_the_note_of_the_rule(
    build_with: Callable[..., Dossier],
) -> None:
    places, words = _report(build_with(basic__legality_lead="陈示例"))
    assert len(places) == 2
    assert "单位法定代表人、合法性评估负责人（签字）" in places[0]
    assert "兼任说明：陈示例同时是单位法定代表人、合法性评估负责人，一并签字。规则（T23，待核对）" in words


def test_two_roles_without_the_legal_representative_are_to_be_checked(build_with: Callable[..., Dossier]) -> None:
    _, words = _report(build_with(basic__legality_lead="林示例"))
    assert "此处兼任的不是法定代表人，请与规则原文核对" in words


def test_one_person_for_all_three_is_said_to_fall_short(build_with: Callable[..., Dossier]) -> None:
    _, words = _report(build_with(basic__legality_lead="陈示例", basic__overall_lead="陈示例"))
    assert "一人兼任全部角色，达不到规定的签字人数" in words
