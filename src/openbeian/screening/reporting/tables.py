"""The tables of the page: sources, risks by source, tiers, personal information, files that say something, samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from openbeian.rules import risk_pack
from openbeian.screening.columns import CLASSIFIER, KEYWORD
from openbeian.screening.disguises import TIERS
from openbeian.screening.personal.kinds import PersonalKind
from openbeian.screening.reporting import words
from openbeian.screening.reporting.figures import EXACT, SUBJECTS, SURE, Figures, Source
from openbeian.screening.reporting.report import faults_json
from openbeian.screening.running import FileResult, Tally

LINES: Final = 50  # of a table; the report for programs has them all
OPEN: Final = 12  # of them stand open
COLUMNS: Final = 5  # sources beside one another
_PLAIN: Final = frozenset({"", "utf-8", "ascii"})
T = TypeVar("T")


@dataclass(frozen=True)
class Cut(Generic[T]):
    """The first lines of a table, and how many more there are."""

    lines: Sequence[T]
    more: int

    @property
    def first(self) -> Sequence[T]:
        """Those that stand open."""
        return self.lines[:OPEN]

    @property
    def rest(self) -> Sequence[T]:
        """Those that open at a touch."""
        return self.lines[OPEN:]


def cut(lines: Sequence[T]) -> Cut[T]:
    """Return the first lines."""
    return Cut(lines[:LINES], max(0, len(lines) - LINES))


def source_table(figures: Figures) -> Cut[Source]:
    """Return the sources, those beyond the limit and those with the larger share first."""
    order = sorted(figures.sources, key=lambda each: (not each.is_over, -(each.deciding.value or 0.0), each.name))
    return cut(order)


@dataclass(frozen=True)
class RiskTable:
    """Mentions of keywords by group of risks and source; the last column is what the others do not show and all together."""

    columns: tuple[str, ...]
    lines: tuple[tuple[str, tuple[int, ...], int], ...]
    total: tuple[str, tuple[int, ...], int]


def risk_table(figures: Figures) -> RiskTable | None:
    """Return the table of risks and sources; None where there is no keyword."""
    by_source = {source.name: _groups(figures, source.tally) for source in figures.sources}
    found = [name for name in by_source if by_source[name]]
    if not found:
        return None
    names = sorted(found, key=lambda name: (-by_source[name].total(), name))
    shown = names if len(names) <= COLUMNS + 1 else names[:COLUMNS]
    columns = [(name, by_source[name]) for name in shown]
    if rest := names[len(shown) :]:
        columns.append((f"其余 {len(rest)} 个来源", sum((by_source[name] for name in rest), Counter[str]())))
    total = _groups(figures, figures.total)
    labels = {group.code: f"{group.code}　{group.name_zh}" for group in risk_pack().groups} | {"": words.OWN}
    lines = tuple(
        (label, tuple(counts[code] for _, counts in columns), total[code])
        for code, label in labels.items()
        if total[code] or code
    )
    sums = tuple(counts.total() for _, counts in columns)
    return RiskTable(tuple(name for name, _ in columns), lines, ("合计", sums, total.total()))


def _groups(figures: Figures, tally: Tally) -> Counter[str]:
    groups = {risk.code: risk.group for risk in risk_pack().risks}
    found = Counter[str]()
    for name, count in figures.mentions(tally, *SURE).items():
        found[groups.get(name, "")] += count
    return found


def tier_rows(figures: Figures) -> Iterator[tuple[str, str, str, tuple[int, ...], int]]:
    """Yield each tier: its key, word, meaning, mentions of each subject, and all of them."""
    for tier in TIERS:
        counts = figures.tiers[tier]
        meaning = words.TIER_MEANINGS[tier]
        yield tier, words.TIER_WORDS[tier], meaning, tuple(counts[name] for name in SUBJECTS), counts.total()


def via_rows(figures: Figures) -> Iterator[tuple[str, int, int]]:
    """Yield how disguises were undone: the word, derived mentions, mentions to be looked at."""
    for via, counts in sorted(figures.vias.items(), key=lambda item: (-item[1].total(), item[0])):
        yield words.via_word(via), counts["derived"], counts["review"]


def personal_rows(figures: Figures) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """Yield each kind of personal information that was found: the word, mentions by tier, on what basis."""
    for kind, counts in figures.personal.items():
        yield words.kind_word(kind), tuple(counts[tier] for tier in TIERS), words.BASES[PersonalKind(kind)]


def fault_rows(figures: Figures) -> Iterator[dict[str, str]]:
    """Yield what kept a file from being read, where, and what to do."""
    for file in figures.faulty:
        for fault in faults_json((file,)):
            given = f"放弃 {words.size_words(file.bytes_rejected)}（共 {words.size_words(file.size)}）"
            yield {"place": "", **fault, "given": given}


def reading_rows(figures: Figures) -> Iterator[tuple[str, str]]:
    """Yield each file of whose reading there is something to say."""
    for file in figures.result.files:
        if said := list(_said(file)):
            yield file.name, words.safe("；".join(said))


def _said(file: FileResult) -> Iterator[str]:
    if file.encoding.lower() not in _PLAIN:
        yield f"编码 {file.encoding}"
    if file.broken_bytes:
        yield f"{file.broken_bytes:,} 个字节不成字，读作 �"
    if file.unread:
        yield f"没有读的字段：{'、'.join(file.unread[:8])}{' 等' if len(file.unread) > 8 else ''}"
    if file.rejections:
        yield "剔除的行：" + "、".join(f"第 {each['row']} 行（{each['reason']}）" for each in file.rejections[:3])
    yield from file.notes


@dataclass(frozen=True)
class Shown:
    """A masked sample."""

    file: str
    row: int
    span: str
    source: str
    what: str
    tier: str
    tier_word: str
    how: str
    before: str
    masked: str
    after: str


def sample_row(sample: Mapping[str, Any]) -> Shown:
    """Return a sample with its words; what a classifier flagged is the whole text, of which nothing is shown."""
    is_whole = sample["kind"] == CLASSIFIER
    what = (
        words.class_word(sample["class2"] or sample["class1"])
        if sample["kind"] == KEYWORD
        else words.kind_word(sample["kind"])
    )
    return Shown(
        file=sample["file"],
        row=sample["row"],
        span=f"[{sample['start']}, {sample['end']})",
        source=sample["source"],
        what=what,
        tier=sample["tier"],
        tier_word=words.TIER_WORDS[sample["tier"]],
        how="" if sample["via"] == "plain" or sample["tier"] == EXACT else words.via_word(sample["via"]),
        before="" if is_whole else sample["before"],
        masked="整段" if is_whole else sample["masked"],
        after="" if is_whole else sample["after"],
    )
