"""What a paper of the dossier is made of, before any file format.

The form and the report are lists of blocks; `pdf` and `word` each know how to draw a block. So both formats say the
same words, and a new paper needs no new template.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Literal
from unicodedata import category

from openbeian.dossier.fonts import CHARACTERS, unprintable
from openbeian.manifest import Fault

_SHORT_ROWS, _SHORT_CHARACTERS = 8, 500  # about a fifth of a page


class Tone(StrEnum):
    """How strongly a piece of text speaks."""

    PLAIN = "plain"
    STRONG = "strong"
    MUTED = "muted"
    CODE = "code"
    MISSING = "missing"
    TICKS = "ticks"


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of text in one tone; a line feed starts a new line."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled value. `path` is the dotted field of the manifest it came from, for faults."""

    label: str
    parts: tuple[Words, ...]
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `width` is its share of the free width, 0 = as wide as its words."""

    title: str
    width: int = 0
    align: Literal["left", "right", "center"] = "left"


@dataclass(frozen=True, slots=True)
class Proof:
    """The box with the verification code and its picture: as SVG, and as PNG (`raster`) where SVG is not understood."""

    code: str
    digest: str
    words: str
    picture: str
    raster: bytes
    alt: str
    kind: Literal["proof"] = "proof"


@dataclass(frozen=True, slots=True)
class Cover:
    """A first page of its own."""

    title: str
    rows: tuple[Row, ...]
    proof: Proof
    kind: Literal["cover"] = "cover"


@dataclass(frozen=True, slots=True)
class Title:
    """The title of a paper without a cover."""

    text: str
    kind: Literal["title"] = "title"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; it never stands alone at the foot of a page."""

    text: str
    level: Literal[1, 2] = 1
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str
    tone: Tone = Tone.PLAIN
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels on the left, values on the right."""

    rows: tuple[Row, ...]
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a head that is repeated on every page; a short one stays whole, so that no page ends in a few rows."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Words, ...], ...]
    caption: str = ""
    kind: Literal["table"] = "table"
    is_short: bool = field(init=False)

    def __post_init__(self) -> None:
        """Find out whether the table is short."""
        characters = sum(len(words.text) for row in self.rows for words in row)
        object.__setattr__(self, "is_short", len(self.rows) <= _SHORT_ROWS and characters <= _SHORT_CHARACTERS)


@dataclass(frozen=True, slots=True)
class Signatures:
    """Places to sign side by side, each with a line for the date."""

    people: tuple[str, ...]
    kind: Literal["signatures"] = "signatures"


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows begins on a page of its own."""

    kind: Literal["new_page"] = "new_page"


Block = NewPage | Cover | Title | Heading | Paragraph | Facts | Table | Signatures | Proof


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper: `name` is the stem of its files; `inputs` are the dossier's inputs, which travel inside every file."""

    name: str
    title: str
    organisation: str
    running_head: str
    imprint: str
    code: str
    made_at: datetime
    inputs: str
    blocks: tuple[Block, ...]

    @property
    def has_cover(self) -> bool:
        """Whether the first page is a cover, which carries no running head."""
        return any(isinstance(block, Cover) for block in self.blocks)


_SPACES = " \u00a0\u3000"


def visible(text: str) -> str:
    """Return the text without what nobody sees (direction marks, joiners, selectors); odd spaces become plain."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join(map(_seen, text))


@lru_cache(CHARACTERS)
def _seen(character: str) -> str:
    """Return what is seen of a character."""
    kind = category(character)
    if kind == "Cf" or "\ufe00" <= character <= "\ufe0f":
        return ""
    return " " if character == "\t" or (kind == "Zs" and character not in _SPACES) else character


def check_printable(paper: Paper) -> None:
    """Make sure that every character of the paper can be printed.

    Raises:
        Fault: `dossier-unprintable`, naming the character, the paper and the field.
    """
    for place, path, text in _texts(paper):
        character = unprintable(visible(text))
        if character is not None:
            shown = "" if category(character).startswith("C") else f"「{character}」"
            title = paper.title.replace("\n", "")
            raise Fault(
                code="dossier-unprintable",
                message=f"《{title}》的“{place}”有字库中没有的字符{shown}（U+{ord(character):04X}），打印不出",
                remedy="请改用字库中有的字；人名、地名的生僻字可先写组字说明（如“左木右一”），打印后手写原字",
                path=path,
            )


Placed = tuple[str, str | None, str]
"""Where a text stands, its field in the manifest when it has one, and the text."""


def _texts(paper: Paper) -> Iterator[Placed]:
    yield "单位全称", "basic.org_name", paper.organisation
    yield "页眉", "service.name", paper.running_head
    for block in paper.blocks:
        match block:
            case Cover() | Facts():
                yield from ((row.label, row.path, part.text) for row in block.rows for part in row.parts)
            case Table():
                yield from _table_texts(block)
            case Signatures():
                yield from (("签字", None, person) for person in block.people)
            case Title() | Heading() | Paragraph():
                yield "正文", None, block.text
            case Proof() | NewPage():
                pass  # our own words


def _table_texts(table: Table) -> Iterator[Placed]:
    for row in table.rows:
        for column, cell in zip(table.columns, row, strict=True):
            yield f"{table.caption}　{row[0].text}　{column.title}".strip(), None, cell.text
