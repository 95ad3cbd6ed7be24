"""Presidio's analyzer with an empty Chinese pipeline of spaCy: no model, nothing to download.

| variant | recognisers |
|---|---|
| patterns | the shapes of `patterns.py` with their checksums |
| own | those that Presidio brings for any language: telephone, e-mail, addresses of the net, dates ... |
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import spacy
from patterns import CHECKS, PATTERNS
from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from turns import Found, take_turns

NAMES = {"EMAIL_ADDRESS": "email", "CREDIT_CARD": "bank_card"}
"""What Presidio calls a kind; its telephone numbers are of two kinds here."""


class BlankChinese(SpacyNlpEngine):
    """spaCy without a model: tokens only."""

    def __init__(self) -> None:
        super().__init__()
        self.nlp = {"zh": spacy.blank("zh")}

    def load(self) -> None:
        """Need nothing."""

    def is_loaded(self) -> bool:
        """Be ready."""
        return True


class Shape(PatternRecognizer):
    """One kind by its pattern, with its checksum."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            supported_entity=kind.upper(),
            name=kind,
            patterns=[Pattern(kind, PATTERNS[kind], 0.6)],
            supported_language="zh",
            global_regex_flags=0,
        )
        self.check = CHECKS.get(kind)

    def validate_result(self, pattern_text: str) -> bool | None:
        """Say whether the checksum is right; nothing where there is none."""
        return self.check(pattern_text) if self.check else None


class Analyzer:
    """Presidio as its guide sets it up."""

    def __init__(self, given: argparse.Namespace) -> None:
        registry = RecognizerRegistry(supported_languages=["zh"])
        if given.variant == "own":
            registry.load_predefined_recognizers(languages=["zh"])
        for kind in PATTERNS if given.variant == "patterns" else ():
            registry.add_recognizer(Shape(kind))
        self.engine = AnalyzerEngine(registry=registry, nlp_engine=BlankChinese(), supported_languages=["zh"])

    def scan(self, texts: Sequence[str]) -> int:
        """Return the number of findings."""
        return sum(len(self.engine.analyze(text=text, language="zh")) for text in texts)

    def find(self, texts: Sequence[str]) -> list[Found]:
        """Return the findings."""
        return [self._found(text) for text in texts]

    def _found(self, text: str) -> Found:
        results = self.engine.analyze(text=text, language="zh")
        return [(_kind(one.entity_type, text[one.start]), one.start, one.end) for one in results]


def _kind(name: str, first: str) -> str:
    if name == "PHONE_NUMBER":
        return "landline" if first == "0" else "mobile"
    return NAMES.get(name, name.lower())


if __name__ == "__main__":
    take_turns(Analyzer, ["presidio-analyzer", "spacy"])
