"""Questions that say nearly the same: exact search by overlapping character triples, no pair left out.

Similarity is the share of triples that two folded texts have in common (Jaccard). The triples of a text are taken
rarest first, so that two texts as alike as asked for must share one among the first few (Bayardo et al. 2007).
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from openbeian.assessment.banks import Question

ALIKE: Final = 0.8  # a rewording of one or two characters in twenty; an engineering bound, not one of the rule
_SIZE: Final = 3


@dataclass(frozen=True)
class Near:
    """A question and the earlier one it is nearly the same as; `similarity` lies in (0, 1]."""

    question: Question
    earlier: Question
    similarity: float


def near_duplicates(questions: Sequence[Question], alike: float = ALIKE) -> list[Near]:
    """Return every question that is nearly the same as an earlier one of the same bank, with the most similar of them.

    A question named here is not itself compared with later ones, so a row of rewordings points at its first.
    """
    shapes = [_triples(question.text) for question in questions]
    common = Counter(triple for shape in shapes for triple in shape)
    first: dict[str, list[int]] = defaultdict(list)
    found = []
    for index, question in enumerate(questions):
        shape = sorted(shapes[index], key=lambda triple: (common[triple], triple))
        head = shape[: len(shape) - math.ceil(alike * len(shape)) + 1]
        candidates = {other for triple in head for other in first[triple] if questions[other].expect is question.expect}
        best = max(((_alike(shapes[index], shapes[other]), -other) for other in candidates), default=(0.0, 0))
        if best[0] >= alike:
            found.append(Near(question, questions[-best[1]], best[0]))
            continue
        for triple in head:
            first[triple].append(index)
    return found


def _triples(text: str) -> frozenset[str]:
    """Return the triples of the letters and digits of a text; one shorter than three is its own triple."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(character for character in folded if character.isalnum())
    return frozenset(kept[at : at + _SIZE] for at in range(max(1, len(kept) - _SIZE + 1)))


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)
