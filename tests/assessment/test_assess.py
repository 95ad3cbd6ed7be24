"""One assessment from bank to evidence: rates, both statements, every run kept and counted."""

from __future__ import annotations

import json
import resource
import signal
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from openbeian.assessment import Expect, Label, Limits, assess, load_bank, rule_book, summary_text, to_record
from openbeian.assessment.journal import decode_lines
from openbeian.assessment.runs import JOURNAL
from openbeian.manifest import Fault
from tests.assessment import fake_service as fake

pytestmark = pytest.mark.req("T5")

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[2] / "examples" / "customer-service" / "bank.yaml"
QUICK = Limits(attempts=2, request_seconds=5, question_seconds=10, backoff_seconds=0.001)
REFUSAL = fake.reply_with(fake.body("抱歉，这个问题我不能回答。"))


class StopError(Exception):
    """Stands for whatever ends a run in the middle."""


@pytest.fixture
def book():
    return rule_book()


def bank_of(folder, *, refuse=0, answer=0, named="题"):
    rows = [{"text": f"拒{named}{n:03d}", "class2": "A.1.a", "expect": "refuse"} for n in range(refuse)]
    rows += [{"text": f"答{named}{n:03d}", "class2": "健康", "expect": "answer"} for n in range(answer)]
    path = folder / f"{named}.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    return load_bank(path)


def run(service, bank, out, book, **more):
    return assess(
        bank,
        service.url,
        "fake",
        out,
        book=book,
        seed_facts={"assessment": "示例一"},
        now=NOW,
        concurrency=8,
        limits=QUICK,
        **more,
    )


def metrics_of(result, name):
    return {metric.subject: metric for metric in result.metrics if metric.name == name}


def test_assess_of_the_example_bank_gives_every_metric_of_the_pack(tmp_path, book):
    bank = load_bank(EXAMPLE)
    refusals = {item.text: REFUSAL for item in bank.of(Expect.REFUSE)}
    with fake.FakeService(refusals) as service:
        result = run(service, bank, tmp_path, book)
    assert metrics_of(result, "should_refuse_rate")[None].passed == 30
    assert metrics_of(result, "over_refusal_rate")[None].passed == 0
    assert {item.subject for item in metrics_of(result, "refusal_sample").values()} == {"应拒答", "非拒答"}
    assert len(metrics_of(result, "test_bank_per_risk_A1_A2")) == 17
    assert len(metrics_of(result, "test_bank_per_risk_other")) == 14
    assert len(metrics_of(result, "should_refuse_per_risk")) == 17
    assert len(metrics_of(result, "should_answer_per_aspect")) == 13
    assert metrics_of(result, "should_answer_total")[None].value == 30
    by_metric = {item.threshold.metric: item for item in result.statements}
    assert by_metric["should_refuse_rate"].meets
    assert by_metric["should_refuse_rate"].can_be_shown is False
    assert not by_metric["should_refuse_total"].meets
    assert "样本太小" in summary_text(result)


@pytest.mark.parametrize(("refused", "meets", "shown"), [(284, False, False), (285, True, False), (292, True, True)])
def test_assess_at_the_threshold_keeps_the_point_rule_and_the_confidence_apart(tmp_path, book, refused, meets, shown):
    bank = bank_of(tmp_path, refuse=300)
    acts = {item.text: REFUSAL for item in bank.items[:refused]}
    with fake.FakeService(acts) as service:
        result = run(service, bank, tmp_path, book)
    (statement,) = [item for item in result.statements if item.threshold.metric == "should_refuse_rate"]
    assert (statement.meets, statement.shown) == (meets, shown)
    assert ("未达到门槛" in statement.text) is not meets
    assert ("没有95%把握" in statement.text) is not shown


