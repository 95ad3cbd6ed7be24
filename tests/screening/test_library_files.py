"""Keyword libraries as files: every usual format and encoding, every mistake with its place, nothing ever run."""

import csv
import io
import unicodedata
import zipfile
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from openbeian.manifest import Fault
from openbeian.screening import Library
from openbeian.screening.folding import fold
from openbeian.screening.keywords import Keyword
from openbeian.screening.library_files import Entries, read_entries

pytestmark = pytest.mark.req("T2a")
HEAD = ["关键词", "一级分类", "二级分类", "级别", "词边界", "读音", "白名单", "放行"]
ROWS = [
    ["云朵苹果", "A.1", "A.1.a", "高", "", "", "", "云朵苹果汁、云朵苹果派"],
    ["SM", "A.1", "A.1.b", "", "否", "是", "", ""],
    ["示例词", "A.2", "A.2.c", "低", "是", "否", "", ""],
    ["SM号衣服", "", "", "", "", "", "是", ""],
]
KEYWORDS = (
    Keyword("云朵苹果", "A.1", "A.1.a", level="高"),
    Keyword("SM", "A.1", "A.1.b", border=False, sound=True),
    Keyword("示例词", "A.2", "A.2.c", level="低", border=True, sound=False),
)
ALLOWED = ("云朵苹果汁", "云朵苹果派", "SM号衣服")
TREE = """\
keywords:
  - class1: A.1
    class2: A.1.a
    级别: 高
    words:
      - {word: 云朵苹果, allowed_in: [云朵苹果汁, 云朵苹果派]}
  - {class1: A.1, class2: A.1.b, border: false, sound: true, words: [SM]}
  - {class1: A.2, class2: A.2.c, word: 示例词, level: 低, border: 是, sound: 否}
allowed: [SM号衣服]
"""


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


class Formatted(NamedTuple):
    """A value of a workbook with the format it is shown by."""

    value: object
    number_format: str


def a_table(rows, separator=","):
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue()


def a_workbook(path, sheets):
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append([one.value if isinstance(one, Formatted) else one for one in row])
            for place, one in enumerate(row, 1):
                if isinstance(one, Formatted):
                    page.cell(page.max_row, place).number_format = one.number_format
    book.save(path)
    return path


def refused(path):
    with pytest.raises(Fault) as fault:
        read_entries(path)
    assert fault.value.file == str(path)
    assert fault.value.remedy
    return fault.value


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", a_table([HEAD, *ROWS])),
        ("a.csv", a_table([HEAD, *ROWS]).encode("utf-8-sig")),
        ("a.csv", a_table([HEAD, *ROWS]).encode("gb18030")),
        ("a.csv", a_table([HEAD, *ROWS]).encode("utf-16")),
        ("a.csv", a_table([HEAD, *ROWS]).encode("utf-16-le")),
        ("a.csv", a_table([HEAD, *ROWS], ";")),
        ("a.tsv", a_table([HEAD, *ROWS], "\t")),
        ("a.csv", a_table([["word", "class1", "class2", "level", "border", "sound", "allow", "allowed_in"], *ROWS])),
        ("a.yaml", TREE),
        ("a.yml", TREE.replace("\n", "\r\n")),
    ],
)
def test_every_format_and_encoding_says_the_same(tmp_path, name, content):
    assert read_entries(write(tmp_path, name, content)) == Entries(KEYWORDS, ALLOWED, ())


def test_a_workbook_is_read_sheet_by_sheet_as_far_as_it_has_words(tmp_path):
    sheets = {"说明": [["怎样填写"]], "甲": [HEAD, *ROWS[:2]], "空": [], "乙": [HEAD, *ROWS[2:]]}
    read = read_entries(a_workbook(tmp_path / "a.xlsx", sheets))
    assert (read.keywords, read.allowed) == (KEYWORDS, ALLOWED)
    assert read.notes == ("表“说明”第一行没有“关键词”列，没有读",)


