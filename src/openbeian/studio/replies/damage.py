"""Replies that somebody has damaged: what the discriminator must not believe, though the question is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

NEGATIONS = (("不要", "要"), ("不能", "能"), ("不可以", "可以"), ("没有", "有"), ("无需", "需要"), ("不", ""), ("可以", "不可以"),
             ("需要", "不需要"), ("请", "请不要"), ("能", "不能"), ("会", "不会"), ("是", "不是"))  # fmt: skip
"""The first that a reply contains is flipped, longer words before those they contain."""

Damage = Callable[[str, str, np.random.Generator], str]


def _flipped(text: str, _other: str, _random: np.random.Generator) -> str:
    for word, opposite in NEGATIONS:
        if word in text:
            return text.replace(word, opposite, 1)
    return text


def _spliced(text: str, other: str, _random: np.random.Generator) -> str:
    return text[: len(text) // 2] + other[len(other) // 2 :]


def _shuffled(text: str, _other: str, random: np.random.Generator) -> str:
    start = int(random.integers(max(1, len(text) - 6)))
    piece = text[start : start + 6]
    return text[:start] + "".join(random.permutation(list(piece))) + text[start + 6 :]


def _repeated(text: str, _other: str, random: np.random.Generator) -> str:
    start = int(random.integers(max(1, len(text) - 5)))
    return text[: start + 5] + text[start:]


def _lost(text: str, _other: str, random: np.random.Generator) -> str:
    start = int(random.integers(max(1, len(text) - 5)))
    return text[:start] + text[start + 5 :]


DAMAGES: Mapping[str, Damage] = {
    "negation": _flipped,
    "splice": _spliced,
    "shuffle": _shuffled,
    "repeat": _repeated,
    "loss": _lost,
}
"""Name to function of the reply, of another reply, and of the randomness. A reply it cannot damage comes back as it was."""
