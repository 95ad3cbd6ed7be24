"""A review on disk: all or none of a sheet's marks, a chain that shows tampering, kills that lose nothing."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from openbeian.assessment.review import Population, ReviewFolder, Seat, Verdict
from openbeian.manifest import Fault
from tests.assessment.review.build import a_task, mark, marks

pytestmark = pytest.mark.req("T5")


def code_of(act) -> str:
    with pytest.raises(Fault) as fault:
        act()
    return fault.value.code


@pytest.fixture
def folder(tmp_path):
    return ReviewFolder.create(tmp_path / "refuse", a_task())


def test_creating_twice_finds_the_same_task_and_refuses_another(folder):
    assert ReviewFolder.create(folder.path, a_task()).task == folder.task
    assert code_of(lambda: ReviewFolder.create(folder.path, a_task(size=29))) == "review-exists"
    assert code_of(lambda: ReviewFolder.create(folder.path, a_task(Population.GENERATED))) == "review-exists"


def test_marks_come_back_as_they_were_made(folder):
    made = marks(folder.task, Seat.FIRST, "甲", {folder.task.items[0].id})
    assert folder.add(made) == 30
    assert folder.add(made) == 0
    assert list(folder.load().seats[Seat.FIRST].values()) == made


def test_one_bad_mark_keeps_the_whole_sheet_out(folder):
    made = marks(folder.task, Seat.FIRST, "甲")
    made[17] = mark(Seat.FIRST, "甲", "q999", Verdict.REFUSED)
    assert code_of(lambda: folder.add(made)) == "review-unknown-item"
    assert not folder.load().seats[Seat.FIRST]


@pytest.mark.parametrize("change", ["verdict", "drop", "swap", "insert"])
def test_a_changed_line_is_named(folder, change):
    folder.add(marks(folder.task, Seat.FIRST, "甲"))
    path = folder.path / "marks.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    if change == "verdict":
        lines[4] = lines[4].replace("拒答", "作答", 1)
    elif change == "drop":
        del lines[4]
    elif change == "swap":
        lines[4], lines[5] = lines[5], lines[4]
    else:
        body = json.loads(lines[4])
        lines.insert(5, json.dumps({**body, "item": folder.task.items[0].id}) + "\n")
    path.write_text("".join(lines), encoding="utf-8")
    with pytest.raises(Fault) as fault:
        folder.load()
    assert fault.value.code == "review-damaged"
    assert fault.value.line in {5, 6}


def test_a_torn_last_line_at_any_byte_loses_only_the_mark_that_was_not_finished(folder):
    made = marks(folder.task, Seat.FIRST, "甲")
    folder.add(made[:3])
    whole = (folder.path / "marks.jsonl").read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    for cut in range(last, len(whole)):
        (folder.path / "marks.jsonl").write_bytes(whole[:cut])
        assert len(folder.load().seats[Seat.FIRST]) == 2
    assert folder.add(made) == 28
    assert len(folder.load().seats[Seat.FIRST]) == 30


def test_a_changed_task_is_named(folder):
    path = folder.path / "task.json"
    path.write_text(path.read_text(encoding="utf-8").replace("第 1", "第 一", 1), encoding="utf-8")
    assert code_of(folder.load) == "review-damaged"
    assert code_of(ReviewFolder(folder.path / "nowhere").load) == "review-missing"


def test_two_reviewers_at_once_lose_nothing(folder):
    made = [marks(folder.task, Seat.FIRST, "甲"), marks(folder.task, Seat.SECOND, "乙")]
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(folder.add, part[n : n + 5]) for part in made for n in range(0, 30, 5)]
        assert sum(job.result() for job in jobs) == 60
    review = folder.load()
    assert not review.open_for(Seat.FIRST)
    assert not review.open_for(Seat.SECOND)


def test_a_folder_that_cannot_be_written_is_a_fault(tmp_path):
    (tmp_path / "file").write_text("x")
    assert code_of(lambda: ReviewFolder.create(tmp_path / "file" / "r", a_task())) == "review-unwritable"
