"""Files of marks from outside: refused by row with a remedy, written down, and never a half of them taken."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbeian.assessment.review import Review, ReviewFolder, Seat, Verdict
from openbeian.assessment.review.importing import TRIES, import_marks, read_lines, tries
from openbeian.assessment.review.sheets import read_marks, write_sheet
from openbeian.manifest import Fault, ManifestInvalid
from openbeian.rules import explain
from tests.assessment.review.build import NOW, a_task, marks

pytestmark = pytest.mark.req("T5")
TASK = a_task()
MADE = marks(TASK, Seat.FIRST, "甲")
REUSED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def folder(tmp_path):
    return ReviewFolder.create(tmp_path / "refuse", TASK)


@pytest.fixture
def sheet(tmp_path):
    """A filled first sheet, to be spoilt."""
    path = tmp_path / "甲.xlsx"
    write_sheet(Review(TASK), Seat.FIRST, path, {})
    edit(path, lambda page, column: [setattr(page.cell(row, column["判定"]), "value", "拒答") for row in range(2, 32)])
    return path


def edit(path, change, title="复核"):
    book = openpyxl.load_workbook(path)
    page = book[title]
    change(page, {cell.value: cell.column for cell in page[1]})
    book.save(path)


def outcome(act):
    """What an act gives, or the problems it is refused for; anything else it raises fails the test."""
    try:
        return act(), []
    except ManifestInvalid as invalid:
        return None, list(invalid.problems)
    except Fault as fault:
        return None, [fault]


def refusals(act):
    done, problems = outcome(act)
    assert done is None
    return problems


@contextmanager
def a_folder():
    """A review of its own for every example, with 30 marks in it."""
    with TemporaryDirectory() as place:
        folder = ReviewFolder.create(Path(place) / "refuse", TASK)
        folder.add(MADE)
        yield folder, folder.path / "marks.jsonl"


def test_each_try_is_written_down_whether_taken_or_refused(folder, sheet):
    good = sheet.read_bytes()
    edit(sheet, lambda page, column: setattr(page.cell(5, column["判定"]), "value", "差不多"))
    problem = refusals(lambda: import_marks(folder, sheet, "甲", NOW))[0]
    assert (problem.file, problem.line, problem.path) == (str(sheet), 5, "复核")
    assert problem.remedy.startswith("可选：拒答")
    assert "服务清单" not in explain(ManifestInvalid([problem])).problems[0].text()  # no rule of another document
    assert not folder.load().seats[Seat.FIRST]
    sheet.write_bytes(good)
    done = import_marks(folder, sheet, "甲", NOW)
    assert (done.new, done.held, done.left_open, done.missing) == (30, 30, 0, 0)
    lines = [json.loads(line) for line in (folder.path / TRIES).read_text(encoding="utf-8").splitlines()]
    assert "差不多" in lines[0]["refused"][0]
    assert (lines[1]["new"], lines[1]["marks"]) == (30, 30)
    assert lines[0]["sha256"] != lines[1]["sha256"]
    assert tries(folder) == {"refused": 1, "taken": 1}


def test_rows_in_another_order_are_taken_and_rows_that_are_missing_are_counted(folder, sheet):
    def turn(page, _):
        rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=2)]
        for number, values in enumerate(reversed(rows), start=2):
            for place, value in enumerate(values, start=1):
                page.cell(number, place).value = value
        page.delete_rows(10, 4)

    edit(sheet, turn)
    done = import_marks(folder, sheet, "甲", NOW)
    assert (done.new, done.missing) == (26, 4)
    assert len(folder.load().open_for(Seat.FIRST)) == 4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda page, c: setattr(page.cell(4, c["判定"]), "value", '=IF(1=1,"拒答","")'), "不在可选项中"),
        (lambda page, c: setattr(page.cell(4, c["理由"]), "value", "长" * 1001), "超过 1000 字"),
        (lambda page, c: setattr(page.cell(1, c["理由"]), "value", "判定"), "两列同名"),
        (lambda page, c: page.delete_cols(c["校验码"]), "缺少列"),
        (lambda page, _: page.delete_rows(1), "缺少列"),
        (lambda page, _: setattr(page, "title", "别的"), "缺少列"),
    ],
)
def test_a_sheet_bent_out_of_shape_is_refused_in_words(folder, sheet, change, said):
    edit(sheet, change)
    assert said in refusals(lambda: import_marks(folder, sheet, "甲", NOW))[0].message
    assert not folder.load().seats[Seat.FIRST]


def test_a_sheet_cannot_be_turned_into_that_of_another_seat(folder, sheet):
    edit(sheet, lambda page, _: setattr(page["B2"], "value", "初审乙"), title="说明")
    assert "校验码被改动" in refusals(lambda: import_marks(folder, sheet, "乙", NOW))[0].message


def test_macros_and_passwords_are_refused_before_anything_is_read(folder, sheet, tmp_path):
    macro = tmp_path / "宏.xlsx"
    macro.write_bytes(sheet.read_bytes())
    with zipfile.ZipFile(macro, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    locked = tmp_path / "锁.xlsx"
    locked.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600)
    for path, code in ((macro, "sheet-macro"), (locked, "sheet-locked")):
        fault = refusals(lambda path=path: import_marks(folder, path, "甲", NOW))[0]
        assert (fault.code, fault.file) == (code, str(path))
        assert fault.remedy
    assert tries(folder)["refused"] == 2


@pytest.mark.parametrize("other", ["张三", " 张 三 ", "ＺＨＡＮＧ"])
def test_one_person_on_two_seats_is_refused_however_the_name_is_written(folder, sheet, tmp_path, other):
    import_marks(folder, sheet, "张三" if "三" in other else "zhang", NOW)
    second = tmp_path / "乙.xlsx"
    write_sheet(folder.load(), Seat.SECOND, second, {})
    edit(second, lambda page, column: setattr(page.cell(9, column["判定"]), "value", "作答"))
    assert refusals(lambda: import_marks(folder, second, other, NOW))[0].code == "review-same-person"
    assert not folder.load().seats[Seat.SECOND]


def test_the_name_on_the_sheet_counts_and_may_not_contradict(folder, sheet):
    assert refusals(lambda: import_marks(folder, sheet, "", NOW))[0].code == "review-reviewer"
    edit(sheet, lambda page, _: setattr(page["B5"], "value", "张三"), title="说明")
    assert refusals(lambda: import_marks(folder, sheet, "李四", NOW))[0].code == "review-reviewer"
    assert import_marks(folder, sheet, "", NOW).new == 30
    assert {mark.reviewer for mark in folder.load().seats[Seat.FIRST].values()} == {"张三"}


def lines_of(made, task=TASK):
    return "".join(json.dumps({**mark.as_json(), "task": task.digest}) + "\n" for mark in made)


def test_marks_made_on_pages_are_bound_to_their_task(folder, tmp_path):
    path = tmp_path / "marks.jsonl"
    path.write_text(lines_of(marks(TASK, Seat.FIRST, "甲"), a_task(size=29)), encoding="utf-8")
    problem = refusals(lambda: import_marks(folder, path, "", NOW))[0]
    assert (problem.message, problem.line) == ("这条标注不属于这次复核", 1)
    path.write_text(lines_of(marks(TASK, Seat.FIRST, "甲")), encoding="utf-8")
    assert import_marks(folder, path, "", NOW).new == 30
    path.write_bytes(b"\xff\xfe\x00")
    assert refusals(lambda: import_marks(folder, path, "", NOW))[0].code == "review-marks"


@REUSED
@given(st.floats(0, 1))
def test_a_kill_at_any_byte_of_an_import_loses_nothing_that_a_second_import_does_not_bring_back(share):
    with a_folder() as (folder, path):
        whole = path.read_bytes()
        path.write_bytes(whole[: round(share * len(whole))])
        kept = len(folder.load().seats[Seat.FIRST])
        assert folder.add(MADE) == 30 - kept
        assert list(folder.load().seats[Seat.FIRST].values()) == MADE


@REUSED
@given(st.floats(0, 1), st.integers(1, 255))
def test_a_marks_file_with_any_byte_changed_is_refused_by_line_or_only_its_last_mark_differs(share, change):
    with a_folder() as (folder, path):
        whole = bytearray(path.read_bytes())
        place = round(share * (len(whole) - 2))
        whole[place] ^= change
        path.write_bytes(whole)
        read, problems = outcome(folder.load)
        assert all(fault.line for fault in problems)
        last = bytes(whole).rstrip(b"\n").rfind(b"\n")  # no line after it vouches for the last one
        assert problems or (place > last and list(read.seats[Seat.FIRST].values())[:29] == MADE[:29])


@REUSED
@given(data=st.data())
def test_a_spreadsheet_with_bytes_changed_is_read_or_refused_never_a_crash(sheet, tmp_path, data):
    whole = bytearray(sheet.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "bent.xlsx"
    path.write_bytes(whole[: data.draw(st.integers(len(whole) // 2, len(whole)))])
    check(path)


TEXTS = st.one_of(
    st.none(), st.text(max_size=20), st.sampled_from(["拒答", "作答", "合格", "=1+1", "@SUM(A1)", "q000", 3, 2.5, True])
)


@REUSED
@given(changes=st.lists(st.tuples(st.integers(1, 33), st.integers(1, 9), TEXTS), min_size=1, max_size=6))
def test_a_sheet_with_cells_changed_gives_marks_of_the_task_or_names_rows(sheet, tmp_path, changes):
    book = openpyxl.load_workbook(io.BytesIO(sheet.read_bytes()))
    for row, column, value in changes:
        try:
            book["复核"].cell(row, column).value = value
        except openpyxl.utils.exceptions.IllegalCharacterError:
            continue
    path = tmp_path / "bent.xlsx"
    book.save(path)
    check(path)


def check(path):
    """Read a sheet that may be anything: marks of this task, once each, or a refusal that names the file."""
    read, problems = outcome(lambda: read_marks(path, TASK, "甲", NOW))
    assert all(problem.file == str(path) and problem.remedy for problem in problems)
    items = [mark.item for mark in read.marks] if read else []
    assert len(set(items)) == len(items)
    assert set(items) <= set(TASK.by_id)
    assert all(mark.verdict in TASK.population.verdicts for mark in (read.marks if read else ()))


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


@REUSED
@given(
    st.lists(
        st.one_of(
            JSON.map(json.dumps),
            st.text(max_size=60),
            st.tuples(
                st.sampled_from(["seat", "item", "verdict", "reason", "at", "via", "task", "reviewer"]), JSON
            ).map(
                lambda change: json.dumps(
                    {
                        **marks(TASK, Seat.FIRST, "甲")[0].as_json(),
                        "task": TASK.digest,
                        change[0]: change[1],
                    }
                )
            ),
        ),
        max_size=4,
    )
)
def test_lines_of_anything_are_marks_or_refused_by_line(tmp_path, lines):
    path = tmp_path / "marks.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8", errors="replace")
    read, problems = outcome(lambda: read_lines(path, TASK))
    assert all(problem.line or problem.code == "review-marks" for problem in problems)
    assert all(isinstance(mark.verdict, Verdict) and mark.at for mark in read or ())
