"""Short texts to train on, each with what it is for: our own greetings by occasion, Tang quatrains by title, or the user's own file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

from openbeian.manifest import Fault
from openbeian.studio.data.images import DataCard
from openbeian.studio.data.line_files import Row, read_rows, rows_of
from openbeian.studio.data.verse import bare, lines_of, punctuated

Kind = Literal["occasion", "title"]

FEWEST: Final = 50  # texts
SHORTEST: Final = 4  # characters of a text
LONGEST: Final = 80
LONGEST_CONDITION: Final = 20
HELD_OUT: Final = 0.1  # for validation, and as much again for the test
BUILT_IN: Final = {
    "greetings": ("节日与客户关怀祝福", "本项目自写", "Apache-2.0"),
    "quatrains": (
        "唐诗三百首中的四句（绝句全篇，律诗与古诗每四句一截）",
        "chinese-poetry 2.0.1",
        "原诗属公有领域；整理本为 MIT",
    ),
}


@dataclass(frozen=True)
class TextSet:
    """Texts and what each is for, in the same order.

    Attributes:
        texts: as they are shown; a quatrain is `甲，乙。丙，丁。`.
        conditions: an occasion or a title for each.
    """

    texts: tuple[str, ...]
    conditions: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class TextData:
    """Texts to train on, to choose by and to report on, and what is known about them.

    Attributes:
        train: what networks and counts learn from.
        validation: what training looks at to choose its weights.
        test: what nothing has looked at before the figures are taken.
        kind: whether conditions are a closed list of occasions or free titles.
        is_verse: whether texts are quatrains.
        alphabet: the characters of the training part in order of code points; for verse without punctuation, but with those of the titles.
        occasions: in order; empty for titles.
        card: digest, origin, licence.
    """

    train: TextSet
    validation: TextSet
    test: TextSet
    kind: Kind
    is_verse: bool
    alphabet: tuple[str, ...]
    occasions: tuple[str, ...]
    card: DataCard


def load_lines(source: str, *, kind: Kind, is_verse: bool) -> TextData:
    """Load texts by name or path.

    A part is held out by digests: of the text within its occasion, or of the title, so that stanzas of one poem stay on one side.

    Args:
        source: `greetings`, `quatrains`, or a file: jsonl, csv or txt; see `read_rows`.
        kind: what the condition is.
        is_verse: take four lines of five or seven characters; other texts are a mistake.

    Raises:
        Fault: `lines-*` with file and line.
    """
    name = Path(source).name
    rows, said = _rows(source)
    shape = _quatrain if is_verse else _short
    texts = [shape(row, source) for row in rows]
    conditions = [_condition(row, source, kind) for row in rows]
    kept, repeated = _distinct(texts)
    texts, conditions = [texts[row] for row in kept], [conditions[row] for row in kept]
    if len(texts) < FEWEST:
        raise Fault("lines-too-few", f"只有 {len(texts)} 条不同的文本，不足以训练", f"至少 {FEWEST} 条", file=source)
    places = _by_occasion(texts, conditions) if kind == "occasion" else _by_title(conditions)
    train, validation, test = (_part(texts, conditions, places, side) for side in ("train", "validation", "test"))
    title, origin, licence = said
    digest, size = _digest([train, validation, test])
    card = DataCard(
        name, title, origin, licence, digest, size, tuple(f"第 {rows[row].line} 行重复" for row in repeated)
    )
    occasions = tuple(sorted(set(conditions))) if kind == "occasion" else ()
    return TextData(train, validation, test, kind, is_verse, _alphabet(train, kind, is_verse), occasions, card)


def _rows(source: str) -> tuple[list[Row], tuple[str, str, str]]:
    if source in BUILT_IN:
        shipped = files("openbeian.studio.data").joinpath(f"{source}.jsonl").read_text(encoding="utf-8")
        return list(rows_of(shipped, ".jsonl", source)), BUILT_IN[source]
    return read_rows(Path(source).expanduser(), tuple(BUILT_IN)), (Path(source).name, "用户自备", "由用户负责")


def _short(row: Row, source: str) -> str:
    text = "".join(row.text.split())
    if not SHORTEST <= len(text) <= LONGEST:
        raise Fault(
            "lines-row",
            f"文本有 {len(text)} 个字",
            f"每条 {SHORTEST} 到 {LONGEST} 个字",
            file=source,
            line=row.line,
        )
    return text


def _quatrain(row: Row, source: str) -> str:
    lines = lines_of(row.text)
    if len(lines) != 4 or {len(line) for line in lines} not in ({5}, {7}):
        raise Fault(
            "lines-row",
            "不是五言或七言四句",
            "每首四句，每句五个字或七个字，句间用标点隔开",
            file=source,
            line=row.line,
        )
    return punctuated("".join(lines))


def _condition(row: Row, source: str, kind: Kind) -> str:
    condition = "".join(row.condition.split())
    if kind == "title":  # some are prefaces: what stands first says what the poem is about
        condition = condition[:LONGEST_CONDITION]
    if not 0 < len(condition) <= LONGEST_CONDITION:
        said = f"场合有 {len(condition)} 个字" if condition else "场合或题目是空的"
        raise Fault("lines-row", said, f"写 1 到 {LONGEST_CONDITION} 个字", file=source, line=row.line)
    return condition


def _distinct(texts: Sequence[str]) -> tuple[list[int], list[int]]:
    """Return the rows of each text's first appearance, and those that only repeat."""
    seen: set[str] = set()
    kept: list[int] = []
    repeated: list[int] = []
    for row, text in enumerate(texts):
        (repeated if text in seen else kept).append(row)
        seen.add(text)
    return kept, repeated


