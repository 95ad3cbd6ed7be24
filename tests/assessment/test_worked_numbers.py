"""Every worked number of rates, samples and banks, one test a number, as others computed them with scipy and statsmodels.
`pytest --collect-only -q` on this file and on test_worked_comparisons counts them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from openbeian.assessment import sampling, statistics
from openbeian.assessment.planning import chance_of_best, chance_of_passing, smallest_bank
from openbeian.assessment.weighting import design_effect, effective_size, weighted_rate, wilson_lower
from tests.assessment.worked import Number

pytestmark = pytest.mark.req("T5")


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
        (1000, "0.98", 12),
        (10_000, "0.98", 176),
        (100_000, "0.98", 1927),
        (1000, "0.90", 84),
        (2000, "0.90", 177),
        (300, "0.95", 8),
        (500, "0.95", 16),
        (1000, "0.95", 38),
        (20, "0.90", None),
        (50, "0.90", 1),
    ]:
        yield Number(f"wilson-{total}-{threshold}", _most_by_wilson(total, threshold), most)
    for total, point, exact in [(300, 15, 8), (500, 25, 16), (1000, 50, 38)]:
        over = [k for k in range(total // 10) if statistics.share_meets("<=", k, total, "0.05")]
        yield Number(f"T16-{total}-point", max(over), point)
        yield Number(f"T16-{total}-exact", max(k for k in over if statistics.upper_bound(k, total) <= 0.05), exact)
    yield Number("20-flawless", statistics.lower_bound(20, 20), 0.861, 3)
    for total, upper in [(300, 0.009936), (500, 0.005974), (1000, 0.002991)]:
        yield Number(f"zero-failures-{total}", statistics.upper_bound(0, total), upper)


def _most_by_wilson(total: int, threshold: str) -> int | None:
    """The most failures with which Wilson's one-sided lower bound reaches the threshold (90 % two-sided)."""
    reached = [k for k in range(total // 8) if statistics.wilson(total - k, total, 0.9).low >= float(threshold)]
    return max(reached, default=None)


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
    on_the_line = {key: float(key[1]) for key in table}
    lucky = [chance_of_passing(*key, rate) for key, rate in on_the_line.items()]
    wrong = [chance_of_passing(*key, rate, shown=True) for key, rate in on_the_line.items()]
    yield Number("coverage-least", 1 - max(wrong), 0.951, 3)
    yield Number("coverage-most", 1 - min(wrong), 0.966, 3)
    yield Number("on-the-line-least", min(lucky), 0.52, 2)
    yield Number("on-the-line-most", max(lucky), 0.57, 2)
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
        share = {1776: 0.888, 1818: 0.909, 480: 0.96, 467: 0.934, 4788: 0.9576, 38_351: 0.958775}[good]
        yield Number(
            f"{name}-share", statistics.finite_lower(sample - failed, sample, population) / population, share, 6
        )
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
    yield Number("2000-1000-88-just-shows-0.90", int(statistics.finite_lower(912, 1000, 2000) >= 1800), 1)
    yield Number("2000-1000-89-no-more", int(statistics.finite_lower(911, 1000, 2000) >= 1800), 0)
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
    yield Number("unweighted", (95 + 90 + 80) / 300, 0.883, 3)
    starts = {"A.1": (50, 10, 8), "A.2": (50, 5, 9), "A.3": (20, 30, 5), "A.4": (20, 20, 7), "A.5": (20, 0, 2)}
    sizes = {f"{name}.{n}": low + step * n for name, (low, step, many) in starts.items() for n in range(many)}
    minima = {name: 25 if name[:3] in {"A.1", "A.2"} else 10 for name in sizes}
    yield Number("bank-of-31", sum(sizes.values()), 2310)
    yield Number("minima-of-31", sum(minima.values()), 565)
    shares = [
        *(31, 34, 36, 39, 41, 44, 46, 49),
        *(31, 33, 34, 35, 36, 37, 39, 40, 41),
        *(13, 20, 27, 35, 42),
        *(13, 18, 22, 27, 32, 37, 42),
        *(13, 13),
    ]
    for (name, got), want in zip(sampling.allocate(sizes, minima, 1000).sizes.items(), shares, strict=True):
        yield Number(f"share-{name}", got, want)
    plain = sampling.allocate(sizes, {}, 1000).sizes
    yield Number("plain-proportion-least", min(plain.values()), 9)
    yield Number("plain-proportion-of-least", sum(count == 9 for count in plain.values()), 4)


def drawing() -> Iterator[Number]:
    """What a draw by hash keeps that `random.sample` does not: 1,000 of 2,000."""
    ids = [f"Q{number:05d}" for number in range(2000)]
    drawn = sampling.draw("2026-11-23", "all", ids, 1000)
    more = sampling.draw("2026-11-23", "all", [*ids, "Q99999"], 1000)
    yield Number("one-added-changes-at-most", int(len(set(drawn) - set(more)) <= 1), 1)
    yield Number("other-order-changes", len(set(drawn) ^ set(sampling.draw("2026-11-23", "all", ids[::-1], 1000))), 0)
    yield Number("300-within-1000", len(set(sampling.draw("2026-11-23", "all", ids, 300)) - set(drawn)), 0)
    for item, head in (("Q00000", 0x914B2B6024B69F83), ("Q00001", 0x22D17EAD5DDDDF22), ("Q00002", 0x73BF5CF71D785FDC)):
        yield Number(f"rank-{item}", int.from_bytes(sampling.rank("2026-11-23", "A.1.a", item)[:8]), head)
    for seed, want in (("2026-11-23", (1, 2, 9, 0)), ("2026-11-24", (0, 6, 8, 5))):
        for place, item in enumerate(sampling.draw(seed, "A.1.a", ids[:10], 4)):
            yield Number(f"{seed}-{place}", int(item[1:]), want[place])


SECTIONS = {
    "thresholds": thresholds,
    "intervals": intervals,
    "operating": operating,
    "finite": finite,
    "weighted": weighted,
    "drawing": drawing,
}
NUMBERS = [pytest.param(one, id=f"{section}-{one.name}") for section, found in SECTIONS.items() for one in found()]


@pytest.mark.parametrize("number", NUMBERS)
def test_worked_number(number):
    number.check()
