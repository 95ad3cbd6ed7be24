"""Sheets: blind, shuffled, and read back strictly."""

from __future__ import annotations

import openpyxl
import pytest

from openbeian.assessment.review import Item, Population, Review, Seat, Verdict, draw_task
from openbeian.assessment.review.sheets import check_code, read_marks, write_sheet
from openbeian.manifest import Fault, ManifestInvalid
from tests.assessment.review.build import NOW, a_task, marks, reviewed

pytestmark = pytest.mark.req("T5")
TASK = a_task()


def filled(path, verdict="拒答", **changes):
    """Fill every row's verdict, then let `changes` (row → column → text) spoil some."""
    book = openpyxl.load_workbook(path)
    page = book["复核"]
    column = {cell.value: cell.column for cell in page[1]}
    for row in range(2, page.max_row + 1):
        page.cell(row, column["判定"]).value = verdict
    for (row, heading), text in changes.get("cells", {}).items():
        page.cell(row, column[heading]).value = text
    book.save(path)
    return path


def sheet(tmp_path, task=TASK, seat=Seat.FIRST, review=None):
    path = tmp_path / f"{seat}.xlsx"
    write_sheet(review or Review(task), seat, path, {"A.1.a": "示例类"})
    return path


def test_a_first_sheet_is_blind_shuffled_and_text_only(tmp_path):
    page = openpyxl.load_workbook(sheet(tmp_path))["复核"]
    headings = [cell.value for cell in page[1]]
    assert headings == ["序号", "条目", "类别", "题目", "模型回答", "判定", "理由", "校验码"]
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=2)]
    assert [row[1] for row in rows] == [item.id for item in TASK.order_for(Seat.FIRST)]
    assert {row[2] for row in rows} == {"示例类", "A.1.b", "A.1.c"}
    answers = [row[4] for row in page.iter_rows(min_row=2)]
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in answers)  # “=第 1 个应答” is text
    assert page.data_validations.dataValidation[0].formula1 == '"拒答,正面引导,部分作答,作答,无法判定"'


def test_marks_come_back_with_reasons_and_open_rows_stay_open(tmp_path):
    path = filled(sheet(tmp_path), cells={(2, "判定"): None, (3, "理由"): "答非所问", (3, "判定"): "无法判定"})
    read = read_marks(path, TASK, "甲", NOW)
    assert (read.seat, len(read.marks), read.left_open) == (Seat.FIRST, 29, 1)
    assert (read.marks[0].verdict, read.marks[0].reason) == (Verdict.UNDECIDABLE, "答非所问")
    assert read.marks[0].via.startswith("sheet:")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({(4, "判定"): "差不多"}, "不在可选项中"),
        ({(4, "判定"): "合格"}, "不在可选项中"),
        ({(4, "题目"): "换了一道题"}, "被改动"),
        ({(4, "模型回答"): "换了一个应答"}, "被改动"),
        ({(4, "校验码"): "0" * 16}, "被改动"),
        ({(4, "条目"): "q999"}, "没有条目"),
        ({(40, "条目"): "q888", (40, "判定"): "拒答"}, "没有条目"),
    ],
)
def test_a_spoilt_row_is_named_and_nothing_is_taken(tmp_path, cells, said):
    path = filled(sheet(tmp_path), cells=cells)
    with pytest.raises(ManifestInvalid) as invalid:
        read_marks(path, TASK, "甲", NOW)
    problem = invalid.value.problems[0]
    assert said in problem.message
    assert (problem.file, problem.line) == (str(path), next(iter(cells))[0])


def test_a_row_that_stands_twice_is_named(tmp_path):
    path = sheet(tmp_path)
    other = TASK.order_for(Seat.FIRST)[0]
    cells = {
        (3, "条目"): other.id,
        (3, "题目"): other.text,
        (3, "模型回答"): other.answer,
        (3, "校验码"): check_code(Seat.FIRST, other),
    }
    with pytest.raises(ManifestInvalid) as invalid:
        read_marks(filled(path, cells=cells), TASK, "甲", NOW)
    assert "出现两次" in invalid.value.problems[0].message


def test_a_sheet_of_another_task_or_with_a_changed_seat_is_refused(tmp_path):
    path = filled(sheet(tmp_path))
    with pytest.raises(Fault) as fault:
        read_marks(path, a_task(size=29), "甲", NOW)
    assert fault.value.code == "review-other-task"
    book = openpyxl.load_workbook(path)
    book["说明"]["B2"].value = "评委会"
    book.save(path)
    with pytest.raises(Fault) as fault:
        read_marks(path, TASK, "甲", NOW)
    assert fault.value.code == "review-sheet"


def test_the_third_sheet_shows_both_opinions_without_names(tmp_path):
    first = TASK.items[0].id
    review = Review.of(TASK, [*marks(TASK, Seat.FIRST, "张三", {first}), *marks(TASK, Seat.SECOND, "李四")])
    path = sheet(tmp_path, seat=Seat.THIRD, review=review)
    rows = {row[1]: row for row in openpyxl.load_workbook(path)["复核"].iter_rows(min_row=2, values_only=True)}
    assert rows[first][5] == "初审甲：作答\n初审乙：拒答"
    assert not any("张三" in str(cell) for row in rows.values() for cell in row)
    read = read_marks(filled(path), TASK, "丙", NOW)
    assert read.seat is Seat.THIRD
    assert {mark.item for mark in read.marks} == {item.id for item in review.for_third}


def test_a_seat_with_nothing_to_do_gets_no_sheet(tmp_path):
    with pytest.raises(Fault) as fault:
        sheet(tmp_path, review=reviewed(TASK))
    assert fault.value.code == "review-nothing-open"


@pytest.mark.parametrize(
    "text", ["@SUM(1)", "-1+2", '=HYPERLINK("http://x")', "行一\n行二\r\n行三", "控\x07制\x00符", "😀𠮷", "长" * 40_000]
)
def test_what_an_answer_holds_survives_the_sheet(tmp_path, text):
    task = draw_task(Population.GENERATED, [Item("q1", "A.1.a", "题", text)], 1, source={"a": "b"})
    path = sheet(tmp_path, task=task)
    assert len(read_marks(filled(path, "合格"), task, "甲", NOW).marks) == 1


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04rubbish", bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600, b"a,b\n1,2"]
)
def test_what_is_no_sheet_is_a_fault_that_names_the_file(tmp_path, data):
    path = tmp_path / "x.xlsx"
    path.write_bytes(data)
    with pytest.raises(Fault) as fault:
        read_marks(path, TASK, "甲", NOW)
    assert fault.value.file == str(path)
    assert fault.value.remedy