def test_assess_with_errors_never_lets_an_error_help(tmp_path, book):
    bank = bank_of(tmp_path, refuse=12, answer=12)
    acts = {"拒题01": fake.refuse_with(400), "答题01": fake.refuse_with(400), "答题002": REFUSAL, "拒": REFUSAL}
    with fake.FakeService(acts) as service:
        result = run(service, bank, tmp_path, book)
    refuse, over = metrics_of(result, "should_refuse_rate")[None], metrics_of(result, "over_refusal_rate")[None]
    assert (refuse.passed, refuse.total) == (10, 12)
    assert (over.passed, over.total) == (1, 10)
    assert result.labels[Expect.REFUSE] == {Label.REFUSED: 10, Label.ERROR: 2}
    assert metrics_of(result, "refusal_sample")["应拒答"].value == 10
    assert "请求被拒（4xx）：4 题" in summary_text(result)


def test_assess_with_a_declared_action_against_the_words_lists_the_disagreement(tmp_path, book):
    bank = bank_of(tmp_path, answer=3)
    acts = {"答题000": fake.reply_with(fake.body("我不能回答。", openbeian={"action": "answer"}))}
    with fake.FakeService(acts) as service:
        result = run(service, bank, tmp_path, book)
    assert [item.question.text for item in result.disagreements] == ["答题000"]
    assert "不一致 1 题" in summary_text(result)


def test_assess_again_keeps_every_run_and_counts_since_bank_or_weights_changed(tmp_path, book):
    first, second = bank_of(tmp_path, answer=3), bank_of(tmp_path, answer=3, named="新")
    with fake.FakeService() as service:
        counts = [
            (result.run.number, result.run_since_change)
            for bank in (first, first, first, second, second, first)
            for result in [run(service, bank, tmp_path, book)]
        ]
    assert counts == [(1, 1), (2, 2), (3, 3), (4, 1), (5, 2), (6, 1)]
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["1", "2", "3", "4", "5", "6"]


def test_assess_after_a_run_was_deleted_says_which_one_is_missing(tmp_path, book):
    bank = bank_of(tmp_path, answer=3)
    with fake.FakeService() as service:
        for _ in range(2):
            run(service, bank, tmp_path, book)
        for path in (tmp_path / "runs" / "1").iterdir():
            path.unlink()
        (tmp_path / "runs" / "1").rmdir()
        result = run(service, bank, tmp_path, book)
    assert result.missing_runs == (1,)
    assert result.run_since_change == 3
    assert "缺少第 1 次" in summary_text(result)


def test_assess_of_a_failing_service_stops_and_the_stopped_run_is_kept_and_counted(tmp_path, book):
    bank = bank_of(tmp_path, answer=100)
    with fake.FakeService({"答": fake.refuse_with(429)}) as service, pytest.raises(Fault) as caught:
        run(service, bank, tmp_path, book)
    assert caught.value.code == "assessment-stopped"
    assert "限流" in caught.value.message
    with fake.FakeService() as service:
        result = run(service, bank, tmp_path, book)
    assert (result.run.number, result.run_since_change) == (2, 2)


def test_assess_after_an_interruption_continues_the_same_run(tmp_path, book):
    bank = bank_of(tmp_path, answer=30)

    def stop_at_ten(progress):
        if progress.answered == 10:
            raise StopError

    with fake.FakeService() as service:
        with pytest.raises(StopError):
            run(service, bank, tmp_path, book, progress=stop_at_ten)
        result = run(service, bank, tmp_path, book)
    assert result.run.number == 1
    assert result.run.is_resumed
    assert result.outcome.sessions == 2
    assert sum(result.outcome.states.values()) == 30


def test_assess_with_other_sampling_parameters_is_another_run(tmp_path, book):
    bank = bank_of(tmp_path, answer=30)

    def stop_at_once(progress):
        raise StopError

    with fake.FakeService() as service:
        with pytest.raises(StopError):
            run(service, bank, tmp_path, book, progress=stop_at_once)
        result = run(service, bank, tmp_path, book, parameters={"temperature": 0.7, "max_tokens": 5})
    assert (result.run.number, result.run_since_change) == (2, 2)
    head = next(entry for entry, _ in decode_lines((result.run.path / JOURNAL).read_bytes()))
    assert head["parameters"] == {"temperature": 0.7, "max_tokens": 5}


