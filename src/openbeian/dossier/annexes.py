"""The editable annexes: the keyword list (附件 4) and the question bank (附件 5) as workbooks.

Every cell is text, whatever it begins with: a word that looks like a formula must not run in the reader's office.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.styles.cell_style import StyleArray

from openbeian.dossier import zips
from openbeian.dossier.papers import visible
from openbeian.manifest import Fault
from openbeian.rules.packs import FormPack

_NOT_XML = "\ufffe\uffff"
_CONTENT_TYPES = "[Content_Types].xml"
_LONGEST_CELL = 32_767  # what a cell of the format can hold
_LONGEST_NAME = 28  # the format holds 31; the rest is for numbers that tell equal titles apart
_COMPUTED = ("=", "+", "-", "@", "\t")  # so begins what a program for tables would compute: marked as typed
_LONGEST_SHEET = 1_048_575  # rows below the head
_WIDTHS = {"序号": 8, "测试题": 60, "模型回答": 60, "关键词": 24}
_KEYWORDS, _QUESTIONS = 4, 5
_FILING, _REGISTRATION = "filing", "registration"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name and its rows, each as long as the annex has columns."""

    title: str
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Annex:
    """An editable annex; `number` is that of the form's pack, which also names it and its columns."""

    number: int
    sheets: tuple[Sheet, ...]


def keyword_annex(words: Iterable[tuple[str, str, str]]) -> Annex:
    """Return annex 4 from words with their first and second class."""
    return Annex(_KEYWORDS, (Sheet("拦截关键词", [list(row) for row in words]),))


def question_annex(banks: Iterable[tuple[str, Iterable[tuple[str, str, str, str, str]]]]) -> Annex:
    """Return annex 5 from banks by name: question, two classes, the model's answer, verdict; rows get numbers."""
    sheets = [Sheet(name, [[str(number), *row] for number, row in enumerate(rows, start=1)]) for name, rows in banks]
    return Annex(_QUESTIONS, tuple(sheets))


def file_name(annex: Annex, pack: FormPack, track: str = _FILING) -> str:
    """Return the name of the annex's file: 附件4-拦截关键词列表.xlsx."""
    return f"附件{annex.number}-{_declared(annex, pack, track)[0]}.xlsx"


def draw(annex: Annex, pack: FormPack, made_at: datetime, track: str = _FILING) -> bytes:
    """Return the annex as xlsx, the same bytes for the same rows.

    Raises:
        Fault: `annex-*` when the pack has no such annex, or a row or sheet does not fit.
    """
    title, columns = _declared(annex, pack, track)
    for sheet in annex.sheets:
        _check(sheet, columns)  # before the library opens a stream
    book = Workbook(write_only=True)
    for sheet in annex.sheets:
        _write(book, sheet, columns)
    book.properties.creator = "OpenBeian"
    book.properties.title = title
    book.properties.created = book.properties.modified = made_at.replace(tzinfo=None)
    out = io.BytesIO()
    book.save(out)
    return zips.pack(_without_clock(zips.unpack(out.getvalue()), made_at), first=_CONTENT_TYPES)


def _without_clock(members: dict[str, bytes], made_at: datetime) -> dict[str, bytes]:
    """The library writes the moment of saving over `modified`; put ours back."""
    name = "docProps/core.xml"
    text = members[name].decode()
    head, opening, rest = text.partition("<dcterms:modified")
    attributes, _, tail = rest.partition(">")
    _, closing, end = tail.partition("</dcterms:modified>")
    members[name] = f"{head}{opening}{attributes}>{made_at:%Y-%m-%dT%H:%M:%SZ}{closing}{end}".encode()
    return members


def _declared(annex: Annex, pack: FormPack, track: str) -> tuple[str, tuple[str, ...]]:
    """Return the name that the track gives an annex, and its columns, which only the full filing spells out."""
    for declared in pack.annexes:
        columns = declared.content.partition("列：")[2].split("；")[0].split("、")
        if declared.no == annex.number and columns != [""]:
            own = pack.registration_annexes if track == _REGISTRATION else pack.annexes
            return next(one.name for one in own if one.no == annex.number), tuple(columns)
    raise Fault("annex-unknown", f"规则包 {pack.id} 没有可编辑的附件 {annex.number}", "附件号以规则包为准")


def _check(sheet: Sheet, columns: Sequence[str]) -> None:
    if len(sheet.rows) > _LONGEST_SHEET:
        raise Fault("annex-too-long", f"表“{sheet.title}”超过 {_LONGEST_SHEET} 行", "请拆成几张表")
    for number, row in enumerate(sheet.rows, start=1):
        if len(row) != len(columns):
            said = f"表“{sheet.title}”第 {number} 行有 {len(row)} 列，应为 {len(columns)} 列"
            raise Fault("annex-row", said, "请补齐各列")


def _write(book: Workbook, sheet: Sheet, columns: Sequence[str]) -> None:
    page = book.create_sheet(_storable(re.sub(r"[\[\]:*?/\\\n]|^'|'$", "_", sheet.title))[:_LONGEST_NAME] or "表")
    for letter, column in zip("ABCDEFGHIJ", columns, strict=False):
        page.column_dimensions[letter].width = _WIDTHS.get(column, 20)
    page.freeze_panes = "A2"
    head, plain, typed = (_style(page, **how) for how in ({"is_head": True}, {}, {"is_typed": True}))
    page.append([_cell(page, column, head) for column in columns])
    for row in sheet.rows:
        page.append([_cell(page, text, typed if text.startswith(_COMPUTED) else plain) for text in row])


def _style(page: object, *, is_head: bool = False, is_typed: bool = False) -> StyleArray:
    """Return a style of the book, made once: to make it for every cell takes two thirds of the time."""
    cell = WriteOnlyCell(page)
    cell.quotePrefix = is_typed
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    if is_head:
        cell.font = Font(bold=True)
    return cell._style  # noqa: SLF001  # no public way to give a cell a style that the book knows


def _cell(page: object, text: str, style: StyleArray) -> WriteOnlyCell:
    """A cell of text: `data_type` s, so that no program computes it."""
    cell = WriteOnlyCell(page)
    cell.value = _storable(text)
    cell.data_type = "s"
    cell._style = style  # noqa: SLF001  # as above
    return cell


def _storable(text: str) -> str:
    """Leave out what the format cannot store (controls, halves of pairs); a text too long ends with a mark saying so."""
    kept = "".join(c for c in visible(text) if c == "\n" or not (c < " " or "\ud800" <= c <= "\udfff" or c in _NOT_XML))
    if len(kept) > _LONGEST_CELL:
        mark = "……（超长，已截断）"
        kept = kept[: _LONGEST_CELL - len(mark)] + mark
    return kept