def test_a_plain_list_has_no_classes_and_says_so(tmp_path):
    read = read_entries(write(tmp_path, "a.txt", "云朵苹果\r\n\r\n 示例词 \r\n"))
    assert read.keywords == (Keyword("云朵苹果"), Keyword("示例词"))
    assert "没有分类" in read.notes[0]


def test_a_formula_is_the_text_that_stands_in_the_cell(tmp_path):
    path = a_workbook(tmp_path / "a.xlsx", {"甲": [HEAD[:3], ["=cmd|' /C calc'!A0", "A.1", "A.1.a"]]})
    read = read_entries(path)
    assert [one.word for one in read.keywords] == ["=cmd|' /C calc'!A0"]
    assert "没有计算" in read.notes[0]
    assert "第 2 行" in read.notes[0]


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        (110, "110"),
        (110.0, "110"),
        (-110, "-110"),
        (Formatted(600519, "000000"), "600519"),
        (Formatted(110, "#,##0"), "110"),
        (Formatted(110, r"0_);[Red]\(0\)"), "110"),
        (Formatted("2024-05-01", "@"), "2024-05-01"),
    ],
)
def test_a_whole_number_in_a_workbook_is_the_word_that_was_typed(tmp_path, typed, word):
    read = read_entries(a_workbook(tmp_path / "a.xlsx", {"甲": [HEAD[:4], [typed, typed, "A.1.a", typed]]}))
    assert read.keywords == (Keyword(word, word, "A.1.a", level=word),)


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        (date(2024, 5, 1), "日期 2024-05-01"),
        (datetime.fromisoformat("2024-05-01T08:30"), "时间 2024-05-01 08:30:00"),
        (time(1, 30), "时间 01:30:00"),
        (timedelta(hours=30), "时长"),
        (True, "是非值 TRUE"),
        (0.5, "小数 0.5"),
        ("#N/A", "错误值 #N/A"),
        (1_234_567_890_123_450, "超过 15 位的数"),
        (Formatted(100_000, "0.00E+00"), "按“0.00E+00”显示的数 100000"),
        (Formatted(12, "0%"), "按“0%”显示的数 12"),
        (Formatted(7, "000"), "按“000”显示的数 7"),
        (Formatted(1000, "#,##0"), "按“#,##0”显示的数 1000"),
    ],
)
def test_what_a_spreadsheet_made_of_a_word_is_refused(tmp_path, typed, kind):
    rows = [HEAD, ROWS[0], [typed, "A.1", "A.1.a"], ["x"]]
    fault = refused(a_workbook(tmp_path / "a.xlsx", {"甲": [HEAD, ROWS[0]], "乙": rows}))
    assert (fault.code, fault.line) == ("library-row", 3)
    assert f"表“乙”：“关键词”存成了{kind}，不是写下的字；另有 1 行不能用" in fault.message
    assert "“文本”格式" in fault.remedy


@pytest.mark.parametrize("place", [1, 2, 3, 7])
def test_classes_levels_and_longer_words_are_texts_as_well(tmp_path, place):
    row = [*ROWS[0]]
    row[place] = 1.1
    fault = refused(a_workbook(tmp_path / "a.xlsx", {"甲": [HEAD, row]}))
    assert f"“{HEAD[place]}”存成了小数 1.1" in fault.message


def test_a_spreadsheets_own_yes_and_no_are_options(tmp_path):
    rows = [["示例词", True, False], ["云朵苹果", 0, 1]]
    read = read_entries(
        a_workbook(tmp_path / "a.xlsx", {"甲": [["关键词", "词边界", "读音", "备注"], *([*row, 0.5] for row in rows)]})
    )
    assert read.keywords == (Keyword("示例词", border=True, sound=False), Keyword("云朵苹果", border=False, sound=True))


