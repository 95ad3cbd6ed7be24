"""How far two people agree: the table, positive agreement, Cohen's kappa, Gwet's AC1, Krippendorff's alpha, PABAK.

With few failures each number alone misleads: kappa says "almost none" where AC1 says "almost perfect", and both hide on
how many failures the two agree. So all are given, beside the agreement on the label that counts as a failure.
Sources: Cohen 1960 with the variance of Fleiss, Cohen & Everitt 1969; Gwet 2008; Krippendorff 2011; Byrt et al. 1993;
Cicchetti & Feinstein 1990 for positive and negative agreement.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

from openbeian.assessment.statistics import CONFIDENCE, Interval, student_quantile, z_quantile

Table = tuple[tuple[int, ...], ...]
Metric = Literal["nominal", "ordinal", "interval"]


@dataclass(frozen=True)
class Agreement:
    """Measures of agreement of two reviewers over `n` items; None where a measure is not defined (0/0)."""

    n: int
    observed: float | None
    positive: float | None
    negative: float | None
    kappa: float | None
    kappa_error: float | None
    kappa_interval: Interval | None
    ac1: float | None
    ac1_interval: Interval | None
    alpha: float | None
    pabak: float | None


def contingency(first: Sequence[Hashable], second: Sequence[Hashable], labels: Sequence[Hashable]) -> Table:
    """Return how often the first reviewer said the row's label and the second the column's.

    Raises:
        ValueError: the two have not marked the same number of items, or a label is not among `labels`.
    """
    if len(first) != len(second) or not {*first, *second} <= set(labels):
        raise ValueError("both reviewers mark the same items with the labels given")
    counts = Counter(zip(first, second, strict=True))
    return tuple(tuple(counts[row, column] for column in labels) for row in labels)


def agreement(
    first: Sequence[Hashable],
    second: Sequence[Hashable],
    labels: Sequence[Hashable],
    positive: Hashable | None = None,
) -> Agreement:
    """Return all measures; `positive` is the label that counts as a failure (None: no positive agreement)."""
    place = list(labels).index(positive) if positive is not None else None
    return agreement_of_table(contingency(first, second, labels), place)


def agreement_of_table(table: Table, positive: int | None = None) -> Agreement:
    """Return all measures of a square table; `positive` is the place of the label that counts as a failure."""
    n, size = sum(map(sum, table)), len(table)
    if n == 0:
        return Agreement(0, *[None] * 10)
    observed = sum(table[i][i] for i in range(size)) / n
    kappa, error = _kappa(table, n)
    ac1, reach = _ac1(table, n)
    z = z_quantile(0.5 + CONFIDENCE / 2)
    return Agreement(
        n=n,
        observed=observed,
        positive=None if positive is None else _specific(table, (positive,)),
        negative=None if positive is None else _specific(table, tuple(i for i in range(size) if i != positive)),
        kappa=kappa,
        kappa_error=error,
        kappa_interval=_around(kappa, None if error is None else z * error),
        ac1=ac1,
        ac1_interval=_around(ac1, reach),
        alpha=krippendorff([(i, j) for i in range(size) for j in range(size) for _ in range(table[i][j])], "nominal"),
        pabak=(size * observed - 1) / (size - 1) if size > 1 else None,
    )


def _around(value: float | None, reach: float | None) -> Interval | None:
    """Return an interval cut at the bounds of an agreement, -1 and 1."""
    return None if value is None or reach is None else Interval(max(-1.0, value - reach), min(1.0, value + reach))


def _specific(table: Table, labels: tuple[int, ...]) -> float | None:
    """Return the agreement on some labels taken as one: twice what both said over what either said."""
    both = sum(table[i][j] for i in labels for j in labels)
    either = sum(sum(table[i]) for i in labels) + sum(row[j] for row in table for j in labels)
    return 2 * both / either if either else None


def _margins(table: Table, n: int) -> tuple[list[float], list[float]]:
    return [sum(row) / n for row in table], [sum(column) / n for column in zip(*table, strict=True)]


def _kappa(table: Table, n: int) -> tuple[float | None, float | None]:
    """Return kappa and its standard error (Fleiss, Cohen & Everitt 1969)."""
    rows, columns = _margins(table, n)
    size = range(len(table))
    observed = sum(table[i][i] for i in size) / n
    chance = sum(row * column for row, column in zip(rows, columns, strict=True))
    if math.isclose(chance, 1.0):
        return None, None
    kappa = (observed - chance) / (1 - chance)
    agreed = sum(table[i][i] / n * (1 - (rows[i] + columns[i]) * (1 - kappa)) ** 2 for i in size)
    apart = sum(table[i][j] / n * (columns[i] + rows[j]) ** 2 for i in size for j in size if i != j)
    variance = agreed + (1 - kappa) ** 2 * apart - (kappa - chance * (1 - kappa)) ** 2
    return kappa, math.sqrt(max(0.0, variance) / n) / (1 - chance)


def _ac1(table: Table, n: int) -> tuple[float | None, float | None]:
    """Return AC1 and the reach of its 95 % interval (Gwet 2008, variance over items, Student's t)."""
    size = len(table)
    if size < 2:
        return None, None
    rows, columns = _margins(table, n)
    shares = [(row + column) / 2 for row, column in zip(rows, columns, strict=True)]
    chance = sum(share * (1 - share) for share in shares) / (size - 1)
    ac1 = (sum(table[i][i] for i in range(size)) / n - chance) / (1 - chance)
    if n < 2:
        return ac1, None
    spread = 0.0
    for i in range(size):
        for j in range(size):
            own_chance = ((1 - shares[i]) + (1 - shares[j])) / 2 / (size - 1)
            own = ((i == j) - chance) / (1 - chance) - 2 * (1 - ac1) * (own_chance - chance) / (1 - chance)
            spread += table[i][j] * (own - ac1) ** 2
    return ac1, student_quantile(0.5 + CONFIDENCE / 2, n - 1) * math.sqrt(spread / (n * (n - 1)))


def krippendorff(units: Sequence[Sequence[int | None]], metric: Metric = "nominal") -> float | None:
    """Return Krippendorff's alpha over any number of coders with gaps; None when nothing varies or pairs.

    Args:
        units: for each unit the coders' values, None where one is missing.
        metric: how far two values are apart.
    """
    coded = [[value for value in unit if value is not None] for unit in units]
    pairable = [values for values in coded if len(values) > 1]
    totals = Counter(value for values in pairable for value in values)
    n = sum(totals.values())
    far = _distance(metric, totals)
    observed = math.fsum(
        far(a, b) * count / (len(values) - 1)
        for values in pairable
        for (a, b), count in _pairs(Counter(values)).items()
    )
    expected = math.fsum(far(a, b) * count for (a, b), count in _pairs(totals).items())
    return None if n < 2 or expected == 0 else 1 - (n - 1) * observed / expected


def _pairs(counts: Counter[int]) -> dict[tuple[int, int], int]:
    """Return how many ordered pairs there are of each two different values."""
    return {(a, b): counts[a] * counts[b] for a in counts for b in counts if a != b}


def _distance(metric: Metric, totals: Counter[int]) -> Callable[[int, int], float]:
    if metric == "nominal":
        return lambda _a, _b: 1.0
    if metric == "interval":
        return lambda a, b: float((a - b) ** 2)
    order = sorted(totals)

    def ranked(a: int, b: int) -> float:
        between = sum(totals[value] for value in order if min(a, b) <= value <= max(a, b))
        return float((between - (totals[a] + totals[b]) / 2) ** 2)

    return ranked
