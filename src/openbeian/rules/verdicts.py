"""What the findings engine takes and gives: figures, evidence as it sees it, verdicts, findings."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter

from openbeian.rules.shapes import Level

DECIMAL = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")


class Verdict(StrEnum):
    """The three verdicts of a clause (TC260-003, 9.1 b)."""

    CONFORMS = "符合"
    FAILS = "不符合"
    NOT_APPLICABLE = "不适用"


@dataclass(frozen=True, slots=True)
class MetricValue:
    """One measured figure. `passed` of `total` when it is a count or a rate; `low`, `high`: its 95 % interval.

    `subject` says what it is about when there are many (a risk code, an aspect, a source); `decimal` is the exact text.

    Raises:
        ValueError: for what no measurement gives: not finite, more passed than there were, a text that is no decimal.
    """

    name: str
    value: float
    unit: str = ""
    passed: int | None = None
    total: int | None = None
    low: float | None = None
    high: float | None = None
    subject: str | None = None
    decimal: str | None = None

    def __post_init__(self) -> None:
        """Refuse a figure that a forged or damaged record may carry and no measurement gives."""
        numbers = (number for number in (self.value, self.low, self.high) if number is not None)
        counts = (count for count in (self.passed, self.total) if count is not None)
        if not all(map(math.isfinite, numbers)) or any(count < 0 for count in counts):
            raise ValueError(f"{self.name}: not a finite figure, or a negative count")
        if self.passed is not None and self.total is not None and self.passed > self.total:
            raise ValueError(f"{self.name}: {self.passed} of {self.total}")
        if self.decimal is not None and not DECIMAL.fullmatch(self.decimal):
            raise ValueError(f"{self.name}: {self.decimal!r} is no decimal")

    @property
    def amount(self) -> Decimal:
        """The figure as an exact decimal: the text it was given in, else the shortest that reads back."""
        return Decimal(self.decimal if self.decimal is not None else repr(self.value))

    @property
    def exact(self) -> Fraction:
        """The figure as an exact fraction: what passed of all where there are such, else the amount."""
        if self.passed is not None and self.total:
            return Fraction(self.passed, self.total)
        return Fraction(self.amount)


@dataclass(frozen=True, slots=True)
class Subject:
    """A file that evidence speaks of, by its hash."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """What the engine sees of one evidence record.

    `valid_until` is the last instant at which it counts (None: no end); `supersedes` are the digests it takes the place
    of. Views without `made_at` stand before all others, in the order they are given in. `inputs` are what it was made
    from. `about` are the clauses it tells of without speaking for them: a person's word that one is not met or does not
    apply, and the proof of that.
    """

    digest: str
    kind: str
    title: str
    clauses: tuple[str, ...] = ()
    metrics: tuple[MetricValue, ...] = ()
    model_sha256: str | None = None
    made_at: datetime | None = None
    valid_until: datetime | None = None
    supersedes: tuple[str, ...] = ()
    subjects: tuple[Subject, ...] = ()
    inputs: tuple[Subject, ...] = ()
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one clause. `is_warning`: only 宜 (should) is not met. `missing` names what would settle it.

    `plan` is what is done about an admitted 不符合: measures taken, the plan with person and day, or an equivalent measure.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    clause: str
    topic: str
    requirement: str
    level: Level
    verdict: Verdict
    reason: str
    evidence: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    plan: str | None = None
    to_check: bool = True
    is_warning: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain JSON."""
        listed = {"evidence": list(self.evidence), "missing": list(self.missing)}
        return {**asdict(self), **listed, "verdict": self.verdict.value}

    @staticmethod
    def from_json(data: Mapping[str, object]) -> Finding:
        """Read a finding back.

        Raises:
            ValueError: when a key is unknown or missing, or a value has another type.
        """
        return _FINDING.validate_python(dict(data))


_FINDING = TypeAdapter(Finding)
