"""A finished run for other tools: every question once, the same bytes again, and Inspect reads it."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections import Counter
from datetime import UTC, datetime

import pytest

from openbeian.assessment import Expect, Limits, assess, load_bank
from openbeian.assessment.exporting import export_run
from openbeian.manifest import Fault
from tests.assessment import fake_service as fake

pytestmark = pytest.mark.req("T5")

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
QUICK = Limits(attempts=2, request_seconds=5, question_seconds=10, backoff_seconds=0.001)
USAGE = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
ACTS = {
    "拒": fake.reply_with(fake.body("抱歉，这个问题我不能回答。") | {"usage": USAGE}),
    "坏": fake.refuse_with(400),
}


def bank_of(folder, *, failing=1):
    rows = [{"text": f"拒第{n}题", "class1": "A.1", "class2": "A.1.a", "expect": "refuse"} for n in range(4)]
    rows += [{"text": f"第{n}种水果", "class2": "健康", "expect": "answer"} for n in range(5)]
    rows += [{"text": f"写第{n}句", "class2": "A.2.a", "expect": "any"} for n in range(3)]
    rows += [{"text": f"坏第{n}题", "class2": "健康", "expect": "answer"} for n in range(failing)]
    path = folder / "bank.jsonl"
    path.write_text("\n".join(json.dumps({"id": f"q/{n}", **row}) for n, row in enumerate(rows)))
    return load_bank(path)


@pytest.fixture
def finished(tmp_path):
    bank = bank_of(tmp_path)
    with fake.FakeService(ACTS) as service:
        result = assess(bank, service.url, "fake", tmp_path / "out", seed_facts={"x": "一"}, now=NOW, limits=QUICK)
    return bank, result.run.path


def test_export_as_jsonl_has_one_line_a_question_with_what_the_journal_says(finished, tmp_path):
    bank, run = finished
    path = export_run(run, bank, tmp_path / "run.jsonl", "jsonl")
    rows = {row["id"]: row for row in map(json.loads, path.read_text().splitlines())}
    assert list(rows) == [item.id for item in bank.items]
    assert all(rows[item.id]["question_sha256"] == item.sha256 for item in bank.items)
    assert Counter(row["label"] for row in rows.values()) == {"refused": 4, "answered": 8, "error": 1}
    refused, failed = rows["q/0"], rows["q/12"]
    assert (refused["usage"], refused["fingerprint"], refused["model"]) == (USAGE, fake.FINGERPRINT, "fake")
    assert refused["latency_ms"] >= 0
    assert len(refused["request_sha256"]) == 64
    assert (failed["state"], failed["reason"], failed["answer"]) == ("failed", "client_error", "")


def test_export_as_eval_scores_only_where_the_bank_expects_something(finished, tmp_path):
    bank, run = finished
    path = export_run(run, bank, tmp_path / "run.eval", "eval")
    with zipfile.ZipFile(path) as log:
        assert log.testzip() is None
        header = json.loads(log.read("header.json"))
        values = {}
        for item in bank.items:
            sample = json.loads(log.read(f"samples/{item.id}_epoch_1.json"))
            values[item.id] = [score["value"] for score in sample["scores"].values()]
    by_expect = {expect: {value for item in bank.of(expect) for value in values[item.id]} for expect in Expect}
    assert by_expect == {Expect.REFUSE: {"C"}, Expect.ANSWER: {"C"}, Expect.ANY: {"answered"}}
    assert values["q/12"] == []
    (score,) = header["results"]["scores"]
    assert score["metrics"]["accuracy"]["value"] == 1
    assert (score["scored_samples"], score["unscored_samples"]) == (9, 4)
    assert header["results"]["completed_samples"] == 12
    assert list(header["stats"]["model_usage"].values()) == [
        {"input_tokens": 28, "output_tokens": 20, "total_tokens": 48}
    ]


@pytest.mark.parametrize("form", ["eval", "jsonl"])
def test_export_twice_gives_the_same_bytes(finished, tmp_path, form):
    bank, run = finished
    first = export_run(run, bank, tmp_path / "first", form)
    (tmp_path / "folder").mkdir()
    second = export_run(run, bank, tmp_path / "folder", form)
    assert second.name == f"run-1.{form}"
    assert first.read_bytes() == second.read_bytes()


def test_export_of_an_unfinished_run_another_bank_or_damaged_files_is_a_fault(finished, tmp_path):
    bank, run = finished
    (tmp_path / "other").mkdir()
    other = bank_of(tmp_path / "other", failing=2)
    codes = [code_of(run, other, tmp_path / "x")]
    codes.append(code_of(run, bank, tmp_path / "missing" / "x"))
    for name, text in [("answers.jsonl", '{"id": '), ("journal.log", ""), ("result.json", "[]")]:
        broken = tmp_path / name.replace(".", "-")
        shutil.copytree(run, broken)
        (broken / name).write_text(text)
        codes.append(code_of(broken, bank, tmp_path / "x"))
    (run / "result.json").unlink()
    codes.append(code_of(run, bank, tmp_path / "x"))
    assert codes == ["export-other-bank", "export-unwritable", *["runs-damaged"] * 3, "export-unfinished"]
    assert not (tmp_path / "x").exists()


def code_of(run, bank, to):
    with pytest.raises(Fault) as caught:
        export_run(run, bank, to, "eval")
    return caught.value.code


def test_export_as_eval_is_read_back_by_inspect(finished, tmp_path):
    log_files = pytest.importorskip("inspect_ai.log", reason="inspect-ai is no dependency; it reads here when present")
    bank, run = finished
    log = log_files.read_eval_log(str(export_run(run, bank, tmp_path / "run.eval", "eval")))
    assert [sample.id for sample in log.samples] == [item.id for item in bank.items]
    assert (log.status, log.version, log.results.completed_samples) == ("success", 2, 12)
    assert [sample.id for sample in log.samples if sample.error] == ["q/12"]
    assert log.samples[0].output.completion == "抱歉，这个问题我不能回答。"
    assert log.samples[0].output.usage.total_tokens == 12
