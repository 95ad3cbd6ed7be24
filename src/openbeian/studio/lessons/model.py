"""What a lesson is: one network under several sets of rules, from as printed to repaired, and what came of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from torch import Tensor

from openbeian.studio.data.images import DataCard


class Material(Protocol):
    """Data a lesson trains on."""

    @property
    def card(self) -> DataCard:
        """What is known about them."""


M = TypeVar("M", bound=Material)


@dataclass(frozen=True, eq=False)
class Played:
    """What came of a variant.

    Attributes:
        steps: how many were taken.
        losses: of `discriminator` and `generator`, one number a step.
        stopped: the error that ended it, in the words of the framework; None when it came to its end.
        pixels: samples, uint8 (n, 1, height, width); None for texts.
        texts: samples of a text lesson.
        figures: what else was measured, by name.
    """

    steps: int
    losses: dict[str, list[float]]
    stopped: str | None = None
    pixels: Tensor | None = None
    texts: tuple[str, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Variant(Generic[M]):
    """One way to run the document's training.

    Attributes:
        name: of its pictures and its place in the results.
        change: what differs from the document, in one line for people.
        play: runs it on the data for so many steps from a seed; the same three give the same bits on one thread.
        share: of the lesson's steps that it takes: a repair that does not help shows so soon.
    """

    name: str
    change: str
    play: Callable[[M, int, int], Played]
    share: float = 1.0


@dataclass(frozen=True)
class Lesson(Generic[M]):
    """A chapter's networks and what can be learnt from them.

    Attributes:
        name: `chapter-15`, `chapter-17`, `chapter-18`.
        title: for people.
        source: the data when nobody says which.
        steps: of each variant when nobody says how many: about half a CPU-minute.
        load: reads the data.
        variants: in the order in which they are told.
        constants: the floor of the discriminator's loss and the like, drawn into the curves; by name of the variant.
    """

    name: str
    title: str
    source: str
    steps: int
    load: Callable[[str], M]
    variants: tuple[Variant[M], ...]
    floors: dict[str, float] = field(default_factory=dict)

    def variant(self, name: str) -> Variant[M]:
        """Return a variant by its name; KeyError when there is none."""
        return {each.name: each for each in self.variants}[name]


AnyLesson = Lesson[Any]
