"""Spreadsheets that strangers wrote, and spreadsheets for strangers: cells are text, nothing is ever computed or run."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from openbeian.manifest import Fault, reason_of

if TYPE_CHECKING:
    from openpyxl.cell import WriteOnlyCell

LONGEST_CELL: Final = 32_767  # characters a cell of the format can hold
LARGEST_FILE: Final = 64 * 2**20
LARGEST_UNPACKED: Final = 512 * 2**20
_CUT = "……（超长，已截断）"
_WHOLE_DIGITS: Final = 10**15  # spreadsheets keep 15 digits of a number and write zeros for the others
_BY_ITS_DIGITS: Final = re.compile(r"(?:General|@|#*(0*))(?:_.|\s)*(?:;.*)?")  # formats of whole numbers
_COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")  # what holds an encrypted xlsx, and the old xls
_SAVE_AS = "用表格软件另存为 xlsx"
T = TypeVar("T")


def read_sheets(path: Path) -> Iterator[tuple[str, Iterator[tuple[int, list[str]]]]]:
    """Yield the visible sheets of a workbook: title, and rows of text with their numbers from 1; empty rows are left out.

    A formula is the text that stands in the cell. Each sheet's rows are to be read before the next sheet is asked for.

    Raises:
        Fault: `sheet-unreadable`, `sheet-locked` for one with a password, `sheet-macro`, `sheet-too-large`.
    """
    for page in _pages(path):
        yield page.title, _texts(page, path)


def read_cells(path: Path) -> Iterator[tuple[str, Iterator[tuple[int, list[str], dict[int, str]]]]]:
    """Yield what `read_sheets` does and, by column from 0, what each cell holds in place of the text that was typed.

    Typed into a cell that is not formatted as text, `5-1` becomes a date and `1e5` 100000. Raises as `read_sheets`.
    """
    for page in _pages(path):
        yield page.title, _texts_and_kinds(page, path)


def read_sheet(path: Path, title: str) -> list[tuple[int, list[str]]]:
    """Return the rows of one sheet by its title; none when there is no such sheet. Raises as `read_sheets`."""
    return next((list(rows) for name, rows in read_sheets(path) if name == title), [])


def _pages(path: Path) -> Iterator[Any]:
    import openpyxl

    check_workbook(path)
    with path.open("rb") as file:  # the library leaves a file open that it cannot read
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
        except Exception as error:  # openpyxl lets the errors of zip, XML and its own parsing through
            raise _fault("sheet-unreadable", path, "不是能打开的 xlsx 文件", _SAVE_AS) from error
        try:
            yield from (page for page in book.worksheets if page.sheet_state == "visible")
        finally:
            book.close()


def _rows(page: Any, path: Path, rows: Iterator[T]) -> Iterator[tuple[int, T]]:
    for number in count(1):
        try:
            row = next(rows)
        except StopIteration:
            return
        except Exception as error:  # as above: the XML is parsed row by row
            raise _fault("sheet-unreadable", path, f"表“{page.title}”的内容损坏", _SAVE_AS) from error
        yield number, row


def _texts(page: Any, path: Path) -> Iterator[tuple[int, list[str]]]:
    rows = ([cell_text(value) for value in values] for values in page.iter_rows(values_only=True))
    for number, texts in _rows(page, path, rows):
        if any(texts):
            yield number, texts


def _texts_and_kinds(page: Any, path: Path) -> Iterator[tuple[int, list[str], dict[int, str]]]:
    rows = (([cell_text(cell.value) for cell in cells], _kinds(cells)) for cells in page.iter_rows())
    for number, (texts, kinds) in _rows(page, path, rows):
        if any(texts):
            yield number, texts, kinds


def _kinds(cells: Sequence[Any]) -> dict[int, str]:
    return {index: kind for index, cell in enumerate(cells) if (kind := _kind(cell))}


def _kind(cell: Any) -> str:
    """Return what a cell holds that is neither text nor a whole number shown by its digits; empty for those."""
    value, kind = cell.value, cell.data_type
    if kind == "d":
        return _kind_of_moment(value)
    if kind == "b":
        return f"是非值 {str(value).upper()}"
    if kind == "e":
        return f"错误值 {value}"
    return _kind_of_number(value, cell.number_format) if isinstance(value, int | float) else ""


def _kind_of_moment(value: date | time | timedelta) -> str:
    if isinstance(value, timedelta):
        return "时长"
    is_time = isinstance(value, time) or (isinstance(value, datetime) and value.time() != time())
    return f"时间 {value}" if is_time else f"日期 {value:%Y-%m-%d}"


def _kind_of_number(value: float, number_format: str) -> str:
    if isinstance(value, float) and not value.is_integer():
        return f"小数 {value}"
    if abs(value) >= _WHOLE_DIGITS:
        return "超过 15 位的数"
    digits = str(abs(int(value)))
    shown = _BY_ITS_DIGITS.fullmatch(number_format.replace("#,##", "") if len(digits) <= 3 else number_format)
    return "" if shown and len(shown[1] or "") <= len(digits) else f"按“{number_format}”显示的数 {int(value)}"


def cell_text(value: object) -> str:
    """Return a cell's value as the text a person sees; whole numbers without a decimal point."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(getattr(value, "text", value)).strip()


def check_workbook(path: Path) -> None:
    """Refuse what must not be opened: a password, macros, a file that unpacks to more than memory holds.

    Raises:
        Fault: as `read_sheets`.
    """
    try:
        with path.open("rb") as file:
            head = file.read(len(_COMPOUND_FILE))
        size = path.stat().st_size
    except OSError as error:
        raise _fault("sheet-unreadable", path, f"打不开文件：{reason_of(error)}", "检查路径和权限") from error
    if head == _COMPOUND_FILE:
        raise _fault("sheet-locked", path, "文件有密码保护，或是旧的 xls 格式", "去掉密码，另存为 xlsx 后再试")
    if size > LARGEST_FILE:
        raise _fault("sheet-too-large", path, f"文件有 {size} 字节，超过上限", "拆分文件")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _fault("sheet-unreadable", path, "不是能打开的 xlsx 文件", _SAVE_AS) from error
    if any(member.filename.lower().endswith("vbaproject.bin") for member in members):
        raise _fault("sheet-macro", path, "文件带有宏，不予打开", "另存为不带宏的 xlsx")
    if sum(member.file_size for member in members) > LARGEST_UNPACKED:
        raise _fault("sheet-too-large", path, "xlsx 解开后超过上限", "拆分文件")


def text_cell(page: Any, text: str, *, is_head: bool = False) -> WriteOnlyCell:
    """Return a cell of text, marked as typed text so that no program computes it; `page` is a write-only sheet."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    cell = WriteOnlyCell(page)
    cell.value = storable(text)
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(("=", "+", "-", "@", "\t"))
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    if is_head:
        cell.font = Font(bold=True)
    return cell


def storable(text: str) -> str:
    """Return the text without control characters, which the format cannot store; one too long says that it was cut."""
    kept = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"})
    kept = "".join(c for c in kept if c not in "\ufffe\uffff")
    return kept if len(kept) <= LONGEST_CELL else kept[: LONGEST_CELL - len(_CUT)] + _CUT


def _fault(code: str, path: Path, message: str, remedy: str) -> Fault:
    return Fault(code, message, remedy, file=str(path))