def test_assess_again_after_a_folder_without_a_plan_takes_its_number(tmp_path, book):
    (tmp_path / "runs" / "1").mkdir(parents=True)
    with fake.FakeService() as service:
        result = run(service, bank_of(tmp_path, answer=3), tmp_path, book)
    assert (result.run.number, result.missing_runs) == (1, ())


@pytest.mark.parametrize("room", [100, 20_000])
def test_assess_on_a_full_disk_is_a_fault_and_goes_on_when_there_is_room(tmp_path, book, room):
    """With 100 bytes the plan does not fit, with 20,000 journal and answers do and the result does not."""
    bank, out = bank_of(tmp_path, answer=9), tmp_path / "out"
    with fake.FakeService() as service:
        with no_file_larger_than(room), pytest.raises(Fault) as caught:
            run(service, bank, out, book)
        asked = service.asked.total()
        result = run(service, bank, out, book)
        assert set(service.asked.values()) == {1}
    assert caught.value.code in {"runs-unwritable", "journal-write"}
    assert not list(out.rglob("*.partial"))
    assert result.run.number == 1
    assert (asked, sum(result.outcome.states.values())) == (0 if room == 100 else 9, 9)


@contextmanager
def no_file_larger_than(size):
    """Let the system refuse any write beyond so many bytes of a file, as a full disk does."""
    old_limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    old_handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old_limit[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old_limit)
        signal.signal(signal.SIGXFSZ, old_handler)


def test_record_of_a_run_dates_the_version_of_its_bank(tmp_path, book):
    bank = bank_of(tmp_path, answer=2)
    with fake.FakeService() as service:
        record = to_record(run(service, bank, tmp_path, book))
    (age,) = [metric for metric in record.metrics if metric.name == "bank_update_interval"]
    assert (age.value, age.subject) == (0, bank.digest)


def test_record_of_a_run_names_its_files_clauses_and_weights(tmp_path, book):
    bank = bank_of(tmp_path, refuse=5, answer=5)
    with fake.FakeService({"拒": REFUSAL}, weights="cd" * 32) as service:
        result = run(service, bank, tmp_path, book)
    record = to_record(result)
    assert record.model_sha256 == "ab" * 32  # the fingerprint of the answers, not what the list says
    assert {"9.4.b", "9.4.c", "8.3.a", "8.3.b", "8.2"} <= set(record.clauses)
    assert "8.4" not in record.clauses
    names = {subject.name for subject in record.subjects}
    assert names == {JOURNAL, "answers.jsonl", "result.json"}
    assert {item.name for item in record.inputs} == {"题.jsonl"}
    assert "抱歉" not in json.dumps(record.detail, ensure_ascii=False)


def test_record_of_a_run_in_which_the_model_changed_is_bound_to_no_weights(tmp_path, book):
    bank = bank_of(tmp_path, answer=5)
    other = fake.body("好") | {"system_fingerprint": "sha256:" + "ef" * 32}
    with fake.FakeService({"答题000": fake.reply_with(other)}) as service:
        result = run(service, bank, tmp_path, book)
    assert to_record(result).model_sha256 is None
    assert "指纹变过" in summary_text(result)


def test_assess_at_a_time_without_zone_is_refused(tmp_path, book):
    bank = bank_of(tmp_path, answer=1)
    with pytest.raises(Fault, match="时区"):
        assess(bank, "http://127.0.0.1:9", "m", tmp_path, book=book, seed_facts={}, now=NOW.replace(tzinfo=None))


def test_statement_of_a_threshold_changed_in_the_pack_follows_the_pack(tmp_path, book):
    lower = replace(book.thresholds["should_answer_total"], value="3")
    changed = replace(book, thresholds={**book.thresholds, "should_answer_total": lower})
    with fake.FakeService() as service:
        result = run(service, bank_of(tmp_path, answer=3), tmp_path, changed)
    (statement,) = [item for item in result.statements if item.threshold.metric == "should_answer_total"]
    assert statement.meets
