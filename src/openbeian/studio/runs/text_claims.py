"""What may be written of generated texts in a filing, and what not: variety, copies, what the adversarial training did."""

from __future__ import annotations

from collections.abc import Iterator

from openbeian.reports import decimal, number
from openbeian.studio.runs.claims import Claim, some
from openbeian.studio.runs.figures import Json
from openbeian.studio.runs.measured import Measured


def text_claims(run: Json, measured: Measured) -> Iterator[Claim]:
    """Yield what is to be said of texts beside `claims`."""
    yield from _copied(measured)
    yield from _played(run, measured)
    yield from _alone(measured)
    yield from _fitting(measured)
    yield Claim("bad", f"“什么都能写”：只在“{run['data']['title']}”上训练和评估过，别的场合、题目和文体没有测。")
    yield Claim("bad", "“可以不经人看就发”：这些指标看不出意思对不对、是否得体；发出前要过内容审核，并按规定加标识。")
    if skipped := run["data"].get("skipped"):
        yield Claim("warn", f"数据里 {number(len(skipped))} 行与别的行重复，没有用上：{some(skipped)}。")


def finding(run: Json) -> str:
    """Say in a line which training the model is of, and what the test says of both; empty for a run without results."""
    results: Json = run.get("results") or {}
    if not results:
        return ""
    head = str(results["conclusion"]).partition("：")[0].rstrip("。")
    return f"{head}，留下的是{kept(run)}" if results.get("comparison") else head


def kept(run: Json) -> str:
    """Name the weights that are the model."""
    return "对抗训练的权重" if (run.get("model") or {}).get("kept") == "adversarial" else "按似然训练的权重"


def _copied(measured: Measured) -> Iterator[Claim]:
    novelty, copies, results = measured.get("novelty"), measured.get("exact_copies"), measured.results
    if novelty is None:
        return
    beside = f"，没见过的真文本 {novelty.kind.write(novelty.floor)}" if novelty.floor is not None else ""
    words = f"“{novelty.words} 的样本与训练文本连续相同的不超过 {results['copy_limit']} 字”（区间 {novelty.interval}{beside}）"
    yield Claim("ok", f"{words}；最长的一处 {results['longest_copy']} 字。写的时候再筛一遍：超过界限的一律重写。")
    whole = f"，{copies.words} 的样本与某条训练文本一字不差" if copies is not None and copies.value else ""
    yield Claim("bad", f"“不会照抄”：筛选之前最长照抄 {results['longest_copy']} 字{whole}；只看了一批样本。")


def _played(run: Json, measured: Measured) -> Iterator[Claim]:
    """Say whether the adversarial training may be praised."""
    compared, conclusion = measured.results.get("comparison"), str(measured.results.get("conclusion", ""))
    if compared is None:
        yield Claim("bad", f"“经过对抗训练”：{conclusion}")
    elif compared["difference_spread"][1] < 0 and (run.get("model") or {}).get("kept") == "adversarial":
        yield Claim("ok", f"“{conclusion.rstrip('。')}”，数字连同区间一起写。")
    else:
        yield Claim("bad", f"“对抗训练让文本更好”：{conclusion}留下的是{kept(run)}。")


def _fitting(measured: Measured) -> Iterator[Claim]:
    """Say when texts fit what was asked for no better than by chance."""
    figure, chance = measured.get("right_occasion"), (measured.results.get("judge") or {}).get("chance")
    if figure and chance is not None and not (figure.reach and figure.reach[0] > chance):
        words = f"“写的是所要的题目”：评审只认出 {figure.words}（区间 {figure.interval or '没有'}），碰巧也有 {figure.kind.write(chance)}。"
        yield Claim("bad", words)


def _alone(measured: Measured) -> Iterator[Claim]:
    quality, alike = measured.get("bleu"), measured.get("self_bleu")
    if quality and alike:
        words = f"只写 BLEU {quality.words}：self-BLEU 是 {alike.words}，少写一个就看不出是不是翻来覆去同一句。"
        yield Claim("bad", words)
        yield Claim("bad", "与别处的 BLEU、NLL 比高低：按字算，参照集、样本数、平滑办法不同，数字就不同。")
    nll, counted = measured.get("nll"), (measured.results.get("baselines") or {}).get("nll_trigram")
    if nll and counted is not None and not (nll.reach and nll.reach[1] < counted):
        words = f"“比数数更懂文本”：每字 {nll.words} 奈特（区间 {nll.interval or '没有'}），三字计数也有 {decimal(counted, 3)}。"
        yield Claim("bad", words)
