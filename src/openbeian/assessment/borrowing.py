"""A machine corrected by a review of other answers (Rogan-Gladen 1978): only where this run has no review of its own.

How often the machine errs was seen elsewhere; that it errs as often here is an assumption, so every figure says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from openbeian.assessment.correction import Correction, rogan_gladen
from openbeian.assessment.machines import machine_flags
from openbeian.assessment.review import ReviewFolder
from openbeian.assessment.review.results import Share, settled_core
from openbeian.assessment.runs import ANSWERS
from openbeian.manifest import Fault, sha256_file

WARNING: Final = "判定的误差是在别处的应答上测得的，这里的情形不同就不准；只作参考，正式结论用本次的双人复核"
Count = tuple[int, int]


@dataclass(frozen=True)
class Borrowed:
    """A machine's rate of passes here, its sensitivity and specificity seen there (found, of), and what they make of it."""

    name: str
    raw: Share
    sensitivity: Count
    specificity: Count
    correction: Correction | None

    @property
    def text(self) -> str:
        """Say it in one line."""
        seen = f"{self.name}：自己判 {self.raw.passed}/{self.raw.total} 合要求"
        known = (
            f"别处复核：不合要求的认出 {self.sensitivity[0]}/{self.sensitivity[1]}，"
            f"合要求的认出 {self.specificity[0]}/{self.specificity[1]}"
        )
        found = self.correction
        if found is None:
            return f"{seen}；{known}，缺其中一种，不能据以校正"
        if found.estimate is None:
            return f"{seen}；{known}；{found.refused}，不校正"
        low, high = max(0.0, 1 - found.high), min(1.0, 1 - found.low)
        return f"{seen}；{known}；按此校正（Rogan–Gladen）{1 - found.estimate:.2%}（95% 区间 {low:.2%}–{high:.2%}）"


def borrow(run: Path, folder: ReviewFolder, there: Path | None = None) -> tuple[Borrowed, ...]:
    """Return, for each machine of a run, its rate corrected by the complete review of another run.

    Args:
        run: the run to be corrected.
        folder: the other run's review.
        there: the other run; the one the folder lies in when None.

    Raises:
        Fault: `review-own` when the review is this run's own, `review-incomplete`, `run-unfinished`.
    """
    review = folder.load()
    task = review.task
    if task.source.get("answers_sha256") == sha256_file(run / ANSWERS):
        raise Fault(
            "review-own",
            "这份复核就是这次运行自己的",
            "直接用 openbeian review result，它按随机样本校正",
            file=str(run),
        )
    if not review.is_complete:
        said = f"这份复核还没有完成：{review.still_open}"
        raise Fault("review-incomplete", said, "导入其余的标注后再用", file=str(folder.path))
    known = settled_core(review)
    seen = machine_flags(there or folder.path.parent.parent, task.population, task.policy)
    here = machine_flags(run, task.population, task.policy)
    return tuple(_borrowed(name, flags, seen[name], known) for name, flags in here.items() if flags and name in seen)


def _borrowed(name: str, here: Mapping[str, bool], seen: Mapping[str, bool], known: Mapping[str, bool]) -> Borrowed:
    bad = [seen[item] for item, fails in known.items() if fails and item in seen]
    good = [not seen[item] for item, fails in known.items() if not fails and item in seen]
    flagged = sum(here.values())
    sensitivity, specificity = (sum(bad), len(bad)), (sum(good), len(good))
    found = rogan_gladen(flagged, len(here), sensitivity, specificity) if bad and good else None
    return Borrowed(name, Share(len(here) - flagged, len(here)), sensitivity, specificity, found)
