"""The pieces that every chart is made of: the picture with its words, labels, lines across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

WIDTH: Final = 560
Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A line across a chart at a value, with its words."""

    value: float
    words: str


def svg(box: str, kind: str, words: str, parts: Sequence[Markup]) -> Markup:
    """Return a picture that says its finding in `words` to who cannot see it."""
    return Markup(
        '<svg class="{kind}" viewBox="{box}" role="img" aria-label="{words}" preserveAspectRatio="{fit}">{parts}</svg>'
    ).format(
        kind=kind,
        box=box,
        words=words,
        fit="none" if kind == "share" else "xMidYMid meet",
        parts=Markup("").join(parts),
    )


def text(x: float, y: float, words: str, *, anchor: str = "start", kind: str = "") -> Markup:
    """Return a label; `kind` is its class."""
    return Markup('<text{kind} x="{x}" y="{y}" text-anchor="{anchor}">{words}</text>').format(
        kind=Markup(' class="{}"').format(kind) if kind else "", x=x, y=y, anchor=anchor, words=words
    )


def path(kind: str, course: str) -> Markup:
    """Return a line along a course in the language of SVG paths."""
    return Markup('<path class="{kind}" d="{course}"/>').format(kind=kind, course=course)


def reach(x: float, low: float, high: float) -> Markup:
    """Return an upright interval."""
    return path("reach", f"M{x} {low}V{high}M{x - 4} {low}h8M{x - 4} {high}h8")


def dot(x: float, y: float, tone: str = "ok", radius: float = 5) -> Markup:
    """Return a point."""
    return Markup('<circle class="dot {tone}" cx="{x}" cy="{y}" r="{radius}"/>').format(
        tone=tone, x=x, y=y, radius=radius
    )


def value_table(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> Markup:
    """Return the values of a chart as a table that opens under it; the first cell of a row names it."""
    line = Markup('<tr><th scope="row">{}</th>{}</tr>')
    cell, title = Markup('<td class="num">{}</td>'), Markup('<th scope="col"{}>{}</th>')
    heads = Markup("").join(
        title.format(Markup(' class="num"') if index else "", each) for index, each in enumerate(head)
    )
    body = Markup("").join(line.format(row[0], Markup("").join(cell.format(each) for each in row[1:])) for row in rows)
    return Markup(
        '<details><summary>看数值表</summary><table class="fit"><caption class="vh">{caption}</caption>'
        "<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></details>"
    ).format(caption=caption, heads=heads, body=body)