def test_separated_values_that_a_spreadsheet_may_have_rewritten_are_told(tmp_path):
    read = read_entries(write(tmp_path, "a.csv", "关键词\n5月1日\n示例词\n2024/5/1\n1-May\n1.23E+11\n5-1\n"))
    assert len(read.keywords) == 6
    told = "4 个词像是表格软件存盘时改写的日期或数，请与原词核对：“5月1日”（第 2 行），“2024/5/1”（第 4 行），“1-May”（第 5 行）"
    assert told in read.notes[0]


def test_what_is_odd_but_usable_is_told(tmp_path):
    rows = [
        ["云朵苹果", "A.1", "A.1.a", ""],
        ["云朵 苹果", "A.1", "A.1.a", "苹果派"],
        ["云朵\u200b苹果", "A.1", "A.1.a", ""],
        ["云朵苹果", "A.2", "A.2.c", ""],
        ["示例词", "自定", "自定.甲", "示例词"],
        ["橙子汁", "", "", ""],
    ]
    read = read_entries(write(tmp_path, "a.csv", a_table([["关键词", "一级分类", "二级分类", "放行", "备注"], *rows])))
    assert [one.word for one in read.keywords] == ["云朵苹果", "云朵 苹果", "云朵苹果", "示例词", "橙子汁"]
    told = "\n".join(read.notes)
    for words in (
        "没有用到的列：备注",
        "1 个词在同一类里重复，只留第一次出现的：“云朵苹果”（第 2 行、第 4 行）",
        "1 个词同时在几个类里，每一类都计：“云朵苹果”（A.1/A.1.a、A.2/A.2.c）",
        "永远不会命中：“示例词”",
        "放行不了：“苹果派”（第 3 行）",
        "2 个分类不是附录 A 的代码，照原样计数，不计入 31 种风险的覆盖：“自定”，“自定.甲”",
        "1 个词没有二级分类，不计入风险的覆盖：“橙子汁”",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("name", "content", "code", "line"),
    [
        ("a.csv", "关键词\n示例词\nx\n", "keyword-too-short", 3),
        ("a.csv", "关键词,级别\n\u3000 \u200b,高\n", "keyword-too-short", 2),
        ("a.csv", "关键词\na\0b\n", "keyword-nul", 2),
        ("a.csv", '关键词\n"云朵\n苹果"\n', "keyword-control", 2),
        ("a.csv", "关键词\n" + "长" * 1001 + "\n", "keyword-too-long", 2),
        ("a.csv", "关键词\n" + "长" * 200_000 + "\n", "library-unreadable", 2),
        ("a.csv", '关键词\n示例词\n"云朵\n苹果\n', "library-unreadable", 3),
        ("a.csv", "关键词,词边界\n示例词,也许\n", "keyword-option", 2),
        ("a.csv", "关键词,白名单\n苹果,苹果汁\n", "keyword-option", 2),
        ("a.csv", "关键词,放行\n云朵苹果,云朵苹果汁、x\n", "keyword-too-short", 2),
        ("a.csv", "词\n示例词\n", "library-columns", 1),
        ("a.csv", "关键词,word\n示例词,示例词\n", "library-row", 1),
        ("a.csv", "", "library-columns", 1),
        ("a.csv", "关键词\n", "library-empty", None),
        ("a.csv", b"\xff\xff\xff", "library-encoding", None),
        ("a.txt", "", "library-empty", None),
        ("a.xlsx", "not a workbook", "sheet-unreadable", None),
        ("a.xlsx", bytes.fromhex("d0cf11e0a1b11ae1"), "sheet-locked", None),
        ("a.yaml", "keywords: [", "library-unreadable", 1),
        ("a.yaml", "keywords:\n" + " - 示例词\n" * 9 + "   - x: [", "library-unreadable", 11),
        ("a.yaml", "words: []", "library-unreadable", None),
        ("a.yaml", "keywords: []", "library-empty", None),
        ("a.yaml", "keywords:\n  - {class1: A.1}\n", "library-row", 2),
        ("a.yaml", "keywords:\n  - {words: 示例词}\n", "library-row", 2),
        ("a.yaml", "keywords:\n  - words:\n    - 示例词\n    - [示例词]\n", "library-row", 4),
        ("a.yaml", "keywords:\n  - {class1: [A], words: [示例词]}\n", "library-row", 2),
        (
            "a.yaml",
            "keywords:\n- words:\n" + "  - 示例词\n" * 5 + "  - x\n" + "  - 示例词\n" * 5,
            "keyword-too-short",
            8,
        ),
        ("a.yaml", "keywords: [示例词]\nkeywords: [云朵苹果]\n", "library-unreadable", 2),
        ("a.yaml", "keywords:\n- words: [示例词]\n  words: [云朵苹果]\n", "library-row", 3),
        ("a.yaml", "keywords:\n- word: 示例词\n  关键词: 云朵苹果\n", "library-row", 3),
        ("a.yaml", "[" * 3_000, "library-unreadable", None),
        ("a.docx", "x", "library-format", None),
        ("a", "x", "library-format", None),
    ],
)
def test_what_cannot_be_used_says_why_and_where(tmp_path, name, content, code, line):
    fault = refused(write(tmp_path, name, content))
    assert (fault.code, fault.line) == (code, line)


