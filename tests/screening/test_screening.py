"""Folding, keywords, personal information, streams."""

import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from openbeian.manifest import Fault
from openbeian.screening import HoldBack, Keyword, Library, fold, mask
from openbeian.screening.folding import fold_with_origin


@given(st.text(), st.text())
def test_folding_a_text_in_two_pieces_is_folding_it_whole(first, second):
    assert fold(first + second) == fold(first) + fold(second)


@given(st.text(min_size=1))
def test_folded_spans_lead_back_to_the_original(text):
    folded = fold_with_origin(text)
    assert folded.text == fold(text)
    for index, char in enumerate(folded.text):
        start, end = folded.span(index, index + 1)
        assert char in fold(text[start:end])


@pytest.mark.parametrize("disguise", ["云朵苹果", "云\u200b朵苹果", "云朵\u00ad苹果", "云朵苹\u0301果"])
def test_a_keyword_is_found_through_invisible_characters(disguise):
    library = Library([Keyword("云朵苹果", "A.1", "A.1.a")])
    text = f"今天买了{disguise}和梨"
    (hit,) = library.scan(text)
    assert text[hit.start : hit.end] == disguise


def test_width_and_case_do_not_hide_a_keyword():
    library = Library([Keyword("Sample词", "A.1", "A.1.a")])
    assert len(library.scan("ＳＡＭＰＬＥ词 sample词")) == 2


def test_a_longer_allowed_word_shields_only_what_is_inside_it():
    library = Library([Keyword("云朵苹果")], ["云朵苹果汁"])
    assert [hit.start for hit in library.scan("云朵苹果汁和云朵苹果")] == [6]


def a_workbook(path, rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_libraries_of_all_formats_are_the_same(tmp_path):
    (tmp_path / "a.yaml").write_text("keywords:\n  - {class1: A.1, class2: A.1.a, words: [示例词]}\n", encoding="utf-8")
    (tmp_path / "a.csv").write_bytes("关键词,一级分类,二级分类\n示例词,A.1,A.1.a\n".encode("gb18030"))
    a_workbook(tmp_path / "a.xlsx", [["关键词", "一级分类", "二级分类"], ["示例词", "A.1", "A.1.a"]])
    assert len({Library.load(tmp_path / f"a.{ending}").digest for ending in ("yaml", "csv", "xlsx")}) == 1


def test_a_formula_in_a_workbook_is_text(tmp_path):
    path = a_workbook(tmp_path / "a.xlsx", [["关键词"], ["=cmd|calc"]])
    assert Library.load(path).keywords[0].word == "=cmd|calc"


def test_a_library_with_macros_is_refused_unopened(tmp_path):
    path = a_workbook(tmp_path / "a.xlsx", [["关键词"], ["示例词"]])
    with zipfile.ZipFile(path, "a") as book:
        book.writestr("xl/vbaProject.bin", b"x")
    with pytest.raises(Fault, match="宏"):
        Library.load(path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"\xe5\x85\xb3\xe9\x94\xae\xe8\xaf\x8d\nx\n", "太短"),
        ("a.csv", "关键词\na\0b\n".encode(), "空字符"),
        ("a.csv", "词\n示例词\n".encode(), "没有“关键词”列"),
        ("a.csv", b"", "没有“关键词”列"),
        ("a.csv", "关键词\n".encode(), "空的"),
        ("a.xlsx", b"not a workbook", "不是能打开的"),
        ("a.xlsx", bytes.fromhex("d0cf11e0a1b11ae1"), "密码"),
        ("a.yaml", b"keywords: [", "YAML"),
        ("a.yaml", b"words: []", "keywords"),
        ("a.txt", b"x", "格式"),
    ],
)
def test_a_library_that_cannot_be_used_says_why_and_where(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Fault, match=words) as fault:
        Library.load(path)
    assert fault.value.file == str(path)


@given(st.text(alphabet="电话13800138000。，邮箱a@b.cn云朵苹果x", max_size=80), st.data())
def test_a_text_masked_in_pieces_is_the_text_masked_whole(text, data):
    held, out, rest = HoldBack(lambda part: mask(part)[0]), "", text
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        out += held.feed(rest[:size])
        rest = rest[size:]
    assert out + held.end() == mask(text)[0]