def _by_occasion(texts: Sequence[str], conditions: Sequence[str]) -> list[str]:
    """Return the side of each text: of every occasion the lowest digests are the test, the next the validation."""
    sides = ["train"] * len(texts)
    for occasion in set(conditions):
        rows = sorted(
            (row for row, said in enumerate(conditions) if said == occasion), key=lambda row: _hash(texts[row])
        )
        count = round(HELD_OUT * len(rows))
        for row in rows[:count]:
            sides[row] = "test"
        for row in rows[count : 2 * count]:
            sides[row] = "validation"
    return sides


def _by_title(titles: Iterable[str]) -> list[str]:
    def side(title: str) -> str:
        share = int(_hash(title)[:8], 16) / 2**32
        return "test" if share < HELD_OUT else "validation" if share < 2 * HELD_OUT else "train"

    return [side(title) for title in titles]


def _part(texts: Sequence[str], conditions: Sequence[str], sides: Sequence[str], side: str) -> TextSet:
    rows = [row for row, found in enumerate(sides) if found == side]
    if not rows:
        raise Fault("lines-too-few", "文本太少，分不出验证和测试部分", f"至少 {FEWEST} 条，场合或题目不要太集中")
    return TextSet(tuple(texts[row] for row in rows), tuple(conditions[row] for row in rows))


def _alphabet(train: TextSet, kind: Kind, is_verse: bool) -> tuple[str, ...]:  # noqa: FBT001 - a property of the data
    plain: Callable[[str], str] = bare if is_verse else str
    found = {character for text in train.texts for character in plain(text)}
    return tuple(sorted(found | ({c for title in train.conditions for c in title} if kind == "title" else set())))


def _digest(parts: Iterable[TextSet]) -> tuple[str, int]:
    """Return the digest over all parts in turn and the bytes of the texts."""
    digest, size = sha256(), 0
    for part in parts:
        for text, condition in zip(part.texts, part.conditions, strict=True):
            digest.update(f"{condition}\t{text}\n".encode())
            size += len(text.encode())
        digest.update(b"\n")
    return digest.hexdigest(), size


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