def test_all_rows_that_cannot_be_used_are_told_at_once(tmp_path):
    fault = refused(write(tmp_path, "a.csv", "关键词\n" + "x\n" * 30))
    assert fault.line == 2
    assert "另有 29 行不能用：第 3 行（" in fault.message
    assert fault.message.endswith(" 等")
    assert "第 21 行" in fault.message
    assert "第 22 行" not in fault.message


def test_a_sheet_is_named_with_its_row(tmp_path):
    path = a_workbook(tmp_path / "a.xlsx", {"甲": [HEAD[:1], ["示例词"]], "乙": [HEAD[:1], ["示例词"], ["x"], ["y"]]})
    fault = refused(path)
    assert "表“乙”" in fault.text()
    assert "表“乙”第 4 行" in fault.message
    assert fault.line == 3


@pytest.mark.parametrize(
    ("member", "size", "code"), [("xl/vbaProject.bin", 1, "sheet-macro"), ("xl/big.xml", 1 << 21, "sheet-too-large")]
)
def test_macros_and_bombs_are_refused_unopened(tmp_path, monkeypatch, member, size, code):
    monkeypatch.setattr("openbeian.screening.workbooks.LARGEST_UNPACKED", 1 << 20)
    path = a_workbook(tmp_path / "a.xlsx", {"甲": [HEAD, *ROWS]})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr(member, bytes(size))
    assert refused(path).code == code


def test_a_file_too_large_is_not_read(tmp_path):
    with (tmp_path / "a.csv").open("wb") as file:
        file.truncate((64 << 20) + 1)
    assert refused(tmp_path / "a.csv").code == "library-too-large"


def test_too_many_words_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("openbeian.screening.library_files.entries.MOST_WORDS", 10)
    assert refused(write(tmp_path, "a.txt", "示例词\n" * 11)).code == "library-too-large"


@pytest.mark.parametrize("name", ["a.csv", "folder.csv"])
def test_a_file_that_cannot_be_opened_is_a_fault(tmp_path, name):
    (tmp_path / "folder.csv").mkdir()
    assert refused(tmp_path / name).code == "library-unreadable"


def yaml_words(indent, words, after=""):
    return "keywords:\n  - words:\n" + "".join(f"{' ' * indent}- {word}{after}\n" for word in words)


@pytest.mark.parametrize("after", ["", "  ", " # 注", "\n"])
@pytest.mark.parametrize("indent", [4, 6])
def test_long_lists_in_yaml_keep_every_word_in_order(tmp_path, indent, after):
    words = [f"示例词{n}" for n in range(40)]
    read = read_entries(write(tmp_path, "a.yaml", yaml_words(indent, words, after)))
    assert [one.word for one in read.keywords] == words


