"""What a compliance officer may write in a filing after a run, what not, and what is still to be done: from the numbers alone.

This is what holds for every family; what only one has is said in `picture_claims`, `text_claims` and `reply_claims`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from openbeian.reports import number
from openbeian.studio.runs.figures import Figure, Json
from openbeian.studio.runs.measured import Measured


@dataclass(frozen=True)
class Claim:
    """A sentence of advice; `tone` is `ok` (may be written), `bad` (may not), `warn` (still to be done)."""

    tone: str
    words: str

    @property
    def head(self) -> str:
        """The advice in three characters."""
        return {"ok": "可以写", "bad": "不能写", "warn": "要补"}[self.tone]


Own = Callable[[Json, Measured], Iterator[Claim]]
"""What a family adds, in any order."""


def claims(run: Json, measured: Measured, own: Own) -> list[Claim]:
    """Return the advice, what may be written first, then what may not."""
    if run.get("outcome") != "finished":
        return list(_after_a_stop(run))
    found = [*_common(run, measured), *own(run, measured)]
    order = ("ok", "bad", "warn")
    return sorted(found, key=lambda claim: order.index(claim.tone))


def some(names: Sequence[str], most: int = 5) -> str:
    """Say the first few names."""
    return "、".join(names[:most]) + (" 等" if len(names) > most else "")


def _after_a_stop(run: Json) -> Iterator[Claim]:
    yield Claim("ok", f"训练在第 {number(run['steps'])} 步停下，原因如上；这也是一条可以留存的记录。")
    yield Claim("bad", "任何质量数字：停下的训练没有做最后的评估，留下的样本和抽查只说明停下时的样子。")
    remedy = {
        "collapsed": "换种子、加强惩罚项或降低学习率重训；在新的运行达标之前，不要申报这个模型。",
        "not-finite": "权重停在出错之前的一份；降低学习率，或改回 float32，再从头训练。",
    }
    yield Claim("warn", remedy.get(str(run.get("outcome")), "加上 --resume 从存档接着训练，训完再看报告。"))


def _common(run: Json, measured: Measured) -> Iterator[Claim]:
    """Yield what can be said of any figures: the headline, targets, one seed, one set of data."""
    shown = [figure for figure in measured.headline if figure.kind.rests_on != "copies"]
    if shown:
        basis = [words for words, _ in measured.groups(shown)] + ([measured.judge()] if measured.judge() else [])
        told = "，".join(figure.told(measured.basis.floor_name) for figure in shown)
        yield Claim("ok", f"数字连同区间和依据一起写：{told}。依据：{'；'.join(basis)}。")
    yield from _targets(run, measured)
    yield Claim("warn", f"只跑了种子 {run['seed']}：区间只含取样的误差，换一个种子会差多少要另跑一次才知道。")


def _targets(run: Json, measured: Measured) -> Iterator[Claim]:
    sure = [figure for figure in measured.met if figure.is_sure]
    if sure:
        yield Claim("ok", f"“{_listed(sure)}达到目标”：95% 区间整个在目标一侧。")
    for figure in measured.missed:
        yield Claim("bad", f"“{figure.kind.label}达标”：测得 {figure.words}，目标 {figure.goal}。")
    for name in measured.missing:
        yield Claim("warn", f"{name}定了目标却没有测，补测之前不算达标。")
    unsure = [figure for figure in measured.met if not figure.is_sure]
    if unsure:
        words = f"{_listed(unsure)}只有点估计达标，区间没有整个落在目标一侧：多训练一会儿，或多取样再评。"
        yield Claim("warn", words)
    if not run.get("targets"):
        yield Claim("warn", "配方里没有定目标（evaluation.targets），这份报告不说达标：先定目标，再训练。")


def _listed(figures: Sequence[Figure]) -> str:
    return "、".join(figure.kind.label for figure in figures)
