"""What a compliance officer may write in a filing after a run, what not, and what is still to be done: from the numbers alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from openbeian.reports import number
from openbeian.studio.runs.figures import Figure, Json, finite
from openbeian.studio.runs.measured import Measured
from openbeian.studio.runs.plots import copied_words

_COPIES = {"memorised_pixels": ("pixels", "像素"), "memorised_features": ("features", "特征")}


@dataclass(frozen=True)
class Claim:
    """A sentence of advice; `tone` is `ok` (may be written), `bad` (may not), `warn` (still to be done)."""

    tone: str
    words: str

    @property
    def head(self) -> str:
        """The advice in three characters."""
        return {"ok": "可以写", "bad": "不能写", "warn": "要补"}[self.tone]


def claims(run: Json, measured: Measured) -> list[Claim]:
    """Return the advice, what may be written first."""
    if run.get("outcome") != "finished":
        return list(_after_a_stop(run))
    return [*_may(measured), *_may_not(run, measured), *_open(run, measured)]


def _after_a_stop(run: Json) -> Iterator[Claim]:
    yield Claim("ok", f"训练在第 {number(run['steps'])} 步停下，原因如上；这也是一条可以留存的记录。")
    yield Claim("bad", "任何质量数字：停下的训练没有做最后的评估，留下的图和抽查只说明停下时的样子。")
    remedy = {
        "collapsed": "换种子、加强惩罚项或降低学习率重训；在新的运行达标之前，不要申报这个模型。",
        "not-finite": "权重停在出错之前的一份；降低学习率，或改回 float32，再从头训练。",
    }
    yield Claim("warn", remedy.get(str(run.get("outcome")), "加上 --resume 从存档接着训练，训完再看报告。"))


def _may(measured: Measured) -> Iterator[Claim]:
    shown = [figure for figure in measured.headline if figure.kind.key not in _COPIES]
    if shown:
        basis = [words for words, _ in measured.groups(shown)] + ([measured.judge()] if measured.judge() else [])
        told = "，".join(figure.told() for figure in shown)
        yield Claim("ok", f"数字连同区间和依据一起写：{told}。依据：{'；'.join(basis)}。")
    sure = [figure for figure in measured.met if figure.is_sure]
    if sure:
        yield Claim("ok", f"“{_listed(sure)}达到目标”：95% 区间整个在目标一侧。")
    looked = _copied(measured)
    if looked and not any(_is_copying(figure, measured) for figure in looked):
        ways = "和".join(_way(figure) for figure in looked)
        found = "，".join(f"按{_way(figure)} {figure.words}（{figure.interval}）" for figure in looked)
        chance = f"{_chance(looked[0], measured):.0%}"
        yield Claim("ok", f"“按{ways}的距离没有记住训练图的迹象”：离训练图过近的样本{found}，碰巧也有 {chance}。")


def _may_not(run: Json, measured: Measured) -> Iterator[Claim]:
    for figure in measured.missed:
        yield Claim("bad", f"“{figure.kind.label}达标”：测得 {figure.words}，目标 {figure.goal}。")
    yield from _narrow(run, measured)
    yield from _copying(measured)
    precision, recall = measured.get("precision"), measured.get("recall")
    if precision and recall:
        words = f"只写精确率 {precision.words}：召回率是 {recall.words}，少写一个就看不出图有没有画全。"
        yield Claim("bad", words)
    if measured.get("fid_c"):
        words = "“优于某某模型”：FID-c 用的是本项目的判别网络，判别网络、对照集或样本数不同的数字不能比。"
        yield Claim("bad", words)
    if measured.get("nll"):
        yield Claim("bad", "与别处的 NLL 比高低：二值化的办法和抽样次数不同，数字就不同。")
    yield Claim("bad", f"“适用于其他图片”：只在“{run['data']['title']}”上训练和评估过。")


def _narrow(run: Json, measured: Measured) -> Iterator[Claim]:
    """Say when the finished model lies where training would have been stopped."""
    line = finite((run["recipe"].get("evaluation") or {}).get("alarm_below"))
    named = [figure for key in ("recall", "coverage") if (figure := measured.get(key)) is not None]
    low = [figure for figure in named if line is not None and figure.value < line]
    if low:
        found = "、".join(f"{figure.kind.label} {figure.words}" for figure in low)
        yield Claim("bad", f"“各种样子都画得出”：{found}，低于训练的报警线 {line:g}，模型只会画少数几种图。")


def _copying(measured: Measured) -> Iterator[Claim]:
    for figure in _copied(measured):
        if _is_copying(figure, measured):
            words = copied_words(figure, _chance(figure, measured))
            interval = figure.interval or "没有"
            yield Claim("bad", f"“没有记住训练图”：按{_way(figure)}，{words}（区间 {interval}）。")
    if _copied(measured):
        yield Claim("bad", "“不会记住训练图”：只看了一批样本，只量了这几种距离。")


def _open(run: Json, measured: Measured) -> Iterator[Claim]:
    for name in measured.missing:
        yield Claim("warn", f"{name}定了目标却没有测，补测之前不算达标。")
    unsure = [figure for figure in measured.met if not figure.is_sure]
    if unsure:
        words = f"{_listed(unsure)}只有点估计达标，区间没有整个落在目标一侧：多训练一会儿，或多取样再评。"
        yield Claim("warn", words)
    if not run.get("targets"):
        words = "配方里没有定目标（evaluation.targets），这份报告不说达标：先定目标，再训练。"
        yield Claim("warn", words)
    words = f"只跑了种子 {run['seed']}：区间只含取样的误差，换一个种子会差多少要另跑一次才知道。"
    yield Claim("warn", words)
    if skipped := run["data"].get("skipped"):
        yield Claim("warn", f"{number(len(skipped))} 个数据文件读不出来，没有用上：{_some(skipped)}。")
    if doubled := run["data"].get("doubled"):
        yield Claim("warn", f"{number(doubled)} 张训练图在测试图里也有，数字会偏好：去重后重训。")


def _copied(measured: Measured) -> list[Figure]:
    return [figure for key in _COPIES if (figure := measured.get(key)) is not None]


def _is_copying(figure: Figure, measured: Measured) -> bool:
    """Tell whether more samples than chance lie very near; without an interval nothing is ruled out."""
    return figure.reach is None or figure.reach[0] > _chance(figure, measured)


def _chance(figure: Figure, measured: Measured) -> float:
    """Return the share of unseen real pictures that lie as near, by definition of the threshold."""
    found = (measured.results.get("memorisation") or {})[_COPIES[figure.kind.key][0]]
    return float(found["percentiles"]["levels"][0]) / 100


def _way(figure: Figure) -> str:
    return _COPIES[figure.kind.key][1]


def _listed(figures: list[Figure]) -> str:
    return "、".join(figure.kind.label for figure in figures)


def _some(names: list[str], most: int = 5) -> str:
    return "、".join(names[:most]) + (" 等" if len(names) > most else "")
