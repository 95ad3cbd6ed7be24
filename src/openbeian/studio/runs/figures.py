"""A figure of a run: what it is called, how it is written, its interval, floor and target, and what may be said of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from openbeian.reports import decimal

Json = Mapping[str, Any]

_JUDGED: Final = frozenset({"samples", "near", "copies", "condition"})


@dataclass(frozen=True)
class Kind:
    """What a figure is called and how it is read.

    Attributes:
        key: its name in `results`.
        label: its name for people.
        is_high_better: which side is the good one; None for a figure that only explains others.
        rests_on: which words `bases` has for it; among them `likelihood` for what needs neither samples nor a judge.
        form: how it is written: `plain`, `percent` or `nats`.
    """

    key: str
    label: str
    is_high_better: bool | None
    rests_on: str
    form: str = "plain"

    @property
    def is_judged(self) -> bool:
        """Whether the judge has a part in it."""
        return self.rests_on in _JUDGED and self.key != "memorised_pixels"

    def write(self, value: float) -> str:
        """Write a value of this figure."""
        if self.form == "percent":
            return f"{decimal(value * 100, 2 if value < 0.1 else 1)}%"
        return decimal(value, 2 if self.form == "nats" else 3)

    def bare(self, value: float) -> str:
        """Write a round value, such as a target, without the noughts that a measured one would have."""
        return f"{value * 100:g}%" if self.form == "percent" else f"{value:g}".replace("-", "−")

    def span(self, reach: tuple[float, float] | None) -> str:
        """Write an interval, the unit once; empty without one."""
        if reach is None:
            return ""
        between = " 至 " if reach[0] < 0 else "–"
        return f"{self.write(reach[0]).removesuffix('%')}{between}{self.write(reach[1])}"

    @property
    def direction(self) -> str:
        """Which side is the good one, in words."""
        if self.is_high_better is None:
            return "不分好坏"
        return "越大越好" if self.is_high_better else "越小越好"


KINDS: Final = (
    Kind("fid_c", "FID-c", False, "samples"),
    Kind("recall", "召回率", True, "near"),
    Kind("coverage", "覆盖率", True, "near"),
    Kind("right_class", "标签与图一致", True, "samples", "percent"),
    Kind("precision", "精确率", True, "near"),
    Kind("density", "密度", True, "near"),
    Kind("class_spread", "类别比例的偏差", False, "samples"),
    Kind("nll", "负对数似然 NLL", False, "likelihood", "nats"),
    Kind("elbo", "ELBO", True, "likelihood", "nats"),
    Kind("kl", "KL", None, "likelihood", "nats"),
    Kind("memorised_pixels", "离训练图过近，按像素", False, "copies", "percent"),
    Kind("memorised_features", "离训练图过近，按特征", False, "copies", "percent"),
)
"""Of pictures."""

TEXT_KINDS: Final = (
    Kind("bleu", "BLEU（质量）", True, "held"),
    Kind("self_bleu", "self-BLEU（雷同）", False, "alone"),
    Kind("novelty", "没有长段照抄", True, "training", "percent"),
    Kind("right_occasion", "合乎场合或题目", True, "condition", "percent"),
    Kind("exact_copies", "整篇照抄", False, "training", "percent"),
    Kind("distinct_2", "distinct-2（不同的双字）", True, "alone"),
    Kind("reverse_nll", "反向 NLL，每字", False, "counts"),
    Kind("nll", "NLL，每字", False, "likelihood"),
)
"""Of short texts."""

REPLY_KINDS: Final = (
    Kind("answered_right", "答了的答对", True, "policy", "percent"),
    Kind("other_domain_not_answered", "别的领域没有回答", True, "strangers", "percent"),
    Kind("own_refused", "本领域被拒答", False, "policy", "percent"),
    Kind("answered_share", "回答的比例", True, "policy", "percent"),
    Kind("recall_at_1", "R@1", True, "ranking", "percent"),
    Kind("recall_at_10", "R@10", True, "ranking", "percent"),
    Kind("mrr", "MRR", True, "ranking"),
    Kind("gate_auc_domain", "认出别的领域 AUC", True, "strangers"),
    Kind("gate_auc_unseen", "认出没见过的领域 AUC", True, "unseen"),
    Kind("other_unseen_not_answered", "没见过的领域没有回答", True, "unseen", "percent"),
    Kind("gate_auc_right", "认出答错 AUC", True, "policy"),
    Kind("gate_calibration_error", "校准误差", False, "policy"),
)
"""Of replies."""


@dataclass(frozen=True)
class Target:
    """What was asked for before the run: at least, at most, or both."""

    least: float | None
    most: float | None

    def is_met(self, value: float) -> bool:
        """Tell whether a value lies on the good side."""
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def words(self, kind: Kind) -> str:
        """Write the target."""
        sides = (("≥", self.least), ("≤", self.most))
        return "，".join(f"{sign} {kind.bare(side)}" for sign, side in sides if side is not None)


@dataclass(frozen=True)
class Figure:
    """A measured figure: `reach` is its 95 % interval, `floor` what real training pictures score."""

    kind: Kind
    value: float
    reach: tuple[float, float] | None
    floor: float | None
    target: Target | None

    @property
    def words(self) -> str:
        """The value as it is written."""
        return self.kind.write(self.value)

    @property
    def interval(self) -> str:
        """The interval as it is written; empty without one."""
        return self.kind.span(self.reach)

    @property
    def goal(self) -> str:
        """The target as it is written; empty without one."""
        return self.target.words(self.kind) if self.target else ""

    @property
    def is_met(self) -> bool:
        """Whether there is a target and the value reaches it."""
        return self.target is not None and self.target.is_met(self.value)

    @property
    def is_sure(self) -> bool:
        """Whether the whole interval lies on the target's good side."""
        return (
            self.is_met and self.reach is not None and all(self.target.is_met(end) for end in self.reach if self.target)
        )

    @property
    def verdict(self) -> tuple[str, str]:
        """Tone (`ok`, `warn`, `bad`, empty) and words."""
        if self.target is None:
            return "", "没有定目标"
        if not self.is_met:
            near = self.reach is not None and any(self.target.is_met(end) for end in self.reach)
            return "bad", "未达标，差距在误差之内" if near else "未达标"
        if self.is_sure:
            return "ok", "达标，有把握"
        return "warn", "达标，把握不足" if self.reach else "达标，没有区间"

    def told(self, floor_name: str) -> str:
        """Say name, value, interval and floor in one phrase."""
        beside = [f"区间 {self.interval}"] if self.reach else ["没有区间"]
        beside += [f"{floor_name} {self.kind.write(self.floor)}"] if self.floor is not None else []
        return f"{self.kind.label} {self.words}（{'，'.join(beside)}）"


def finite(value: Any) -> float | None:
    """Return a number as it is, None for what is none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None
