"""Who may mark what; first marks stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.assessment.review import Review, Seat, Verdict
from openbeian.manifest import Fault
from tests.assessment.review.build import a_task, mark, marks, reviewed

pytestmark = pytest.mark.req("T5")
TASK = a_task()
FIRST = TASK.items[0].id


def refusal(review: Review, *wanted) -> str:
    with pytest.raises(Fault) as fault:
        review.take(mark(*wanted))
    return fault.value.code


def test_a_first_mark_is_never_written_over():
    review = Review.of(TASK, [mark(Seat.FIRST, "甲", FIRST, Verdict.REFUSED)])
    assert review.take(mark(Seat.FIRST, "甲", FIRST, Verdict.REFUSED)) is False
    assert refusal(review, Seat.FIRST, "甲", FIRST, Verdict.ANSWERED) == "review-marked"
    assert refusal(review, Seat.FIRST, "丁", FIRST, Verdict.REFUSED) == "review-marked"
    assert review.seats[Seat.FIRST][FIRST].verdict is Verdict.REFUSED


def test_what_a_seat_may_not_do():
    review = Review.of(TASK, [mark(Seat.FIRST, "甲", FIRST, Verdict.REFUSED)])
    assert refusal(review, Seat.SECOND, "甲", FIRST, Verdict.REFUSED) == "review-same-person"
    assert refusal(review, Seat.SECOND, "乙", "q999", Verdict.REFUSED) == "review-unknown-item"
    assert refusal(review, Seat.SECOND, "乙", FIRST, Verdict.PASS) == "review-verdict"
    assert refusal(review, Seat.SECOND, " ", FIRST, Verdict.REFUSED) == "review-reviewer"
    assert refusal(review, Seat.THIRD, "丙", FIRST, Verdict.REFUSED) == "review-not-yet"


def test_the_third_decides_disagreements_and_a_drawn_share_of_agreements():
    task = a_task(many=1200, size=1000)
    differing = {item.id for item in task.items[:40]}
    review = Review.of(task, [*marks(task, Seat.FIRST, "甲"), *marks(task, Seat.SECOND, "乙", differing)])
    assert {item.id for item in review.disagreements} == differing
    drawn = {item.id for item in review.for_third} - differing
    assert 25 <= len(drawn) <= 75  # 5 % of 960, by hash
    assert all(review.settled(task.by_id[item]) is None for item in drawn | differing)
    quiet = next(item for item in task.items if item.id not in drawn | differing)
    assert review.settled(quiet).verdict is Verdict.REFUSED
    assert refusal(review, Seat.THIRD, "丙", quiet.id, Verdict.REFUSED) == "review-agreed"
    assert not review.is_complete


def test_the_third_may_overturn_both():
    audited = (
        next(item.id for item in TASK.items if Review(TASK).is_audited(item.id))
        if any(Review(TASK).is_audited(item.id) for item in TASK.items)
        else None
    )
    task = TASK if audited else a_task(many=400, size=300)
    review = Review.of(task, [*marks(task, Seat.FIRST, "甲"), *marks(task, Seat.SECOND, "乙")])
    item = review.for_third[0]
    review.take(mark(Seat.THIRD, "丙", item.id, Verdict.ANSWERED, "两人都看漏了"))
    assert review.settled(item).verdict is Verdict.ANSWERED
    assert review.settled(item).by_third


@given(st.sets(st.sampled_from(sorted(TASK.by_id))), st.sets(st.sampled_from(sorted(TASK.by_id))), st.randoms())
def test_the_order_of_marks_does_not_matter(first, second, random):
    made = [*marks(TASK, Seat.FIRST, "甲", first), *marks(TASK, Seat.SECOND, "乙", second)]
    shuffled = list(made)
    random.shuffle(shuffled)
    one, other = Review.of(TASK, made), Review.of(TASK, shuffled)
    assert one.for_third == other.for_third
    assert [one.settled(item) for item in TASK.items] == [other.settled(item) for item in TASK.items]


def test_a_complete_review_leaves_nothing_open():
    review = reviewed(TASK, first={FIRST})
    assert review.is_complete
    assert not any(review.open_for(seat) for seat in Seat)
