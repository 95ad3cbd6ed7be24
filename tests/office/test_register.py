"""Numbers without a gap, versions under one number, and a search that reads as people write."""

import re

import pytest

from openbeian.office.accounts.errors import Conflict, NotFoundOrHidden, Refused
from openbeian.office.accounts.models import Office
from openbeian.office.register import queries
from openbeian.office.register.models import Registration, Serial
from openbeian.office.register.services import folded
from tests.office.mother import a_case, a_change, actor


@pytest.mark.req("F3")
def test_numbers_are_simulated_and_count_up_without_a_gap(office):
    numbers = []
    for slug in ("one", "two", "three"):
        a_case("filed", slug=slug)
        numbers.append(Registration.objects.get(service__slug=slug).number)
    assert all(re.fullmatch(r"MoNi-Guangdong-[\w.]+-20261002\d{4}", number) for number in numbers), numbers
    assert [int(number[-4:]) for number in numbers] == [1, 2, 3]
    assert all(row.is_simulated for row in Registration.objects.all())


@pytest.mark.req("F3")
def test_each_track_has_a_series_of_its_own(office):
    for track in ("filing", "registration", "algorithm_filing"):
        a_case("published", track, slug=track.replace("_", "-"))
    numbers = {row.track: row.number for row in Registration.objects.all()}
    assert re.fullmatch(r"MoNi-.*-\d{8}S0001", numbers["registration"])
    assert "模拟" in numbers["algorithm_filing"]
    assert set(Serial.objects.values_list("last", flat=True)) == {1}


@pytest.mark.req("F3")
def test_a_refused_number_uses_no_serial(office):
    case = a_case("in_notice")
    for name in ("approver", "clerk", "reviewer"):
        with pytest.raises(Refused):
            case.act(name, "assign_number")
    assert not Serial.objects.exists()
    case.wait(31)
    case.act("clerk", "close_notice")
    case.act("approver", "assign_number")
    with pytest.raises(Conflict):
        case.act("approver", "assign_number")
    assert Serial.objects.get().last == 1


@pytest.mark.req("F3")
def test_an_office_that_does_not_demonstrate_gives_no_number(office):
    case = a_case("approved", "registration")
    Office.objects.update(is_demo=False)
    with pytest.raises(Refused) as refused:
        case.act("approver", "assign_number")
    assert refused.value.code == "not-a-demo"
    assert case.state == "approved"
    assert not Registration.objects.exists()


@pytest.mark.req("F4")
@pytest.mark.parametrize("track", ["filing", "registration", "algorithm_filing"])
def test_a_change_keeps_the_number_and_adds_a_version(office, track):
    case = a_case("published", track)
    number = Registration.objects.get().number
    change = a_change(case, "published")
    assert (case.state, change.state) == ("published", "published")
    found = queries.entry(actor("public").office_id, number)
    assert [version.filing.number for version in found.versions] == [change.number, case.number]
    assert (Registration.objects.count(), Serial.objects.get().last) == (1, 1)
    assert queries.filed_manifest(found.registration) == change.filing.rounds.get().manifest


def test_a_number_takes_the_name_of_the_round_it_was_given_for(office, monkeypatch):
    from openbeian.office.filings.submissions import SubmissionIn, check_submission
    from tests.office.mother import Case

    case = a_case("submitted", "registration")
    old = case.papers.loaded.manifest.service.name_latin
    text = case.papers.loaded.source.replace(old, "XinMing")
    papers = check_submission(SubmissionIn(manifest_source=text), max_bytes=1 << 20)
    monkeypatch.setattr(Case, "papers", property(lambda _: papers))
    for name, act in (
        ("clerk", "return_filing"), ("kefu", "submit_round"), ("clerk", "accept"), ("reviewer", "mark_checklist"),
        ("reviewer", "sign_opinion"), ("approver", "approve_opinion"), ("approver", "assign_number"),
    ):  # fmt: skip
        case.act(name, act)
    assert "-XinMing-" in Registration.objects.get().number


@pytest.mark.req("F3")
def test_a_number_is_not_public_before_it_is_published(office):
    case = a_case("filed")
    number = Registration.objects.get().number
    office_id = case.actor("public").office_id
    assert queries.search(office_id) == []
    with pytest.raises(NotFoundOrHidden):
        queries.entry(office_id, number)
    case.act("clerk", "publish")
    assert [row.number for row in queries.search(office_id)] == [number]


@pytest.mark.req("F3")
def test_a_search_ignores_width_and_case_and_wants_every_word(office):
    case = a_case("published")
    row, office_id = Registration.objects.get(), case.actor("public").office_id
    wide = "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in row.number)
    for words in (
        row.number,
        row.number.lower(),
        row.number.upper(),
        wide,
        row.service_name,
        f" {row.service_name}　{wide} ",
    ):
        assert queries.search(office_id, words) == [row], words
    for words in (f"{row.service_name} 没有这词", "%", "_", "\\", "'; DROP TABLE x; --"):
        assert queries.search(office_id, words) == [], words
    assert queries.search(office_id, row.service_name, "registration") == []
    assert queries.entry(office_id, f" {row.number.lower()} ").registration == row
    assert folded("ＡＢ１２") == "ab12"
