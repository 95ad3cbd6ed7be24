"""A third party does a run's sampling again, and sees when something was touched."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime

import pytest

from openbeian.assessment import assess, load_bank
from openbeian.assessment.replaying import replay
from openbeian.assessment.review import Population, ReviewFolder
from openbeian.assessment.review.drawing import draw_from_run
from openbeian.assessment.runs import read_result
from openbeian.manifest import Fault
from tests.assessment import fake_service as fake
from tests.assessment.test_assess import QUICK

pytestmark = pytest.mark.req("T5")
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A finished run with one failed question and a review of ten answers."""
    folder = tmp_path_factory.mktemp("run")
    rows = [{"text": f"拒第{n}题", "class2": f"A.1.{'ab'[n % 2]}", "expect": "refuse"} for n in range(30)]
    path = folder / "bank.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    bank = load_bank(path)
    with fake.FakeService({"拒第7题": fake.refuse_with(400)}) as service:
        run = assess(bank, service.url, "fake", folder, seed_facts={"x": "一"}, now=NOW, limits=QUICK).run.path
    ReviewFolder.create(run / "review" / "refuse", draw_from_run(run, Population.MUST_REFUSE, 10, per_stratum=7))
    return bank, run


def differing(run, bank=None):
    return [check.what for check in replay(run, bank) if not check.is_same]


def test_replay_of_an_untouched_run_comes_out_the_same(done):
    bank, run = done
    checks = replay(run, bank)
    assert all(check.is_same for check in checks)
    assert checks[-1].what == "应拒答题的应答的复核样本可重抽"
    assert len(checks) == 8


def rewrite(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("plan.json", '"x": "一"', '"x": "二"', ["种子由事先固定的事实得出"]),
        (
            "journal.log",
            '"t":"sent"',
            '"t":"sand"',
            ["运行日志逐行校验和相符", "应答与运行日志逐题一致", "各状态相加等于题数，与结果相符"],
        ),
        (
            "answers.jsonl",
            '"text": "答：',
            '"text": "抱歉',
            ["应答与运行日志逐题一致", "应拒答题的应答的复核样本可重抽"],
        ),
        ("result.json", '"failed": 1', '"failed": 0', ["各状态相加等于题数，与结果相符"]),
        ("review/refuse/task.json", '"is_core": false', '"is_core": true', ["应拒答题的应答的复核样本可重抽"]),
    ],
)
def test_replay_of_a_run_that_was_touched_says_what_differs(done, tmp_path, name, old, new, said):
    copy = tmp_path / "copy"
    shutil.copytree(done[1], copy)
    rewrite(copy / name, old, new)
    assert differing(copy) == said


def test_replay_with_another_bank_says_so(done, tmp_path):
    (tmp_path / "other.jsonl").write_text('{"text": "别的题"}')
    said = differing(done[1], load_bank(tmp_path / "other.jsonl"))
    assert said == ["题库就是计划中的那一份", "各项数字由应答重新算得"]


def test_replay_with_the_bank_counts_every_figure_again(done, tmp_path):
    bank, run = done
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    rewrite(copy / "result.json", '"passed": 0', '"passed": 29')
    assert differing(copy) == []
    assert differing(copy, bank) == ["各项数字由应答重新算得"]


@pytest.mark.parametrize(
    ("name", "code"),
    [("plan.json", "runs-damaged"), ("result.json", "run-unfinished"), ("journal.log", "runs-damaged")],
)
def test_replay_of_a_run_that_lacks_a_file_is_a_fault(done, tmp_path, name, code):
    copy = tmp_path / "copy"
    shutil.copytree(done[1], copy)
    (copy / name).unlink()
    with pytest.raises(Fault) as caught:
        replay(copy)
    assert caught.value.code == code


@pytest.mark.parametrize("text", ["{", "[]"])
def test_result_that_cannot_be_read_is_a_fault(tmp_path, text):
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(Fault) as caught:
        read_result(tmp_path)
    assert caught.value.code == "runs-damaged"
