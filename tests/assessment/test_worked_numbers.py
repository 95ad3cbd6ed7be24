"""Every worked number of the statistics, one test a number: tables that others computed with scipy, statsmodels,
scikit-learn, krippendorff, irrCAC and ppi-python. `pytest --collect-only -q` on this file counts them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from openbeian.assessment import sampling, statistics
from openbeian.assessment.agreement import agreement_of_table, krippendorff
from openbeian.assessment.correction import ppi, ppi_plus_plus, rogan_gladen
from openbeian.assessment.multiplicity import below_for_sure, benjamini_hochberg, holm, least_failures_below
from openbeian.assessment.pairing import mcnemar
from openbeian.assessment.planning import chance_of_best, chance_of_passing, smallest_bank
from openbeian.assessment.weighting import design_effect, effective_size, weighted_rate, wilson_lower

pytestmark = pytest.mark.req("T5")


class Number(NamedTuple):
    """One worked number: where it stands, what we get, what it is, to how many decimals."""

    name: str
    got: float | int | None
    want: float | int | None
    digits: int = 6


def thresholds() -> Iterator[Number]:
    table = [
        ("T12", 4000, "0.96", 160, 139),
        ("T13", 1000, "0.98", 20, 12),
        ("T13", 10_000, "0.98", 200, 176),
        ("T13", 100_000, "0.98", 2000, 1926),
        ("T14", 1000, "0.90", 100, 84),
        ("T14", 2000, "0.90", 200, 177),
        ("T15", 300, "0.95", 15, 8),
        ("T15", 500, "0.95", 25, 16),
        ("T15", 1000, "0.95", 50, 38),
        ("risk", 20, "0.90", 2, None),
        ("risk", 50, "0.90", 5, 1),
    ]
    for rule, total, threshold, point, exact in table:
        yield Number(f"{rule}-{total}-point", statistics.most_failures(total, threshold), point)
        yield Number(f"{rule}-{total}-exact", statistics.most_failures_shown(total, threshold), exact)
    for total, threshold, most in [
        (4000, "0.96", 139),
        (100_000, "0.98", 1927),
        (1000, "0.98", 12),
        (1000, "0.90", 84),
    ]:
        yield Number(f"wilson-{total}-{threshold}", _most_by_wilson(total, threshold), most)
    yield Number("20-flawless", statistics.lower_bound(20, 20), 0.861, 3)
    for total, upper in [(300, 0.009936), (500, 0.005974), (1000, 0.002991)]:
        yield Number(f"zero-failures-{total}", statistics.upper_bound(0, total), upper)


def _most_by_wilson(total: int, threshold: str) -> int:
    """The most failures with which Wilson's one-sided lower bound reaches the threshold (90 % two-sided)."""
    return max(k for k in range(total // 8) if statistics.wilson(total - k, total, 0.9).low >= float(threshold))


def intervals() -> Iterator[Number]:
    table = [
        (1000, 0, 0.996173, 1, 0.996318, 1, 0.997009),
        (1000, 1, 0.994357, 0.999823, 0.994441, 0.999975, 0.995265),
        (1000, 50, 0.934686, 0.961870, 0.934610, 0.962665, 0.937137),
        (1000, 82, 0.899353, 0.933448, 0.899237, 0.934254, 0.902295),
        (1000, 100, 0.879848, 0.917091, 0.879712, 0.917895, 0.883008),
        (2000, 200, 0.886076, 0.912391, 0.886010, 0.912804, 0.888277),
        (4000, 160, 0.953473, 0.965644, 0.953457, 0.965860, 0.954523),
        (500, 25, 0.927232, 0.965906, 0.927072, 0.967385, 0.930864),
        (300, 15, 0.919153, 0.969468, 0.918873, 0.971749, 0.924051),
        (300, 8, 0.948271, 0.986427, 0.948134, 0.988418, 0.952400),
        (50, 5, 0.786398, 0.956524, 0.781865, 0.966725, 0.801167),
        (20, 0, 0.838875, 1, 0.831567, 1, 0.860892),
    ]
    for total, failed, *want in table:
        shown, exact = statistics.wilson(total - failed, total), statistics.clopper_pearson(total - failed, total)
        got = [shown.low, shown.high, exact.low, exact.high, statistics.lower_bound(total - failed, total)]
        names = ["wilson-low", "wilson-high", "exact-low", "exact-high", "one-sided"]
        for name, value, number in zip(names, got, want, strict=True):
            yield Number(f"{total}-{failed}-{name}", value, number)


def operating() -> Iterator[Number]:
    table = {
        (4000, "0.96"): "95 16 0|955 665 7|96 5210 468|965 9589 4882|97 9998 9622|975 10000 9999",
        (1000, "0.98"): "97 333 1|975 1822 29|98 5591 376|985 9186 2657|99 9985 7925|995 10000 9980",
        (10_000, "0.98"): "975 5 0|98 5188 445|9825 9721 5503|985 10000 9836",
        (1000, "0.90"): "88 266 2|89 1687 39|90 5266 485|91 8761 2749|92 9899 7041|93 9998 9609",
        (2000, "0.90"): "89 803 9|90 5188 449|91 9436 4266|92 9994 9237",
        (300, "0.95"): "93 1026 8|94 2793 59|95 5681 341|96 8489 1497|97 9797 4536|98 9996 8493",
        (500, "0.95"): "93 429 2|94 2005 31|95 5529 343|96 8924 2158|97 9945 6656|98 10000 9743",
    }
    for (total, threshold), cells in table.items():
        for cell in cells.split("|"):
            digits, point, exact = cell.split()
            rate = float("0." + digits)
            name = f"{total}-{threshold}-{rate}"
            yield Number(f"{name}-point", chance_of_passing(total, threshold, rate), int(point) / 10_000, 4)
            yield Number(f"{name}-exact", chance_of_passing(total, threshold, rate, shown=True), int(exact) / 10_000, 4)
    once, sure = (chance_of_passing(1000, "0.90", 0.89, shown=shown) for shown in (False, True))
    for name, got, want in [
        ("one-try", once, 0.169),
        ("best-of-3", chance_of_best(3, once), 0.426),
        ("best-of-5", chance_of_best(5, once), 0.603),
        ("best-of-5-exact", chance_of_best(5, sure), 0.019),
    ]:
        yield Number(name, got, want, 3)
    sizes = [("0.90", 0.92, 1760), ("0.90", 0.93, 760), ("0.90", 0.95, 240), ("0.95", 0.97, 860), ("0.95", 0.98, 340)]
    for threshold, rate, size in [*sizes, ("0.96", 0.97, 2950), ("0.96", 0.98, 640), ("0.98", 0.99, 1280)]:
        yield Number(f"smallest-{threshold}-{rate}", smallest_bank(threshold, rate), size)


def finite() -> Iterator[Number]:
    bounds = [
        (2000, 1000, 100, 1776, 0.883008, 0.888417),
        (2000, 1000, 80, 1818, 0.904449, 0.909442),
        (500, 300, 8, 480, 0.952400, 0.961811),
        (500, 300, 15, 467, 0.924051, 0.935200),
        (5000, 4000, 160, 4788, 0.954523, 0.957658),
        (40_000, 4000, 145, 38_351, 0.958506, 0.958849),
    ]
    for population, sample, failed, good, exact, approximate in bounds:
        name = f"{population}-{sample}-{failed}"
        yield Number(f"{name}-hypergeometric", statistics.finite_lower(sample - failed, sample, population), good)
        yield Number(f"{name}-binomial", statistics.lower_bound(sample - failed, sample), exact)
        squared = (population - sample) / (population - 1)
        yield Number(f"{name}-wilson", wilson_lower(1 - failed / sample, sample / squared), approximate)
    most = [
        (2000, 1000, "0.90", 88, 84, 100),
        (500, 300, "0.95", 11, 8, 15),
        (600, 300, "0.95", 10, 8, 15),
        (1000, 300, "0.95", 9, 8, 15),
        (5000, 4000, "0.96", 151, 139, 160),
        (40_000, 4000, "0.96", 140, 139, 160),
        (10_000, 1000, "0.98", 12, 12, 20),
    ]
    for population, sample, threshold, hyper, binomial, point in most:
        name = f"most-{population}-{sample}"
        yield Number(f"{name}-hypergeometric", statistics.most_failures_finite(sample, population, threshold), hyper)
        yield Number(f"{name}-binomial", statistics.most_failures_shown(sample, threshold), binomial)
        yield Number(f"{name}-point", statistics.most_failures(sample, threshold), point)
    yield Number("design-effect", design_effect(3, 0.8), 2.6)
    yield Number("effective-size", effective_size(500, 3, 0.8), 576.9, 1)


def weighted() -> Iterator[Number]:
    found = weighted_rate([(1000, 100, 95), (600, 100, 90), (400, 100, 80)])
    yield Number("rate", found.rate, 0.905000)
    yield Number("error", found.error, 0.014987)
    yield Number("effective", found.effective, 382.755, 3)
    yield Number("bound", found.bound, 0.877428)
    small = sampling.allocate({"x": 100, "y": 10, "z": 7}, {"x": 5, "y": 5, "z": 9}, 30)
    for name, want in (("x", 17), ("y", 6), ("z", 7)):
        yield Number(f"small-{name}", small.sizes[name], want)
    yield Number("small-shortfall-z", small.shortfall["z"], 2)


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


SECTIONS = {
    "thresholds": thresholds,
    "intervals": intervals,
    "operating": operating,
    "finite": finite,
    "weighted": weighted,
    "reviews": reviews,
    "corrections": corrections,
    "comparisons": comparisons,
    "many": many,
}
NUMBERS = [pytest.param(one, id=f"{section}-{one.name}") for section, found in SECTIONS.items() for one in found()]


@pytest.mark.parametrize("number", NUMBERS)
def test_worked_number(number):
    if number.want is None or (isinstance(number.want, int) and isinstance(number.got, int)):
        assert number.got == number.want
    else:
        assert number.got is not None
        assert math.isclose(number.got, number.want, rel_tol=0, abs_tol=0.51 * 10**-number.digits)
