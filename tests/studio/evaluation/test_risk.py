"""Scores that say when to answer: against sklearn, DeLong's variance by its definition, and curves drawn by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, precision_recall_curve, roc_auc_score

from openbeian.manifest import Fault
from openbeian.studio.evaluation.risk import auc, brier, calibration_error, risk_coverage

pytestmark = [pytest.mark.studio, pytest.mark.req("M1")]

cases = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=40)


def drawn(seed: int, count: int = 200):
    random = np.random.default_rng(seed)
    scores = random.uniform(size=count).round(2)
    return scores, random.uniform(size=count) < scores


def test_the_curve_is_drawn_by_hand():
    curve = risk_coverage([0.9, 0.8, 0.8, 0.1], [True, True, False, False])
    assert curve.thresholds.tolist() == [0.9, 0.8, 0.1]
    assert curve.share.tolist() == [0.25, 0.75, 1]
    assert curve.accuracy.tolist() == pytest.approx([1, 2 / 3, 1 / 2])
    assert curve.area() == pytest.approx(0.25 * 0 + 0.5 / 3 + 0.25 / 2)
    assert curve.excess_area() == pytest.approx(curve.area() - (0 + 0 + 1 / 3 + 1 / 2) / 4)
    assert curve.answered_at(2 / 3) == 0.75
    assert curve.threshold_at(2 / 3) == 0.8
    assert set(curve.as_json()) == {"thresholds", "share", "accuracy"}


def test_its_accuracy_is_sklearns_precision_at_each_threshold():
    scores, right = drawn(1)
    curve = risk_coverage(scores, right)
    precision, _, thresholds = precision_recall_curve(right, scores)
    of = dict(zip(thresholds, precision[:-1], strict=True))
    assert [of[threshold] for threshold in curve.thresholds] == pytest.approx(curve.accuracy.tolist())


@given(cases)
def test_a_curve_ends_at_the_overall_accuracy_and_no_score_is_better_than_the_truth(case):
    scores, right = zip(*case, strict=True)
    curve = risk_coverage(scores, right)
    assert curve.share[-1] == 1
    assert curve.accuracy[-1] == pytest.approx(np.mean(right))
    assert (np.diff(curve.thresholds) < 0).all()
    assert curve.excess_area() >= -1e-9
    distinct_truth = np.array(right) + np.linspace(0, 0.5, len(right))
    assert risk_coverage(distinct_truth, right).excess_area() == pytest.approx(0, abs=1e-9)


def test_where_nothing_is_right_nothing_can_be_answered():
    curve = risk_coverage([0.3, 0.4], [False, False])
    assert curve.answered_at(0.5) == 0
    assert curve.threshold_at(0.5) == math.inf


@settings(max_examples=50)
@given(
    high=st.lists(st.integers(0, 9), min_size=1, max_size=30), low=st.lists(st.integers(0, 9), min_size=1, max_size=30)
)
def test_the_auc_is_sklearns(high, low):
    found = auc(high, low)
    assert found.value == pytest.approx(roc_auc_score([1] * len(high) + [0] * len(low), [*high, *low]))
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_its_interval_is_delongs_by_definition():
    high, low = np.random.default_rng(1).normal(1, 1, 40), np.random.default_rng(2).normal(0, 1, 60)
    above = (high[:, None] > low[None]) + 0.5 * (high[:, None] == low[None])
    half = 1.959963984540054 * np.sqrt(above.mean(1).var(ddof=1) / 40 + above.mean(0).var(ddof=1) / 60)
    found = auc(high, low)
    assert (found.low, found.high) == (pytest.approx(above.mean() - half), pytest.approx(above.mean() + half))


def test_without_a_single_fault_the_interval_still_has_a_width():
    found = auc([3.0] * 20, [1.0] * 50)
    assert found.value == found.high == 1
    assert found.low == pytest.approx(0.8389, abs=1e-4)  # Wilson, 20 of 20


def test_calibration_is_sklearns():
    scores, right = drawn(3)
    assert brier(scores, right) == pytest.approx(brier_score_loss(right, scores))
    came_true, said = calibration_curve(right, scores, n_bins=10)
    sizes = np.bincount(np.searchsorted(np.linspace(0, 1, 11)[1:-1], scores), minlength=10)
    assert calibration_error(scores, right) == pytest.approx((np.abs(came_true - said) * sizes).sum() / 200)


@pytest.mark.parametrize(
    "call",
    [
        lambda: risk_coverage([], []),
        lambda: risk_coverage([0.5, 0.4], [True]),
        lambda: risk_coverage([float("nan")], [True]),
        lambda: auc([], [1.0]),
        lambda: auc([1.0], [float("inf")]),
        lambda: brier([1.2], [True]),
        lambda: calibration_error([-0.1], [True]),
    ],
)
def test_scores_that_say_nothing_are_a_fault(call):
    with pytest.raises(Fault) as caught:
        call()
    assert caught.value.code == "scores-invalid"
