"""Every worked number of reviews, corrections, comparisons and many risks, one test a number, as others computed them
with scikit-learn, statsmodels, krippendorff, irrCAC and ppi-python."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from openbeian.assessment.agreement import agreement_of_table, krippendorff
from openbeian.assessment.correction import ppi, ppi_plus_plus, rogan_gladen
from openbeian.assessment.multiplicity import below_for_sure, benjamini_hochberg, holm, least_failures_below
from openbeian.assessment.pairing import mcnemar
from openbeian.assessment.planning import chance_of_passing
from tests.assessment.worked import Number

pytestmark = pytest.mark.req("T5")


def reviews() -> Iterator[Number]:
    tables = {
        "balanced": (
            [[40, 9], [6, 45]],
            0.850,
            0.699519,
            0.071394,
            0.559590,
            0.839448,
            0.700748,
            0.55846,
            0.84304,
            0.700752,
            0.7,
        ),
        "rare": (
            [[940, 25], [30, 5]],
            0.945,
            0.125596,
            0.061959,
            0.004158,
            0.247034,
            0.941309,
            0.92538,
            0.95724,
            0.125860,
            0.89,
        ),
        "skewed": (
            [[185, 5], [5, 5]],
            0.950,
            0.473684,
            0.141776,
            0.195809,
            0.751560,
            0.944751,
            0.90942,
            0.98008,
            0.475000,
            0.9,
        ),
        "three": (
            [[70, 6, 4], [5, 60, 5], [2, 8, 40]],
            *(0.850, 0.771080, 0.038372, 0.695872, 0.846288, 0.776937, 0.70245, 0.85143, 0.771595, 0.775),
        ),
    }
    for name, (table, *want) in tables.items():
        found = agreement_of_table(tuple(map(tuple, table)), len(table) - 1)
        got = {
            "observed": (found.observed, 3),
            "kappa": (found.kappa, 6),
            "kappa-error": (found.kappa_error, 6),
            "kappa-low": (found.kappa_interval.low, 6),
            "kappa-high": (found.kappa_interval.high, 6),
            "ac1": (found.ac1, 6),
            "ac1-low": (found.ac1_interval.low, 5),
            "ac1-high": (found.ac1_interval.high, 5),
            "alpha": (found.alpha, 6),
            "pabak": (found.pabak, 6),
        }
        for (measure, (value, digits)), number in zip(got.items(), want, strict=True):
            yield Number(f"{name}-{measure}", value, number, digits)
    rare = agreement_of_table(((940, 25), (30, 5)), 1)
    yield Number("rare-positive", rare.positive, 0.154, 3)
    yield Number("rare-negative", rare.negative, 0.972, 3)
    first = [None] * 5 + [3, 4, 1, 2, 1, 1, 3, 3, None, 3]
    second = [1, None, 2, 1, 3, 3, 4, 3] + [None] * 7
    third = [None, None, 2, 1, 3, 4, 4, None, 2, 1, 1, 3, 3, None, 4]
    units = list(zip(first, second, third, strict=True))
    for metric, want in (("nominal", 0.691358), ("ordinal", 0.806721), ("interval", 0.810845)):
        yield Number(f"textbook-{metric}", krippendorff(units, metric), want)


def corrections() -> Iterator[Number]:
    known = rogan_gladen(180, 2000, (90, 100), (285, 300))
    refusals = rogan_gladen(430, 500, (176, 200), (98, 100))
    few = rogan_gladen(120, 2000, (90, 100), (285, 300))
    for name, found, want in [
        ("judge", known, (0.047059, 0.016076, 0.015550, 0.078568)),
        ("refusals", refusals, (0.976744, 0.031730, 0.914554, None)),
        ("few", few, (0.011765, None, -0.019424, 0.042954)),
    ]:
        got = (found.estimate, found.error, found.low, found.high)
        for part, value, number in zip(("rate", "error", "low", "high"), got, want, strict=True):
            if number is not None:
                yield Number(f"{name}-{part}", value, number)
    yield Number("refusals-high", refusals.high, 1.039, 3)
    yield Number("uncorrected", 180 / 2000, 0.09, 2)
    yield from _simulated("judge", (180, 2000), (90, 100), (285, 300), (0.0105, 0.0752))
    yield from _simulated("refusals", (430, 500), (176, 200), (98, 100), (0.9195, 1.0))
    for size, want in [(50, 0.0552), (200, 0.0317), (1000, 0.0215)]:
        calibration = (round(size * 0.88), size), (round(size * 0.98), size)
        yield Number(f"calibration-{size}", rogan_gladen(430, 500, *calibration).error, want, 4)
    one, two = (24, 6, 9, 261, 187, 1700), (12, 4, 10, 274, 120, 1700)
    better, other = ppi_plus_plus(*one), ppi_plus_plus(*two)
    plain, second = ppi(*one), ppi(*two)
    yield from (
        Number("one-people", better.people, 0.1000, 4),
        Number("one-people-reach", better.people_reach, 0.0339, 4),
        Number("one-ppi", plain.estimate, 0.100000),
        Number("one-ppi-low", plain.low, 0.070671),
        Number("one-ppi-high", plain.high, 0.129329),
        Number("one-weight", better.weight, 0.5991, 4),
        Number("one-rate", better.estimate, 0.100000),
        Number("one-low", better.low, 0.075037),
        Number("one-high", better.high, 0.124963),
        Number("one-gain", better.gain, 1.85, 2),
        Number("two-people", other.people, 0.0533, 4),
        Number("two-people-reach", other.people_reach, 0.0254, 4),
        Number("two-ppi", second.estimate, 0.050588),
        Number("two-ppi-low", second.low, 0.023373, 5),
        Number("two-ppi-high", second.high, 0.077804, 5),
        Number("two-weight", other.weight, 0.4651, 4),
        Number("two-rate", other.estimate, 0.052057),
        Number("two-low", other.low, 0.031153),
        Number("two-high", other.high, 0.072960),
        Number("two-gain", other.gain, 1.48, 2),
        Number("two-judge-alone", 120 / 1700, 0.0706, 4),
    )


def _simulated(
    name: str, seen: tuple[int, int], caught: tuple[int, int], clear: tuple[int, int], want: tuple[float, float]
) -> Iterator[Number]:
    """The interval by drawing the three rates from their posteriors, to the three decimals a simulation has."""
    random = np.random.default_rng(2026)
    flagged, sensitivity, specificity = (
        random.beta(found + 0.5, of - found + 0.5, size=200_000) for found, of in (seen, caught, clear)
    )
    rates = np.sort(np.clip((flagged + specificity - 1) / (sensitivity + specificity - 1), 0, 1))
    yield Number(f"{name}-simulated-low", float(rates[5_000]), want[0], 3)
    yield Number(f"{name}-simulated-high", float(rates[195_000]), want[1], 3)


def comparisons() -> Iterator[Number]:
    table = [
        (30, 14, 0.022629, 0.016094, 5.1136, 0.023739, 0.016, 0.00304, 0.02896),
        (12, 4, 0.076813, 0.049042, 3.0625, 0.080118, 0.008, 0.00018, 0.01582),
        (5, 0, 0.062500, 0.031250, 3.2000, 0.073638, 0.005, 0.00063, 0.00937),
    ]
    for worse, better, *want in table:
        found = mcnemar(worse, better, 900, 100 - worse - better)
        got = {
            "exact": (found.exact, 6),
            "mid-p": (found.mid_p, 6),
            "chi-square": (found.chi_square, 4),
            "chi-square-p": (found.chi_square_p, 6),
            "difference": (found.difference, 6),
            "wald-low": (found.wald.low, 5),
            "wald-high": (found.wald.high, 5),
        }
        for (part, (value, digits)), number in zip(got.items(), want, strict=True):
            yield Number(f"{worse}-{better}-{part}", value, number, digits)
    newcombe = mcnemar(30, 14, 900, 56).newcombe
    yield Number("newcombe-low", newcombe.low, 0.002816)
    yield Number("newcombe-high", newcombe.high, 0.029764)
    worse, better, _ = np.random.default_rng(2026).multinomial(1000, (0.030, 0.014, 0.956), size=200_000).T
    resampled = np.sort((worse - better) / 1000)
    yield Number("bootstrap-low", float(resampled[5_000]), 0.003, 3)
    yield Number("bootstrap-high", float(resampled[195_000]), 0.029, 3)


def many() -> Iterator[Number]:
    chances = (0.001, 0.004, 0.010, 0.012, 0.030, 0.045, 0.20, 0.5)
    for index, want in enumerate((0.008, 0.028, 0.06, 0.06, 0.12, 0.135, 0.4, 0.5)):
        yield Number(f"holm-{index}", holm(chances)[index], want)
    for index, want in enumerate((0.008, 0.016, 0.024, 0.024, 0.048, 0.06, 0.228571, 0.5)):
        yield Number(f"bh-{index}", benjamini_hochberg(chances)[index], want)
    yield Number("holm-found", sum(p <= 0.05 for p in holm(chances)), 2)
    yield Number("bh-found", sum(p <= 0.05 for p in benjamini_hochberg(chances)), 5)
    for total, classes, want in [(50, 1, 10), (50, 31, 13), (20, 1, 5), (20, 31, 8)]:
        yield Number(f"below-{total}-of-{classes}", least_failures_below(total, "0.90", classes), want)
    yield Number("ten-of-fifty", below_for_sure(10, 50, "0.90"), 0.024538)
    for total, want in [(50, 0.303), (20, 0.088)]:
        yield Number(f"all-31-{total}", chance_of_passing(total, "0.90", 0.95) ** 31, want, 3)


SECTIONS = {"reviews": reviews, "corrections": corrections, "comparisons": comparisons, "many": many}
NUMBERS = [pytest.param(one, id=f"{section}-{one.name}") for section, found in SECTIONS.items() for one in found()]


@pytest.mark.parametrize("number", NUMBERS)
def test_worked_number(number):
    number.check()
