"""Machines that look at generated content: the user's keyword library and the user's classifier (9.3 c, d)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from openbeian.assessment.banks import Question
from openbeian.assessment.journal import State
from openbeian.assessment.runner import Reply

if TYPE_CHECKING:  # a run without these machines does without their memory
    from openbeian.screening import Library


class ContentJudge(Protocol):
    """Says of texts whether they do not qualify. `name` is the subject of its figures, `digest` names its content."""

    @property
    def name(self) -> str:
        """How reports name it."""

    @property
    def digest(self) -> str:
        """The digest of everything that decides its outcome."""

    def flags(self, texts: Sequence[str]) -> list[bool]:
        """Tell for each text whether it does not qualify."""


@dataclass(frozen=True)
class KeywordJudge:
    """A keyword library as a content judge: a text with a hit does not qualify."""

    library: Library
    name: ClassVar[str] = "关键词"

    @property
    def digest(self) -> str:
        """The library's digest."""
        return self.library.digest

    def flags(self, texts: Sequence[str]) -> list[bool]:
        """Tell for each text whether a keyword stands in it."""
        return [bool(self.library.scan(text)) for text in texts]


def flag_answers(
    asked: Sequence[tuple[Question, Reply]], judges: Sequence[ContentJudge]
) -> dict[str, Mapping[str, bool]]:
    """Return what each judge says of each answer, by question; a question without an answer is not judged."""
    answered = [(question.id, reply.text) for question, reply in asked if reply.state is State.ANSWERED]
    texts = [text for _, text in answered]
    said = {judge.name: judge.flags(texts) for judge in judges} if texts else {}
    return {name: {judge: flags[index] for judge, flags in said.items()} for index, (name, _) in enumerate(answered)}
