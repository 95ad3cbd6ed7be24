"""How a figure is written on paper: with its unit, its interval, its sample and its limit."""

from __future__ import annotations

import re
from decimal import Decimal

from openbeian.dossier.values import count
from openbeian.dossier.wording import wording
from openbeian.rules import MetricValue

_LIMITS = {">=": "不少于", "<=": "不高于", ">": "不高于", "<": "低于", "==": "等于"}
_RATIO = "ratio"
_HASH = re.compile("[0-9a-f]{64}")
_SHORT = 12


def label(metric: MetricValue) -> str:
    """Return what the figure is called; one without a name on paper keeps its own."""
    return wording().metrics.get(metric.name, metric.name)


def subject(metric: MetricValue) -> str:
    """Return what the figure speaks of; of a hash its beginning."""
    named = metric.subject or ""
    return f"{named[:_SHORT]}…" if _HASH.fullmatch(named) else named


def value(metric: MetricValue) -> str:
    """Write the value: a ratio as a percentage, a count with its unit."""
    return amount(metric.value if metric.decimal is None else float(Decimal(metric.decimal)), metric.unit)


def amount(number: float, unit: str) -> str:
    """Write a number in its unit."""
    if unit == _RATIO:
        return percent(number)
    shown = count(int(number)) if float(number).is_integer() else f"{number:.4g}"
    word = wording().units.get(unit, "")
    return f"{shown} {word}".strip()


def percent(number: float) -> str:
    """Write a ratio as a percentage with as few decimals as say the same, two at most."""
    return f"{number * 100:.2f}".rstrip("0").rstrip(".") + "%"


def interval(metric: MetricValue) -> str:
    """Write the 95 % interval, or a dash where there is none."""
    if metric.low is None or metric.high is None:
        return "—"
    if metric.unit == _RATIO:
        return f"{percent(metric.low)}–{percent(metric.high)}"
    return f"{metric.low:.4g}–{metric.high:.4g}"


def sample(metric: MetricValue) -> str:
    """Write how many of how many, or a dash."""
    if metric.total is None:
        return "—"
    return f"{count(metric.passed or 0)}/{count(metric.total)}"


def limit(operator: str, number: str, unit: str) -> str:
    """Write a threshold of a pack in words."""
    words = "不低于" if operator == ">=" and unit == _RATIO else _LIMITS[operator]
    return f"{words} {amount(float(Decimal(number)), unit)}"
