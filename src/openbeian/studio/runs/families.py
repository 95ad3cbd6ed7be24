"""What report and card say of each family of models: a new family is a row here, its figures in `figures` and its words in `bases`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from openbeian.studio.runs.claims import Own
from openbeian.studio.runs.figures import Json
from openbeian.studio.runs.measured import Measured
from openbeian.studio.runs.panels import Panel, Row
from openbeian.studio.runs.picture_claims import picture_claims
from openbeian.studio.runs.picture_courses import LOOKS as PICTURE_LOOKS
from openbeian.studio.runs.picture_courses import picture_course
from openbeian.studio.runs.picture_plots import copy_panels, figure_panels
from openbeian.studio.runs.reply_claims import reply_claims
from openbeian.studio.runs.reply_plots import reply_panels
from openbeian.studio.runs.text_claims import finding, text_claims
from openbeian.studio.runs.text_courses import LOOKS as TEXT_LOOKS
from openbeian.studio.runs.text_courses import text_course
from openbeian.studio.runs.text_plots import text_figures


@dataclass(frozen=True)
class Family:
    """A family of models.

    Attributes:
        title: for people.
        task: the Hub's name of what it does.
        tag: the Hub's name of what it is.
        panels: its plots.
        claims: what is to be said of its figures beside `claims.claims`.
        looks: the shares that training looks at, as they are called for people.
        usage: how it is used, and what has to be done with what it makes.
        finding: what a run without targets came to, in a line; empty for nothing.
    """

    title: str
    task: str
    tag: str
    panels: Callable[[Json, Sequence[Row], Measured], Iterable[Panel]]
    claims: Own
    looks: Mapping[str, str]
    usage: Callable[[Json], tuple[str, str]]
    finding: Callable[[Json], str] = lambda _: ""


def family_of(run: Json) -> Family:
    """Return the family of a run."""
    return FAMILIES.get(str(run["family"]), _OTHER)


def _pictures(run: Json, rows: Sequence[Row], measured: Measured) -> list[Panel]:
    return [*figure_panels(measured), *picture_course(run, rows, measured), *copy_panels(measured)]


def _texts(run: Json, rows: Sequence[Row], measured: Measured) -> list[Panel]:
    return [*text_figures(measured), *text_course(run, rows, measured)]


def _draw(run: Json) -> tuple[str, str]:
    return (
        f"openbeian sample RUN{_asked(run)} --n 64 --out grid.png",
        "画出来的图是合成的：给公众看时要按规定加标识，不能当作真实拍摄或真人手迹的证据。",
    )


def _write(run: Json) -> tuple[str, str]:
    asked = _asked(run) or " --class 春日"
    return (
        f"openbeian sample RUN{asked} --n 10",
        "写出来的文本是合成的：发出前要过内容审核并有人看过，给公众看时要按规定加标识。",
    )


def _answer(_run: Json) -> tuple[str, str]:
    return "openbeian serve --run RUN", "它只说备案过的答复；不够把握时转人工或拒答，阈值不要在服务里另改。"


def _asked(run: Json) -> str:
    """Return the option for the first class; what a shell might take for something else is left out."""
    classes: Sequence[str] = run["data"].get("classes") or ()
    return " --class " + re.sub(r"[^\w.-]", "_", classes[0]) if classes else ""


_DRAWN: Final = "unconditional-image-generation"
_OTHER: Final = Family("模型", _DRAWN, "", _pictures, picture_claims, PICTURE_LOOKS, _draw)
FAMILIES: Final = {
    "image-gan": Family("图片的生成对抗网络（GAN）", _DRAWN, "gan", _pictures, picture_claims, PICTURE_LOOKS, _draw),
    "image-vae": Family("图片的变分自编码器（VAE）", _DRAWN, "vae", _pictures, picture_claims, PICTURE_LOOKS, _draw),
    "text-gan": Family(
        "短文本的生成网络（循环网络，先按似然训练，再对抗）",
        "text-generation",
        "gan",
        _texts,
        text_claims,
        TEXT_LOOKS,
        _write,
        finding,
    ),
    "replies": Family(
        "客服答复模型（检索、似然头与判别器）",
        "question-answering",
        "retrieval",
        reply_panels,
        reply_claims,
        {},
        _answer,
    ),
}
