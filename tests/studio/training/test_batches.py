"""Every picture once a pass, in an order that the seed and the place decide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.studio


@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 9), st.integers(0, 30))
def test_a_pass_reads_no_row_twice_and_a_place_is_enough_to_go_on(rows, batch, seed, place):
    from openbeian.studio.training.batches import Batches

    one = Batches(rows, batch, seed)
    read = [one.take().tolist() for _ in range(place + 5)]
    a_pass = rows // min(batch, rows)
    first = [row for part in read[:a_pass] for row in part]
    assert len(first) == len(set(first))
    again = Batches(rows, batch, seed)
    again.drawn = place
    assert [again.take().tolist() for _ in range(5)] == read[place:]


def test_several_processes_share_every_batch():
    from openbeian.studio.training.batches import Batches

    whole = Batches(40, 8, 3)
    parts = [Batches(40, 8, 3, part, 2) for part in range(2)]
    for _ in range(12):
        assert [row for part in parts for row in part.take().tolist()] == whole.take().tolist()
