"""What may be written of pictures in a filing, and what not: variety, copies, figures that mislead alone."""

from __future__ import annotations

from collections.abc import Iterator

from openbeian.reports import number
from openbeian.studio.runs.claims import Claim, some
from openbeian.studio.runs.figures import Figure, Json, finite
from openbeian.studio.runs.measured import Measured
from openbeian.studio.runs.picture_plots import copied_words

_COPIES = {"memorised_pixels": ("pixels", "像素"), "memorised_features": ("features", "特征")}


def picture_claims(run: Json, measured: Measured) -> Iterator[Claim]:
    """Yield what is to be said of pictures beside `claims`."""
    looked = _copied(measured)
    if looked and not any(_is_copying(figure, measured) for figure in looked):
        ways = "和".join(_way(figure) for figure in looked)
        found = "，".join(f"按{_way(figure)} {figure.words}（{figure.interval}）" for figure in looked)
        chance = f"{_chance(looked[0], measured):.0%}"
        yield Claim("ok", f"“按{ways}的距离没有记住训练图的迹象”：离训练图过近的样本{found}，碰巧也有 {chance}。")
    yield from _narrow(run, measured)
    yield from _copying(measured)
    yield from _alone(measured)
    yield Claim("bad", f"“适用于其他图片”：只在“{run['data']['title']}”上训练和评估过。")
    if skipped := run["data"].get("skipped"):
        yield Claim("warn", f"{number(len(skipped))} 个数据文件读不出来，没有用上：{some(skipped)}。")
    if doubled := run["data"].get("doubled"):
        yield Claim("warn", f"{number(doubled)} 张训练图在测试图里也有，数字会偏好：去重后重训。")


def _alone(measured: Measured) -> Iterator[Claim]:
    """Say which figures must not be written by themselves, nor beside those of others."""
    precision, recall = measured.get("precision"), measured.get("recall")
    if precision and recall:
        words = f"只写精确率 {precision.words}：召回率是 {recall.words}，少写一个就看不出图有没有画全。"
        yield Claim("bad", words)
    if measured.get("fid_c"):
        words = "“优于某某模型”：FID-c 用的是本项目的判别网络，判别网络、对照集或样本数不同的数字不能比。"
        yield Claim("bad", words)
    if measured.get("nll"):
        yield Claim("bad", "与别处的 NLL 比高低：二值化的办法和抽样次数不同，数字就不同。")


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