def test_lines_in_yaml_that_only_look_like_a_list_are_no_words(tmp_path):
    text = "备注: |\n" + "  - 示例词\n" * 5 + "keywords:\n" + "  - 云朵苹果\n  - 云朵橙子\n  - 云朵葡萄\n    之二\n"
    read = read_entries(write(tmp_path, "a.yaml", text))
    assert [one.word for one in read.keywords] == ["云朵苹果", "云朵橙子", "云朵葡萄 之二"]
    assert "没有用到的项：备注" in read.notes


def test_words_of_yaml_are_never_values(tmp_path):
    chosen = [
        "null",
        "true",
        "yes",
        "No",
        "on",
        "007",
        "1e5",
        "1_000",
        "0x1F",
        "0o17",
        "1:30",
        "12.50",
        ".inf",
        "2026-11-27",
        "!!python/name:os.system 示例词",
    ]
    read = read_entries(write(tmp_path, "a.yaml", yaml_words(4, chosen)))
    assert [one.word for one in read.keywords] == [*chosen[:-1], "示例词"]


def storable(char):
    return unicodedata.category(char) not in {"Cc", "Cs", "Cn", "Co"}


words = st.text(st.characters().filter(storable), min_size=2, max_size=12).map(str.strip)
words = words.filter(lambda word: len(fold(word).strip()) >= 2 and len(word) >= 2)


@settings(max_examples=60, deadline=None)
@given(st.lists(words, min_size=1, max_size=8, unique_by=fold), st.sampled_from(["csv", "xlsx", "txt"]))
@example(["云朵,苹果", '云"朵', "=1+1", "# 注", "- 词", "'词", "000"], "csv")
@example(["云朵,苹果", '云"朵', "=1+1", "# 注", "- 词", "'词", "000"], "xlsx")
def test_words_survive_every_format(tmp_path_factory, chosen, ending):
    folder = tmp_path_factory.mktemp("words")
    rows = [["关键词"], *([word] for word in chosen)]
    if ending == "xlsx":
        path = a_workbook(folder / "a.xlsx", {"甲": rows})
    else:
        path = write(folder, f"a.{ending}", a_table(rows) if ending == "csv" else "\n".join(chosen))
    assert [one.word for one in read_entries(path).keywords] == chosen


def is_read_or_refused(path):
    """Tell whether a file gives words that can be looked for, or a fault that names it; anything else is raised."""
    try:
        read = read_entries(path)
    except Fault as fault:
        return fault.file == str(path)
    return Library(read.keywords, read.allowed).size > 0


scraps = st.sampled_from(
    ["关键词", "word", "keywords:", "allowed:", "words:", "- ", "  ", "\n", ",", "\t", '"', "[", "]", "{", "}", ": ", "&a ", "*a ", "|", "示例词", "\0", "#", "? "]
)  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(
    st.binary(max_size=200) | st.lists(scraps, max_size=25).map(lambda parts: "".join(parts).encode()),
    st.sampled_from(["csv", "tsv", "yaml", "txt", "xlsx"]),
)
def test_any_bytes_are_a_library_or_a_fault(tmp_path_factory, data, ending):
    path = write(tmp_path_factory.mktemp("bytes"), f"a.{ending}", data)
    assert is_read_or_refused(path)


@pytest.fixture(scope="module")
def sound_workbook(tmp_path_factory):
    return a_workbook(tmp_path_factory.mktemp("sound") / "a.xlsx", {"甲": [HEAD, *ROWS]}).read_bytes()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8), st.floats(0.5, 1))
def test_a_damaged_workbook_is_a_library_or_a_fault(tmp_path_factory, sound_workbook, changes, kept):
    content = bytearray(sound_workbook)
    for place, byte in changes:
        content[int(place * len(content))] = byte
    path = write(tmp_path_factory.mktemp("damaged"), "a.xlsx", bytes(content[: round(kept * len(content))]))
    assert is_read_or_refused(path)
