"""`str.translate` and a pattern of `re` for each kind, with checksums: what one writes in an afternoon."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence

from patterns import CHECKS, PATTERNS
from turns import Found, take_turns


class Separate:
    """Runs the patterns one after another."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.table = given.table
        self.patterns = [(kind, re.compile(pattern), CHECKS.get(kind)) for kind, pattern in PATTERNS.items()]

    def scan(self, texts: Sequence[str]) -> int:
        """Return the number of findings."""
        return sum(len(self.spans(text.translate(self.table))) for text in texts)

    def spans(self, folded: str) -> Found:
        """Return the findings of a folded text; of overlapping ones the first in rank stays."""
        found: Found = []
        for kind, pattern, check in self.patterns:
            for match in pattern.finditer(folded):
                start, end = match.span()
                if (check is None or check(match[0])) and all(end <= a or b <= start for _, a, b in found):
                    found.append((kind, start, end))
        return found

    def find(self, texts: Sequence[str]) -> list[Found]:
        """Return the findings with their places in the original text."""
        return [self._placed(text) for text in texts]

    def _placed(self, text: str) -> Found:
        origin = [index for index, char in enumerate(text) for _ in char.translate(self.table)]
        found = self.spans(text.translate(self.table))
        return [(kind, origin[start], origin[end - 1] + 1) for kind, start, end in found]


if __name__ == "__main__":
    take_turns(Separate, [])
