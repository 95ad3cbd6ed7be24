"""The editable annexes: right columns, text that stays text, the same bytes for the same rows."""

import html
import io
import re
from datetime import UTC, datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.dossier import Annex, Sheet, keyword_annex, question_annex
from openbeian.dossier.annexes import draw
from openbeian.dossier.zips import unpack
from openbeian.manifest import Fault
from openbeian.rules import form_pack

pytestmark = pytest.mark.req("F1")
NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


def _read(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def test_annexes_have_the_columns_of_the_pack() -> None:
    words = _read(draw(keyword_annex([("示例词甲", "大类", "小类")]), form_pack(), NOW)).worksheets[0]
    assert [cell.value for cell in words[1]] == ["关键词", "一级分类", "二级分类"]
    bank = question_annex([("应拒答", [("甲？", "大类", "小类", "乙", "合格")]), ("非拒答", [])])
    book = _read(draw(bank, form_pack(), NOW))
    assert book.sheetnames == ["应拒答", "非拒答"]
    columns = ["序号", "测试题", "一级分类", "二级分类", "模型回答", "研判结果"]
    assert [cell.value for cell in book.worksheets[0][1]] == columns
    assert [cell.value for cell in book.worksheets[0][2]] == ["1", "甲？", "大类", "小类", "乙", "合格"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("x","y")', "\t=1", "007", "1e5"])
def test_cell_that_looks_like_a_formula_is_text(text: str) -> None:
    sheet = _read(draw(keyword_annex([(text, "", "")]), form_pack(), NOW)).worksheets[0]
    cell = sheet["A2"]
    assert cell.data_type == "s"
    assert cell.value == text.replace("\t", " ")
    assert cell.quotePrefix is text.startswith(("=", "+", "-", "@", "\t"))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=1, max_size=5))
def test_any_text_gives_a_readable_book_and_the_same_bytes_twice(words: list[str]) -> None:
    annex = keyword_annex([(word, "大类", "小类") for word in words])
    first = draw(annex, form_pack(), NOW)
    assert first == draw(annex, form_pack(), NOW)
    assert _read(first).worksheets[0].max_row == len(words) + 1


def test_text_longer_than_a_cell_is_cut_with_a_mark() -> None:
    sheet = _read(draw(keyword_annex([("长" * 40_000, "", "")]), form_pack(), NOW)).worksheets[0]
    assert str(sheet["A2"].value).endswith("……（超长，已截断）")


def test_row_with_a_wrong_number_of_columns_is_refused() -> None:
    with pytest.raises(Fault, match="第 1 行有 2 列"):
        draw(Annex(4, (Sheet("词", [["甲", "乙"]]),)), form_pack(), NOW)


def test_annex_that_the_pack_does_not_make_editable_is_refused() -> None:
    with pytest.raises(Fault, match="没有可编辑的附件 2"):
        draw(Annex(2, (Sheet("词", []),)), form_pack(), NOW)


def test_bank_of_ten_thousand_rows_is_drawn_whole() -> None:
    rows = [(f"第 {number} 题？", "大类", "小类", "答" * 60, "合格") for number in range(10_000)]
    data = draw(question_annex([("生成内容", rows)]), form_pack(), NOW)
    drawn = html.unescape(unpack(data)["xl/worksheets/sheet1.xml"].decode())  # to read the workbook takes as long again
    assert drawn.count("<row ") == 10_001
    assert re.findall(r"第 (\d+) 题？", drawn) == [str(number) for number in range(10_000)]
    assert drawn.count(f">{'答' * 60}<") == 10_000


@pytest.mark.parametrize("text", ["半\ud800字", "非\ufffe字", "铃\x07声", "零\x00"])
def test_character_that_the_format_cannot_store_is_left_out(text: str) -> None:
    sheet = _read(draw(keyword_annex([(text, "", "")]), form_pack(), NOW)).worksheets[0]
    assert sheet["A2"].value in {"半字", "非字", "铃声", "零"}


@pytest.mark.parametrize("title", ["", "'引号'", "a/b:c*d?[e]\\f", "长" * 60, "两\n行", "History\x07"])
def test_any_title_of_a_sheet_gives_a_readable_book(title: str) -> None:
    book = _read(draw(question_annex([(title, []), (title, [])]), form_pack(), NOW))
    assert len(book.sheetnames) == 2
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\\n'") for name in book.sheetnames)
