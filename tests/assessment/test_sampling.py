"""Samples that anyone can draw again, and allocation with minima."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.assessment import allocate, draw, rank, seed_from
from openbeian.manifest import Fault

pytestmark = pytest.mark.req("T5")

IDS = [f"Q{number:05d}" for number in range(10)]


@pytest.mark.parametrize(
    ("item", "prefix"), [("Q00000", "914b2b6024b69f83"), ("Q00001", "22d17ead5ddddf22"), ("Q00002", "73bf5cf71d785fdc")]
)
def test_rank_of_the_test_vectors_is_fixed(item, prefix):
    assert rank("2026-11-23", "A.1.a", item).hex().startswith(prefix)


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        ("2026-11-23", ["Q00001", "Q00002", "Q00009", "Q00000"]),
        ("2026-11-24", ["Q00000", "Q00006", "Q00008", "Q00005"]),
    ],
)
def test_draw_with_a_seed_gives_the_test_vector_whatever_the_input_order(seed, expected):
    assert draw(seed, "A.1.a", IDS, 4) == expected
    assert draw(seed, "A.1.a", reversed(IDS), 4) == expected


def test_draw_of_more_extends_the_sample_and_one_new_item_changes_at_most_one():
    ids = [f"Q{number:05d}" for number in range(2000)]
    large = draw("s", "all", ids, 1000)
    assert draw("s", "all", ids, 300) == large[:300]
    assert len(set(large) - set(draw("s", "all", [*ids, "Q99999"], 1000))) <= 1


def test_draw_with_a_repeated_or_too_few_ids_is_refused():
    with pytest.raises(Fault, match="重复"):
        draw("s", "x", ["a", "a"], 1)
    with pytest.raises(Fault, match="抽不出"):
        draw("s", "x", ["a"], 2)


def test_seed_from_other_facts_is_another_seed_whatever_their_order():
    assert seed_from({"a": "1", "b": "2"}) == seed_from({"b": "2", "a": "1"}) != seed_from({"a": "1", "b": "3"})


def test_allocate_with_a_small_stratum_names_the_shortfall():
    allocation = allocate({"x": 100, "y": 10, "z": 7}, {"x": 5, "y": 5, "z": 9}, 30)
    assert allocation.sizes == {"x": 17, "y": 6, "z": 7}
    assert allocation.shortfall == {"z": 2}


def test_allocate_over_31_risks_gives_the_worked_example():
    starts = {"A.1": (50, 10, 8), "A.2": (50, 5, 9), "A.3": (20, 30, 5), "A.4": (20, 20, 7), "A.5": (20, 0, 2)}
    sizes = {
        f"{group}.{chr(97 + place)}": first + step * place
        for group, (first, step, count) in starts.items()
        for place in range(count)
    }
    minima = {code: 25 if code[:3] in {"A.1", "A.2"} else 10 for code in sizes}
    given_sizes = allocate(sizes, minima, 1000).sizes
    assert sum(sizes.values()) == 2310
    assert [given_sizes[code] for code in sorted(sizes)] == [
        *[31, 34, 36, 39, 41, 44, 46, 49],
        *[31, 33, 34, 35, 36, 37, 39, 40, 41],
        *[13, 20, 27, 35, 42],
        *[13, 18, 22, 27, 32, 37, 42],
        *[13, 13],
    ]


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 60), min_size=1), st.data())
def test_allocate_for_any_strata_sums_up_and_keeps_within_each(sizes, data):
    total = data.draw(st.integers(0, sum(sizes.values())))
    allocation = allocate(sizes, {}, total)
    assert sum(allocation.sizes.values()) == total
    assert all(0 <= allocation.sizes[name] <= sizes[name] for name in sizes)


def test_allocate_with_minima_above_the_total_or_too_few_items_is_refused():
    with pytest.raises(Fault, match="下限"):
        allocate({"x": 10}, {"x": 5}, 4)
    with pytest.raises(Fault, match="不足"):
        allocate({"x": 10}, {}, 11)
