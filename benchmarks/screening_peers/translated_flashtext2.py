"""`str.translate` and flashtext2, document by document: of overlapping matches it gives the leftmost, longest one."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import flashtext2
from turns import take_turns, words


class Counted:
    """Counts the matches."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.table = given.table
        self.processor = flashtext2.KeywordProcessor(case_sensitive=True)
        self.processor.add_keywords_from_iter(words(given))

    def scan(self, texts: Sequence[str]) -> int:
        """Return the number of matches."""
        find, table = self.processor.extract_keywords_with_span, self.table
        return sum(len(find(text.translate(table))) for text in texts)


if __name__ == "__main__":
    take_turns(Counted, ["flashtext2"])
