"""`str.translate` and ahocorasick_rs, document by document, matches of the folded text counted."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import ahocorasick_rs
from turns import take_turns, words


class Counted:
    """Counts the matches."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.table = given.table
        self.automaton = ahocorasick_rs.AhoCorasick(words(given))

    def scan(self, texts: Sequence[str]) -> int:
        """Return the number of matches."""
        find, table = self.automaton.find_matches_as_indexes, self.table
        return sum(len(find(text.translate(table), overlapping=True)) for text in texts)


if __name__ == "__main__":
    take_turns(Counted, ["ahocorasick_rs"])
