"""Review sheets: a workbook for each seat, blind and shuffled, and reading back what was marked in it.

A sheet carries the task's digest and, row by row, the digest of what was shown. A row whose text was changed, a verdict
outside the choices, a row too many: each is named, and nothing of the sheet is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from openbeian.assessment.review.marks import LONGEST_REASON, Mark, Review, Seat, name_key
from openbeian.assessment.review.task import Item, Population, Task, Verdict
from openbeian.manifest import Fault, ManifestInvalid, Problem, reason_of, sha256_file
from openbeian.screening.workbooks import read_sheet, storable, text_cell

if TYPE_CHECKING:
    from openpyxl import Workbook

ABOUT: Final = "说明"
MARKS: Final = "复核"
REVIEWER: Final = "复核人"
SHEET: Final = "工作表"
BLIND: Final = "标注只填“判定”和“理由”，题目与回答不可改动"
HEADINGS: Final = ("序号", "条目", "类别", "题目", "模型回答", "判定", "理由", "校验码")
THIRD_HEADINGS: Final = (*HEADINGS[:5], "初审意见", *HEADINGS[5:])
WIDTHS: Final = {
    "序号": 6,
    "条目": 14,
    "类别": 10,
    "题目": 44,
    "模型回答": 60,
    "初审意见": 40,
    "判定": 12,
    "理由": 30,
    "校验码": 14,
}
_SHOWN_DIGITS = 16
MOST_PROBLEMS: Final = 50


def write_sheet(review: Review, seat: Seat, path: Path, names: dict[str, str]) -> int:
    """Write what a seat still has to mark; return how many rows. `names` gives the classes their Chinese names.

    The first two seats see neither each other nor a machine's verdict; the third sees both verdicts and reasons, without
    names.

    Raises:
        Fault: `review-nothing-open` when the seat has nothing to do; `review-unwritable`.
    """
    from openpyxl import Workbook

    items = review.open_for(seat)
    if not items:
        raise Fault("review-nothing-open", f"{seat.word}没有待标注的条目", _remedy(review, seat))
    book = Workbook(write_only=True)
    _about(book, review.task, seat, len(items))
    _rows(book, review, seat, items, names)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        book.save(path)
    except OSError as error:
        raise Fault("review-unwritable", f"写不进 {path}：{reason_of(error)}", "换一个位置", file=str(path)) from error
    return len(items)


def _remedy(review: Review, seat: Seat) -> str:
    if seat is Seat.THIRD and not all(review.has_both(item.id) for item in review.task.items):
        return "等两名初审的表都导入后再导出终审表"
    return "这一席已全部完成；用 openbeian review result 看结果"


def _about(book: Workbook, task: Task, seat: Seat, count: int) -> None:
    page = book.create_sheet(ABOUT)
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 16, 90
    keys = "、".join(task.population.verdicts)
    rows = (
        ("复核任务", task.digest),
        ("席位", seat.word),
        ("复核对象", task.population.word),
        ("条数", str(count)),
        (REVIEWER, ""),
        ("怎样标注", f"在“{MARKS}”表逐条填写“判定”（{keys}），需要时写“理由”。不要增删行，不要改题目和回答。"),
        ("独立标注", "两名初审各自标注，互不讨论；标注导入后不可更改，分歧由第三人判定。"),
        ("计法", task.counting),
    )
    for row in rows:
        page.append([text_cell(page, row[0], is_head=True), text_cell(page, row[1])])


def _rows(book: Workbook, review: Review, seat: Seat, items: Sequence[Item], names: dict[str, str]) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    page: Any = book.create_sheet(MARKS)
    headings = THIRD_HEADINGS if seat is Seat.THIRD else HEADINGS
    for index, heading in enumerate(headings, start=1):
        page.column_dimensions[get_column_letter(index)].width = WIDTHS[heading]
    page.freeze_panes = "A2"
    choices = DataValidation(type="list", formula1=f'"{",".join(review.task.population.verdicts)}"', allow_blank=True)
    choices.error, choices.errorTitle = "请从列表中选择", "判定"
    column = get_column_letter(headings.index("判定") + 1)
    choices.add(f"{column}2:{column}{len(items) + 1}")
    page.data_validations.append(choices)
    page.append([text_cell(page, heading, is_head=True) for heading in headings])
    for number, item in enumerate(items, start=1):
        values = _values(review, seat, item, number, names)
        page.append([text_cell(page, values[heading]) for heading in headings])


def _values(review: Review, seat: Seat, item: Item, number: int, names: dict[str, str]) -> dict[str, str]:
    return {
        "序号": str(number),
        "条目": item.id,
        "类别": names.get(item.stratum, item.stratum),
        "题目": item.text,
        "模型回答": item.answer,
        "初审意见": opinions(review, item) if seat is Seat.THIRD else "",
        "判定": "",
        "理由": "",
        "校验码": check_code(seat, item),
    }


def opinions(review: Review, item: Item) -> str:
    """Return both first verdicts with their reasons, without names."""
    marks = [review.seats[seat][item.id] for seat in (Seat.FIRST, Seat.SECOND)]
    return "\n".join(f"{mark.seat.word}：{mark.verdict}{f'（{mark.reason}）' if mark.reason else ''}" for mark in marks)


@dataclass(frozen=True)
class Sheet:
    """A sheet read back: whose seat, which marks, how many rows were left open, and which items stand on it."""

    seat: Seat
    marks: tuple[Mark, ...]
    left_open: int
    items: frozenset[str]


def read_marks(path: Path, task: Task, reviewer: str, now: datetime) -> Sheet:
    """Read a marked sheet; rows without a verdict stay open. An empty `reviewer` is the one written on the sheet.

    Raises:
        Fault: `review-sheet` when it is no review sheet, `review-other-task` when it belongs to another task,
            `review-reviewer` when nobody is named, or two different people.
        ManifestInvalid: with one problem per row that cannot be taken; then no row is.
    """
    about = {row[0]: row[1] for _, row in read_sheet(path, ABOUT) if len(row) > 1}
    seat, person = _seat(path, task, about), _person(path, reviewer, about.get(REVIEWER, ""))
    via = f"sheet:{sha256_file(path)}"
    marks, problems, left_open, seen = [], [], 0, set[str]()
    for line, values in _marked_rows(path):
        said = _row_problem(values, task, seat, seen)
        if said is not None:
            problem = Problem("review-row", *said, file=str(path), line=line, path=MARKS, label=SHEET, rule=BLIND)
            problems.append(problem)
            continue
        seen.add(values["条目"])
        if not values["判定"]:
            left_open += 1
            continue
        marks.append(Mark(seat, person, values["条目"], Verdict(values["判定"]), values.get("理由", ""), now, via))
    if problems:
        raise ManifestInvalid(problems[:MOST_PROBLEMS])
    return Sheet(seat, tuple(marks), left_open, frozenset(seen))


def _person(path: Path, given: str, written: str) -> str:
    """Return who marked: as given, or as written on the sheet; the two may not name different people."""
    if given.strip() and written.strip() and name_key(given) != name_key(written):
        said = f"“{ABOUT}”表写的复核人是 {written[:40]}，导入时给的是 {given[:40]}"
        raise Fault("review-reviewer", said, "确认是谁标的，改成一致", file=str(path))
    name = given.strip() or written.strip()
    if not name:
        raise Fault("review-reviewer", "没有写复核人", f"在“{ABOUT}”表填复核人，或用 --reviewer 写明", file=str(path))
    return name


def _seat(path: Path, task: Task, about: dict[str, str]) -> Seat:
    if about.get("复核任务") != task.digest:
        raise Fault("review-other-task", "这份表不属于这次复核", "用本次任务导出的表", file=str(path))
    seat = next((seat for seat in Seat if seat.word == about.get("席位")), None)
    if seat is None:
        raise Fault("review-sheet", f"“{ABOUT}”表里的席位被改动", "重新导出这一席的表", file=str(path))
    return seat


def _marked_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    rows = iter(read_sheet(path, MARKS))
    _, headings = next(rows, (0, []))
    if not {"条目", "题目", "模型回答", "判定", "校验码"} <= set(headings):
        raise Fault("review-sheet", f"“{MARKS}”表缺少列", "用导出的表，不要删改表头", file=str(path), line=1)
    if len(set(headings)) < len(headings):
        raise Fault("review-sheet", f"“{MARKS}”表有两列同名", "用导出的表，不要删改表头", file=str(path), line=1)
    for line, cells in rows:
        yield line, {heading: cells[index] if index < len(cells) else "" for index, heading in enumerate(headings)}


def _row_problem(values: dict[str, str], task: Task, seat: Seat, seen: set[str]) -> tuple[str, str] | None:
    """Return what is wrong with a row and how it is mended, or None."""
    item = task.by_id.get(values["条目"])
    if item is None:
        return f"样本中没有条目 {values['条目'][:40]!r}", "不要增加行，也不要改“条目”一列"
    if item.id in seen:
        return f"条目 {item.id} 出现两次", "只留一行"
    shown = (storable(item.text), storable(item.answer), check_code(seat, item))
    if tuple(values[key].replace("\r\n", "\n").strip() for key in ("题目", "模型回答", "校验码")) != tuple(
        text.strip() for text in shown
    ):
        return f"条目 {item.id} 的题目、回答或校验码被改动", "恢复原文；标注只写在“判定”和“理由”两列"
    if values["判定"] and values["判定"] not in task.population.verdicts:
        return f"判定“{values['判定'][:20]}”不在可选项中", f"可选：{'、'.join(task.population.verdicts)}"
    if len(values.get("理由", "")) > LONGEST_REASON:
        return f"条目 {item.id} 的理由超过 {LONGEST_REASON} 字", "写短一些"
    return None


def check_code(seat: Seat, item: Item) -> str:
    """Return the code of one row: it fits this seat and what was shown, and nothing else."""
    return sha256(f"{seat.value}\0{item.digest}".encode()).hexdigest()[:_SHOWN_DIGITS]


def verdict_keys(population: Population) -> dict[str, Verdict]:
    """Return the key of each verdict: 1, 2, 3 in the order that sheets and pages show."""
    return {str(index): verdict for index, verdict in enumerate(population.verdicts, start=1)}
