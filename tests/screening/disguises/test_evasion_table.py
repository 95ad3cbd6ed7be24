"""The published table of evasions is what the scanner does now, and reaches what the project set itself."""

import pytest

from tools import evasion_table as table


@pytest.mark.req("T2a", "F1")
def test_the_page_is_the_one_committed():
    assert table.PAGE.read_text(encoding="utf-8") == table.page(), "run tools/evasion_table.py"


@pytest.mark.req("T2a")
def test_what_can_be_undone_is_found_and_the_rest_reaches_a_person():
    passed = table.counts()
    derived, of_derived = passed["derived"]
    review, of_review = passed["review"]
    assert of_derived >= 35
    assert derived >= 0.95 * of_derived
    assert of_review >= 19
    assert review >= 14


@pytest.mark.req("T2a")
def test_the_limits_are_limits():
    assert table.counts()["limit"] == (0, 12)


@pytest.mark.req("T2a")
def test_ordinary_text_is_never_held_to_be_a_word_in_disguise():
    fired = table.alarms()
    assert len(fired) == 30
    assert not [name for name, hits in fired.items() for hit in hits if hit["tier"] == "derived"]
    assert sum(any(hit["tier"] == "review" for hit in hits) for hits in fired.values()) <= 3
