"""What a scan comes to, counted once for report, evidence and page: rows, sources, risks, tiers, personal information."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from openbeian.rules.shapes import Threshold
from openbeian.screening.columns import CLASSIFIER, KEYWORD
from openbeian.screening.disguises import TIERS
from openbeian.screening.personal.kinds import KINDS, PersonalKind
from openbeian.screening.reporting.queue import Place
from openbeian.screening.reporting.shares import EDITION, Share, exceeds, source_limit
from openbeian.screening.running import FileResult, ScanResult, Tally

if TYPE_CHECKING:
    from openbeian.screening.keywords import Library

PERSONAL: Final = "personal"
SUBJECTS: Final = (KEYWORD, PERSONAL, CLASSIFIER)
EXACT, DERIVED, REVIEW = TIERS
SURE: Final = (EXACT, DERIVED)


@dataclass(frozen=True)
class Beside:
    """What a report says beside what was found.

    Attributes:
        human: what people found in a sample of the corpus: not qualified and looked at, by source, by file or by the digest of
            a file's content; what fits none of the corpus is said so.
        human_from: where that comes from, such as the digest of the review's record.
        edition: of the rules.
        command: what to enter to scan again.
        notes: on the keyword library, in Chinese.
        made_at: when the report is made; in the page only.
        service: the name of the service whose corpus it is; in the page only.
    """

    human: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    human_from: str = ""
    edition: str = EDITION
    command: str = ""
    notes: tuple[str, ...] = ()
    made_at: datetime | None = None
    service: str = ""


@dataclass(frozen=True)
class Rows:
    """What became of rows: `read` is always the sum of the others."""

    read: int
    kept: int
    blank: int
    rejected: Counter[str]

    @staticmethod
    def of(files: tuple[FileResult, ...]) -> Rows:
        """Add up the rows of files."""
        rejected = sum((file.rejected for file in files), Counter[str]())
        read, kept, blank = (sum(getattr(file, name) for file in files) for name in ("rows_in", "rows_given", "blank"))
        return Rows(read, kept, blank, rejected)

    @property
    def is_balanced(self) -> bool:
        """Whether every row has its place."""
        return self.read == self.kept + self.blank + sum(self.rejected.values())

    def as_json(self) -> dict[str, Any]:
        """Return the rows as plain JSON."""
        rejected = dict(sorted(self.rejected.items()))
        return {"read": self.read, "kept": self.kept, "blank": self.blank, "rejected": rejected}


@dataclass(frozen=True)
class Source:
    """A data source: what it holds, what was found in it, what people found in a sample of it."""

    name: str
    files: tuple[FileResult, ...]
    human: Share | None
    limit: Threshold
    has_harmful_words: bool = True  # of the library

    @cached_property
    def tally(self) -> Tally:
        """The counts of its files."""
        return Tally.total([file.tally for file in self.files])

    @cached_property
    def rows(self) -> Rows:
        """What became of its rows."""
        return Rows.of(self.files)

    @property
    def hits(self) -> Share | None:
        """Rows with a keyword (exact or derived) of a risk that counts, of those scanned; None when no word is of one."""
        return Share(self.tally.rows["harmful"], self.rows.kept) if self.has_harmful_words else None

    @property
    def deciding(self) -> Share:
        """The larger of what the keywords and what people found, a share of nothing when neither can tell."""
        shares = [share for share in (self.hits, self.human) if share is not None]
        return max(shares, key=lambda share: share.value or 0.0, default=Share(0, 0))

    @property
    def is_over(self) -> bool:
        """Whether the limit on a source is exceeded (T01)."""
        return exceeds(self.deciding, self.limit)

    def as_json(self) -> dict[str, Any]:
        """Return the source as plain JSON."""
        return {
            "source": self.name,
            "files": len(self.files),
            "bytes": sum(file.size for file in self.files),
            "rows": self.rows.as_json(),
            "rows_with": dict(sorted(self.tally.rows.items())),
            "illegal_harmful": None if self.hits is None else self.hits.as_json(),
            "human_sample": None if self.human is None else self.human.as_json(),
            "exceeds_limit": self.is_over,
        }


@dataclass(frozen=True)
class Figures:
    """The figures of a scan; `queue` are the first places of what a classifier flagged, the likeliest first."""

    result: ScanResult
    library: Library
    beside: Beside
    queue: tuple[Place, ...] = ()

    @cached_property
    def limit(self) -> Threshold:
        """The limit on the share of a source (T01)."""
        return source_limit(self.beside.edition)

    @cached_property
    def has_harmful_words(self) -> bool:
        """Whether the library has a word of a risk that counts; without one, keywords say nothing of a source's share."""
        return bool(self.library.counts.keys() & self.result.settings.harmful)

    @property
    def has_share(self) -> bool:
        """Whether the share of any source can be told, by keywords or by people."""
        return self.has_harmful_words or any(source.human for source in self.sources)

    @cached_property
    def rows(self) -> Rows:
        """What became of all rows."""
        return Rows.of(self.result.files)

    @cached_property
    def total(self) -> Tally:
        """The counts of all files."""
        return self.result.total

    @cached_property
    def _human(self) -> tuple[dict[str, Share], tuple[str, ...]]:
        places = {file.sha256: file.source for file in reversed(self.result.files)}
        places |= {file.name: file.source for file in self.result.files}
        places |= {file.source: file.source for file in self.result.files}
        found: dict[str, Share] = {}
        for key, (count, total) in self.beside.human.items():
            if key and key in places:
                found[places[key]] = found.get(places[key], Share(0, 0)) + Share(count, total)
        return found, tuple(key for key in self.beside.human if key not in places)

    @property
    def without_place(self) -> tuple[str, ...]:
        """What a human sample speaks of that is not in this corpus."""
        return self._human[1]

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """The sources, by name."""
        files: dict[str, list[FileResult]] = {}
        for file in self.result.files:
            files.setdefault(file.source, []).append(file)
        human, tells = self._human[0], self.has_harmful_words
        return tuple(Source(name, tuple(files[name]), human.get(name), self.limit, tells) for name in sorted(files))

    @property
    def over(self) -> tuple[Source, ...]:
        """The sources beyond the limit, the largest share first."""
        over = [source for source in self.sources if source.is_over]
        return tuple(sorted(over, key=lambda source: -(source.deciding.value or 0.0)))

    @cached_property
    def tiers(self) -> dict[str, Counter[str]]:
        """How many mentions of keywords, personal information and the classifier each tier has."""
        found = {tier: Counter[str]() for tier in TIERS}
        for (tier, kind, *_), count in self.total.mentions.items():
            found[tier][kind if kind in SUBJECTS else PERSONAL] += count
        return found

    def mentions(self, tally: Tally, *tiers: str) -> Counter[str]:
        """Return how many mentions of keywords in these tiers each second class has."""
        found = Counter[str]()
        for (tier, kind, _, _, class2, _), count in tally.mentions.items():
            if kind == KEYWORD and tier in tiers:
                found[class2] += count
        return found

    @cached_property
    def flagged(self) -> Counter[str]:
        """How many texts a classifier flagged, by their likeliest risk."""
        found = Counter[str]()
        for (_, kind, _, _, class2, _), count in self.total.mentions.items():
            if kind == CLASSIFIER:
                found[class2] += count
        return found

    @cached_property
    def vias(self) -> dict[str, Counter[str]]:
        """How disguises of keywords were undone: mentions by way and tier."""
        found: dict[str, Counter[str]] = {}
        for (tier, kind, via, *_), count in self.total.mentions.items():
            if kind == KEYWORD and tier != EXACT:
                found.setdefault(via, Counter())[tier] += count
        return found

    @cached_property
    def personal(self) -> dict[str, Counter[str]]:
        """Mentions of personal information by kind and tier, the most frequent kind first."""
        found: dict[str, Counter[str]] = {}
        for (tier, kind, *_), count in self.total.mentions.items():
            if kind not in {KEYWORD, CLASSIFIER}:
                found.setdefault(kind, Counter())[tier] += count
        order = {kind.value: place for place, kind in enumerate(KINDS)}
        return dict(sorted(found.items(), key=lambda item: (-item[1].total(), order[item[0]])))

    @property
    def personal_sure(self) -> int:
        """Mentions of personal information, found exactly or derived; the number of an organisation is none."""
        persons = [counts for kind, counts in self.personal.items() if not PersonalKind(kind).is_of_organisation]
        return sum(counts[tier] for counts in persons for tier in SURE)

    @property
    def faulty(self) -> tuple[FileResult, ...]:
        """The files that were not read to their end."""
        return tuple(file for file in self.result.files if file.faults)
