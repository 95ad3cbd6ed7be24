"""The report of one run as a single HTML file: verdict, figures, how it was made, plots, samples, evidence, how to do it again.

It is made from the run's record, its metrics and its samples alone, so anyone who has the folder can write it again.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from openbeian.manifest import digest
from openbeian.reports import decimal, number, render
from openbeian.studio.runs.claims import claims
from openbeian.studio.runs.courses import last_look
from openbeian.studio.runs.facts import again, command, digests, facts, moment
from openbeian.studio.runs.families import Family, family_of
from openbeian.studio.runs.figures import Json
from openbeian.studio.runs.measured import Measured
from openbeian.studio.runs.panels import Row
from openbeian.studio.runs.text_choice import choice
from openbeian.studio.runs.text_samples import Drawn, Samples

PACKAGE: Final = "openbeian.studio.runs"
TEMPLATE: Final = "report_page.html"
PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"

PICTURES: Final = ("samples", "last", "classes", "reconstructions", "walk", "neighbours")
"""Names of pictures that the report has words for, in the order shown; one of another name is shown under it, last."""


@dataclass(frozen=True)
class Head:
    """A headline figure: what, its value, lines under it, a verdict."""

    label: str
    value: str
    lines: tuple[str, ...]
    tone: str
    verdict: str


@dataclass(frozen=True)
class Picture:
    """A picture with its words; `source` is a data address, width and height in dots."""

    name: str
    title: str
    note: str
    source: str
    width: int
    height: int


@dataclass(frozen=True)
class Verdict:
    """What the run comes to: tone, two or three words for the pill, the sentence over the figures."""

    tone: str
    pill: str
    title: str


def report_html(run: Json, rows: Sequence[Row], pictures: Mapping[str, bytes], texts: Drawn | None = None) -> str:
    """Return the report of a run.

    Args:
        run: its record, as in `run.json`.
        rows: of `metrics.jsonl`, in order.
        pictures: PNG by name, see `PICTURES`.
        texts: of a model of texts, as in `samples.json`.

    Raises:
        ValueError: precision without recall, quality without variety; a figure without reference set, number of samples or judge; a picture that
            is no PNG.
    """
    measured, family = Measured.of(run), family_of(run)
    evidence = {f"图片 {name}.png": hashlib.sha256(png).hexdigest() for name, png in pictures.items()}
    evidence |= {"样本 samples.json": digest(dict(texts))} if texts else {}
    return render(
        PACKAGE,
        TEMPLATE,
        run=run,
        family=family.title,
        verdict=_verdict(run, measured, family),
        heads=list(_heads(run, rows, measured, family)),
        choice=choice(run, measured),
        measured=measured,
        bases=measured.groups(measured.headline),
        groups=measured.groups(measured.figures),
        facts=list(facts(run, measured)),
        panels=list(family.panels(run, rows, measured)),
        pictures=_pictures(run, measured, pictures),
        shown=Samples.of(run, texts) if texts else None,
        digests=[*digests(run, measured), *evidence.items()],
        command=command(run),
        again=again(run),
        cost=f"约 {decimal(max(0.1, run['cpu_seconds']['training'] / 60), 1)} CPU 分钟，不用联网",
        claims=claims(run, measured, family.claims),
        made=moment(run["made_at"]),
    )


def _verdict(run: Json, measured: Measured, family: Family) -> Verdict:
    stopped = {
        "collapsed": "已停训：模式坍塌",
        "not-finite": "已停训：出现 NaN 或无穷大",
        "interrupted": "没有训完",
    }
    if run["outcome"] != "finished":
        pill = stopped.get(run["outcome"], str(run["outcome"]))
        return Verdict("bad", pill, f"为什么停：{run.get('words') or pill}")
    met, missed = measured.met, [*(figure.kind.label for figure in measured.missed), *measured.missing]
    asked = len(met) + len(missed)
    if not asked:
        found = family.finding(run)
        return Verdict("", "没有定目标", f"结论：{found}" if found else "结果：配方里没有定目标，只给数字，不说达标")
    if missed:
        return Verdict("bad", "未达到目标", f"结论：{asked} 项目标里 {len(missed)} 项没有达到：{'、'.join(missed)}")
    unsure = [figure.kind.label for figure in met if not figure.is_sure]
    rest = f"{'、'.join(unsure)}还不能说有 95% 把握" if unsure else "都有 95% 把握"
    return Verdict("ok", "达到目标", f"结论：{asked} 项目标都达到，{rest}")


def _heads(run: Json, rows: Sequence[Row], measured: Measured, family: Family) -> Iterator[Head]:
    if run["outcome"] != "finished":
        yield from _last_seen(run, rows, family)
        return
    for figure in measured.headline:
        tone, words = figure.verdict
        interval = f"区间 {figure.interval}" if figure.reach else "没有区间"
        lines = [f"{interval}；目标 {figure.goal}" if figure.target else interval]
        lines += [f"{measured.basis.floor_name} {figure.kind.write(figure.floor)}"] if figure.floor is not None else []
        yield Head(f"{figure.kind.label}，{figure.kind.direction}", figure.words, tuple(lines), tone, words)


def _last_seen(run: Json, rows: Sequence[Row], family: Family) -> Iterator[Head]:
    """Yield what was seen before a run was stopped. None of it is a result."""
    yield Head("停在", f"第 {number(run['steps'])} 步", (f"{decimal(run['epochs'], 1)} 遍数据",), "", "没有做最后评估")
    asked = (run["recipe"].get("evaluation") or {}).get("alarm_below")
    for name, label in family.looks.items():
        value = last_look(rows, name)
        if value is None:
            continue
        low = asked is not None and value < asked
        line = () if asked is None else (f"报警线 {asked:.2f}",)
        yield Head(
            f"{label}，记下的最后一次抽查",
            decimal(value, 3),
            line,
            "bad" if low else "",
            "低于报警线" if low else "只是抽查，不作结论",
        )


def _pictures(run: Json, measured: Measured, pictures: Mapping[str, bytes]) -> list[Picture]:
    place = {name: index for index, name in enumerate(PICTURES)}
    shown = sorted(pictures.items(), key=lambda item: (place.get(item[0], len(place)), item[0]))
    return [_picture(run, measured, name, png) for name, png in shown]


def _picture(run: Json, measured: Measured, name: str, png: bytes) -> Picture:
    if not png.startswith(PNG_MAGIC):
        raise ValueError(name)
    title, note = _captions(run, measured).get(name, (name, ""))
    width, height = (
        int.from_bytes(png[at : at + 4], "big") for at in (16, 20)
    )  # of the IHDR chunk, which is the first
    return Picture(name, title, note, "data:image/png;base64," + base64.b64encode(png).decode(), width, height)


def _captions(run: Json, measured: Measured) -> dict[str, tuple[str, str]]:
    has_classes = bool((run["recipe"].get("data") or {}).get("is_conditional")) and run["outcome"] == "finished"
    right = measured.get("right_class")
    order = "每行一类，按种子的顺序取，没有挑选。" if has_classes and right else "按种子的顺序取，没有挑选。"
    wrong = f"所有样本里，判别网络看出的类与标签不同的占 {right.kind.write(1 - right.value)}。" if right else ""
    return {
        "samples": ("生成的样子", order + wrong),
        "last": ("停下之前最后画的", "按种子的顺序取，没有挑选。这些图不能当作结果。"),
        "classes": ("同一份噪声，各类各画一张", "每行一份噪声，每列一类：只有类别在变，其余应当相近。"),
        "reconstructions": ("重构", "每对左边是测试图，右边是编码再解码的结果。"),
        "walk": ("在潜空间里走", "每行从一份噪声走到另一份，中间应当连续变化。"),
        "neighbours": (
            "最像训练图的样本",
            "每对左边是样本，右边是离它最近的训练图，从最近的排起：这是最坏的情况，不是一般的情况。",
        ),
    }
