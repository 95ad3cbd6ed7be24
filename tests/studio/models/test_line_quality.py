"""The comparison of both trainings, and the sentence that is made of its numbers."""

import numpy as np
import pytest

from openbeian.studio.evaluation.spread import Estimate
from openbeian.studio.models.line_quality import Point, compare, conclusion, resampled

pytestmark = [pytest.mark.studio, pytest.mark.req("M1", "M5")]


def point(temperature, self_bleu, bleu, nats):
    random = np.random.default_rng(0)
    counts = random.integers(10, 30, 200).astype(float)
    sums = (counts * nats + random.normal(0, 1, 200), counts)
    return Point(
        temperature, Estimate(bleu, bleu, bleu, ""), Estimate(self_bleu, self_bleu, self_bleu, ""), 0.5, float(sums[0].sum() / sums[1].sum()), nats, sums
    )  # fmt: skip


MLE = [point(0.5, 0.8, 0.6, 4.4), point(1.0, 0.5, 0.4, 4.0), point(1.3, 0.3, 0.2, 4.5)]


def compared(adversarial):
    curves = {"likelihood": MLE, "adversarial": adversarial}
    return compare(curves, {name: min(points, key=lambda p: p.validated) for name, points in curves.items()})


@pytest.mark.parametrize(("nats", "words"), [(3.5, "好于"), (4.5, "不如"), (4.0, "分不出高下")])
def test_the_sentence_says_what_the_numbers_say(nats, words):
    found = compared([point(0.7, 0.65, 0.3, nats)])
    assert found["difference"] == pytest.approx(nats - 4.0, abs=0.05)
    assert words in conclusion(found)
    assert f"{found['difference']:+.3f}" in conclusion(found)


def test_a_point_is_dominated_when_likelihood_is_better_at_the_same_variety():
    found = compared([point(0.5, 0.65, 0.45, 4.2), point(1.0, 0.65, 0.55, 4.1), point(1.3, 0.1, 0.1, 4.6)])
    # Likelihood has a BLEU of 0.5 at a self-BLEU of 0.65, and nothing to show at 0.1.
    assert (found["dominated"], found["compared"]) == (0.5, 2)


def test_a_run_without_the_second_training_says_so():
    assert compare({"likelihood": MLE}, {"likelihood": MLE[1]}) is None
    assert "没有可比的对抗训练权重" in conclusion(None)


def test_the_spread_of_a_likelihood_is_that_of_its_texts():
    random = np.random.default_rng(1)
    counts = np.full(400, 20.0)
    nats = counts * 3 + random.normal(0, 4, 400)
    found = resampled((nats, counts))
    half = 1.96 * nats.std() / 20 / 400**0.5
    assert found.value == pytest.approx(nats.sum() / counts.sum())
    assert found.high - found.value == pytest.approx(half, rel=0.15)
