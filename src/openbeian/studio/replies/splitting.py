"""Who learns what, and on what it is measured: the bank, the questions that are held out, and those of other domains.

Three cases, told apart by the data and recorded. A pair with other wordings (`variants`) keeps its own question in the bank, and the
wordings are held out. A set without any is held out by dialogues, so that no line of a test dialogue was seen; the replies of held-out
pairs stay in the bank as candidates, without a question. A set with neither is held out pair by pair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from openbeian.studio.replies.bank import Entry
from openbeian.studio.replies.pairs import Pair, Pairs, load_questions
from openbeian.studio.replies.retrieval import grams
from openbeian.studio.replies.settings import ReplySettings

Asked = tuple[str, int]
REWORDED, VALIDATION = 0.4, 0.3
"""Shares of the held-out wordings that the gate learns from and that choose; the rest is the test."""
DIALOGUES = (0.1, 0.1, 0.2)
"""Shares of the dialogues for the gate, for validation, and for the test, where there are no wordings; the bank has the rest."""
LEAST_WORDINGS, LEAST_DIALOGUES = 10, 5
"""Fewer wordings are too few to learn and to measure with, fewer dialogues too few to divide: then the pairs are divided one by one."""
ALIKE = 0.5


@dataclass(frozen=True)
class Split:
    """Questions with the number of their reply.

    The head learns on `train`, the bank's own wordings; the gate on `reworded`, which the bank does not have: a question known to the
    letter looks surer than any a customer asks. `strange_*` are questions of other domains, `strange_unseen` those of a domain that is
    for the test alone.
    """

    train: list[Asked]
    reworded: list[Asked]
    validation: list[Asked]
    test: list[Asked]
    strange_train: list[str]
    strange_validation: list[str]
    strange_test: list[str]
    strange_unseen: list[str]
    held_out: str
    strange_from: str


def split_pairs(pairs: Pairs, settings: ReplySettings, seed: int) -> tuple[list[Entry], Split]:
    """Return the bank (each reply text once) and who learns what."""
    entries, number = _entries(pairs.items)
    if sum(len(pair.variants) for pair in pairs.items) >= LEAST_WORDINGS:
        parts, held_out = _by_wording(pairs.items, number, seed), "other wordings of the bank's questions"
    else:
        parts, held_out = _by_dialogue(pairs.items, number, seed), "questions of other dialogues, not in the bank"
    train, reworded, validation, test = parts
    strange, strange_from = _strange(pairs, settings, seed)
    unseen = list(load_questions(settings.unseen)) if settings.unseen is not None else []
    split = Split(train, reworded, validation, test, *strange, unseen, held_out, strange_from)
    return _asked_in(entries, train), split


def served_bank(entries: Sequence[Entry], split: Split) -> list[Entry]:
    """Return the bank as it is served: with the held-out questions of a set without wordings, which are filed questions too."""
    if split.held_out.startswith("other wordings"):
        return list(entries)
    return _asked_in(entries, [*split.train, *split.reworded, *split.validation, *split.test])


def _entries(pairs: Sequence[Pair]) -> tuple[list[Entry], dict[str, int]]:
    first: dict[str, Pair] = {}
    for pair in pairs:
        first.setdefault(pair.answer, pair)
    entries = [Entry(pair.id, (), answer) for answer, pair in first.items()]
    return entries, {entry.answer: number for number, entry in enumerate(entries)}


def _asked_in(entries: Sequence[Entry], asked: Sequence[Asked]) -> list[Entry]:
    """Return entries with the questions that were filed for each."""
    questions: list[dict[str, None]] = [{} for _ in entries]
    for question, number in asked:
        questions[number][question] = None
    return [Entry(e.id, tuple(asked_for), e.answer) for e, asked_for in zip(entries, questions, strict=True)]


def _by_wording(pairs: Sequence[Pair], number: dict[str, int], seed: int) -> tuple[list[Asked], ...]:
    train = [(pair.question, number[pair.answer]) for pair in pairs]
    held = [(text, number[pair.answer]) for pair in pairs for text in pair.variants]
    order = np.random.default_rng(seed).permutation(len(held))
    cuts = round(REWORDED * len(held)), round((REWORDED + VALIDATION) * len(held))
    return train, *([held[i] for i in sorted(part)] for part in np.split(order, cuts))


def _by_dialogue(pairs: Sequence[Pair], number: dict[str, int], seed: int) -> tuple[list[Asked], ...]:
    dialogues = {pair.dialogue for pair in pairs}
    of = [pair.dialogue if len(dialogues) >= LEAST_DIALOGUES else str(row) for row, pair in enumerate(pairs)]
    names = list(dict.fromkeys(of))
    order = np.random.default_rng(seed).permutation(len(names))
    cuts = np.cumsum([max(1, round(share * len(names))) for share in DIALOGUES])
    part_of = {names[i]: part for part, numbers in enumerate(np.split(order, cuts)) for i in numbers}
    parts: tuple[list[Asked], ...] = ([], [], [], [])
    for name, pair in zip(of, pairs, strict=True):
        parts[part_of[name]].extend((text, number[pair.answer]) for text in (pair.question, *pair.variants))
    return parts[3], *parts[:3]


def _strange(pairs: Pairs, settings: ReplySettings, seed: int) -> tuple[tuple[list[str], list[str], list[str]], str]:
    """Return other domains' questions in thirds.

    Those of everyday life join the training and, a fifth of them, validation; alone they are all there is to measure on.
    """
    own = {pair.question for pair in pairs.items}
    pool = [*pairs.refuse, *(load_questions(settings.other) if settings.other is not None else ())]
    pool = [text for text in dict.fromkeys(pool) if text not in own]
    everyday = _unlike(everyday_questions(), pool) if settings.everyday else []
    everyday = [everyday[i] for i in np.random.default_rng(seed).permutation(len(everyday))]
    if not pool:
        return _thirds(everyday, seed), "everyday questions" if everyday else "none"
    train, validation, test = _thirds(pool, seed)
    cut = len(everyday) * 4 // 5
    return (
        train + everyday[:cut],
        validation + everyday[cut:],
        test,
    ), "the data's own list" if settings.other is None else settings.other.name


def _thirds(texts: Sequence[str], seed: int) -> tuple[list[str], list[str], list[str]]:
    order = np.random.default_rng(seed).permutation(len(texts))
    third = len(texts) // 3
    shuffled = [texts[i] for i in order]
    return (
        shuffled[: len(texts) - 2 * third],
        shuffled[len(texts) - 2 * third : len(texts) - third],
        shuffled[len(texts) - third :],
    )


def everyday_questions() -> list[str]:
    """Return the questions of everyday life that come with the package: health, money, school, law and small talk."""
    return (files("openbeian.studio.replies") / "everyday.txt").read_text(encoding="utf-8").split()


def _unlike(texts: Sequence[str], pool: Sequence[str]) -> list[str]:
    """Return the texts that are like none of the pool, so that no test question is learned in other words."""
    known = [frozenset(grams(text)) for text in pool]
    alike: Callable[[frozenset[str]], bool] = lambda own: any(  # noqa: E731
        len(own & other) >= ALIKE * len(own | other) for other in known
    )
    return [text for text in texts if not alike(frozenset(grams(text)))]
