"""The figure a search goes by, its good side, and the quick figure that stands for it while a trial is still in training."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from openbeian.manifest import Fault
from openbeian.studio.runs.figures import KINDS, TEXT_KINDS

_HIGH: Final[dict[str, bool]] = {
    kind.key: kind.is_high_better for kind in (*KINDS, *TEXT_KINDS) if kind.is_high_better is not None
} | {"kl": False, "floor_fid_c": False, "distinct_texts": True}
"""Whether the higher value of a figure is the better one."""

FAMILIES: Final = {"image-gan": "fid_c", "image-vae": "elbo", "text-gan": "nll"}
"""Families of recipes that can be searched, and the usual figure of each."""

_QUICK: Final = ("coverage", "nll", "recall")
"""What stands for a figure that only a finished run has; the first that training tells."""

DIRECTIONS: Final = {"higher": True, "lower": False}


@dataclass(frozen=True)
class Metric:
    """A figure by its name in `results`, and whether higher is better."""

    name: str
    is_high_better: bool

    @property
    def words(self) -> str:
        """The good side, in words."""
        return "越大越好" if self.is_high_better else "越小越好"

    def is_better(self, value: float, other: float) -> bool:
        """Tell whether a value is better than another."""
        return value > other if self.is_high_better else value < other

    def order(self, value: float) -> float:
        """Return a key by which the best sorts first."""
        return -value if self.is_high_better else value


def metric_of(name: str | None, family: str, direction: str | None = None) -> Metric:
    """Return the figure to search by.

    Args:
        name: in `results`; None for the usual one of the family.
        family: of the recipe.
        direction: `higher` or `lower`, for a figure whose good side is not known here.

    Raises:
        Fault: `unknown-metric` for a figure without a direction; `unknown-direction`.
    """
    name = name or FAMILIES.get(family, "")
    if direction is not None and direction not in DIRECTIONS:
        raise Fault("unknown-direction", f"不认识的方向 {direction}", "写 higher 或 lower", path="--direction")
    if direction is not None and name:
        return Metric(name, DIRECTIONS[direction])
    if name not in _HIGH:
        near = difflib.get_close_matches(name, _HIGH, 1)
        hint = f"是不是 {near[0]}？" if near else ""
        remedy = f"{hint}知道方向的指标：{'、'.join(_HIGH)}；别的指标加上 --direction higher 或 lower"
        raise Fault("unknown-metric", f"不知道指标 {name or '（没有给）'} 是大好还是小好", remedy, path="--metric")
    return Metric(name, _HIGH[name])


def quick_metric(metric: Metric, figures: Mapping[str, float]) -> Metric:
    """Return the figure that is compared at a rung: the metric itself where training tells it, else what stands for it.

    Args:
        metric: of the search.
        figures: what training tells.

    Raises:
        Fault: `no-quick-figure`.
    """
    if metric.name in figures:
        return metric
    name = next((name for name in _QUICK if name in figures), None)
    if name is None:
        raise Fault("no-quick-figure", "训练途中没有可比的指标，不能提前停", "改用 --method random")
    return Metric(name, _HIGH[name])
