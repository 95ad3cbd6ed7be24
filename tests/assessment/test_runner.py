"""The runner over real HTTP: every question exactly one terminal record, whatever the service or the machine does."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from openbeian.assessment import Endpoint, Limits, load_bank, run_bank
from openbeian.assessment.answers import Reason
from openbeian.assessment.journal import State, decode_lines, read_journal
from openbeian.assessment.runner import outcome_of
from openbeian.manifest import Fault
from tests.assessment import fake_service as fake

pytestmark = pytest.mark.req("T5")

NOW = datetime(2026, 11, 23, tzinfo=UTC)
QUICK = Limits(attempts=3, request_seconds=5, question_seconds=10, backoff_seconds=0.001)
SCRIPT = Path(__file__).with_name("run_in_process.py")


def bank_of(folder, texts):
    path = folder / "bank.jsonl"
    path.write_text("\n".join(json.dumps({"id": f"q{n}", "text": text}) for n, text in enumerate(texts)))
    return load_bank(path)


def run(service, bank, folder, *, limits=QUICK, is_stream=False, concurrency=8, **more):
    endpoint = Endpoint(service.url, "fake", {"temperature": 0}, is_stream=is_stream)
    return run_bank(
        bank,
        endpoint,
        folder / "journal.log",
        concurrency=concurrency,
        now=NOW,
        random=Random(1),
        limits=limits,
        **more,
    )


def entries_of(folder):
    return [entry for entry, _ in decode_lines((folder / "journal.log").read_bytes())]


@pytest.mark.parametrize("is_stream", [False, True])
def test_run_over_a_sound_service_answers_every_question_once(tmp_path, is_stream):
    bank = bank_of(tmp_path, [f"第{n}种水果😀" for n in range(60)])
    seen = []
    with fake.FakeService() as service:
        outcome = run(service, bank, tmp_path, is_stream=is_stream, progress=seen.append)
        assert set(service.asked.values()) == {1}
    assert outcome.states[State.ANSWERED] == sum(outcome.states.values()) == 60
    assert {reply.text for reply in outcome.replies.values()} == {"答：" + item.text for item in bank.items}
    assert all(p.planned + p.sent + p.answered + p.failed + p.uncertain == p.total == 60 for p in seen)
    assert (seen[-1].answered, len(seen)) == (60, 60)
    assert outcome.identity.fingerprints == (fake.FINGERPRINT,)
    assert outcome.identity.weights_sha256 == "ab" * 32


def test_run_writes_sent_before_and_one_end_after_each_question(tmp_path):
    bank = bank_of(tmp_path, [f"问{n}" for n in range(10)])
    with fake.FakeService() as service:
        run(service, bank, tmp_path)
    kinds = {}
    for entry in entries_of(tmp_path)[2:]:
        kinds.setdefault(entry["id"], []).append(entry["t"])
    assert kinds == {item.id: ["sent", "end"] for item in bank.items}


@pytest.mark.parametrize("is_stream", [False, True])
def test_run_over_misbehaviour_records_each_failure_with_its_reason(tmp_path, is_stream):
    acts = {
        "网页": (fake.html, Reason.NOT_JSON),
        "限流": (fake.refuse_with(429), Reason.RATE_LIMITED),
        "坏请求": (fake.refuse_with(400), Reason.CLIENT_ERROR),
        "服务错": (fake.refuse_with(500), Reason.SERVER_ERROR),
        "转走": (fake.refuse_with(302, Location="http://127.0.0.1:1/"), Reason.REDIRECT),
        "无选项": (fake.reply_with({"choices": []}), Reason.WRONG_SHAPE),
        "列表": (fake.reply_with([1, 2]), Reason.WRONG_SHAPE),
        "非文字": (fake.reply_with(fake.body({"a": 1})), Reason.WRONG_SHAPE),
        "报错": (fake.reply_with({"error": {"message": "x"}}), Reason.WRONG_SHAPE),
        "半截流": (fake.half, Reason.HALF_STREAM if is_stream else Reason.NOT_JSON),
        "半截": (fake.broken, Reason.HALF_STREAM),
    }
    bank = bank_of(tmp_path, [*acts, "好问题"])
    with fake.FakeService({word: act for word, (act, _) in acts.items()}) as service:
        outcome = run(service, bank, tmp_path, is_stream=is_stream)
    reasons = {item.text: outcome.replies[item.id].reason for item in bank.items}
    assert reasons == {word: reason for word, (_, reason) in acts.items()} | {"好问题": None}
    assert outcome.states[State.FAILED] == len(acts)


@pytest.mark.parametrize(("status", "asked"), [(400, 1), (401, 1), (404, 1), (408, 3), (409, 3), (429, 3), (500, 3)])
def test_run_after_a_refusing_status_asks_again_only_where_it_may_help(tmp_path, status, asked):
    bank = bank_of(tmp_path, ["坏"])
    with fake.FakeService({"坏": fake.refuse_with(status)}) as service:
        run(service, bank, tmp_path)
        assert service.asked["坏"] == asked
    assert read_journal(tmp_path / "journal.log").courses["q0"].attempts == asked


def test_run_over_a_service_that_recovers_answers_and_keeps_the_attempts(tmp_path):
    with fake.FakeService({"晃": fake.flaky}) as service:
        outcome = run(service, bank_of(tmp_path, ["晃"]), tmp_path)
    assert (outcome.replies["q0"].state, outcome.replies["q0"].attempts) == (State.ANSWERED, 3)
    assert outcome.asked_again == 0


@pytest.mark.parametrize("wait", ["3600", "Mon, 23 Nov 2026 09:00:00 GMT"])
def test_run_told_to_wait_longer_than_the_limit_gives_up_without_asking_again(tmp_path, wait):
    limits = Limits(attempts=3, question_seconds=0.05, backoff_seconds=0.001)
    with fake.FakeService({"等": fake.refuse_with(429, Retry_After=wait)}) as service:
        outcome = run(service, bank_of(tmp_path, ["等"]), tmp_path, limits=limits)
        assert service.asked["等"] == 1
    assert outcome.replies["q0"].reason is Reason.RATE_LIMITED


def test_run_over_a_silent_service_ends_by_the_limits(tmp_path):
    with fake.FakeService({"慢": fake.hang}) as service:
        slow = run(service, bank_of(tmp_path, ["慢"]), tmp_path / "a", limits=Limits(attempts=1, request_seconds=0.05))
        wall = run(
            service,
            bank_of(tmp_path, ["慢"]),
            tmp_path / "b",
            limits=Limits(attempts=1, question_seconds=0.05),
        )
    assert slow.replies["q0"].reason is Reason.TIMEOUT
    assert wall.replies["q0"].reason is Reason.WALL_LIMIT


@pytest.mark.parametrize("is_stream", [False, True])
def test_run_over_an_answer_of_100_mebibytes_cuts_it_off_early(tmp_path, is_stream):
    with fake.FakeService({"大": fake.huge}) as service:
        outcome = run(service, bank_of(tmp_path, ["大"]), tmp_path, is_stream=is_stream)
        assert service.bytes_sent < 50 * fake.MEBIBYTE
        assert service.asked["大"] == 1
    assert outcome.replies["q0"].reason is Reason.TOO_LARGE
    assert (tmp_path / "journal.log").stat().st_size < 10_000


def test_run_when_most_recent_questions_fail_stops_and_loses_none(tmp_path):
    bank = bank_of(tmp_path, [f"限流{n}" for n in range(200)])
    with fake.FakeService({"限流": fake.refuse_with(429)}) as service:
        outcome = run(service, bank, tmp_path)
    assert outcome.stopped
    assert 20 <= outcome.states[State.FAILED] < 40
    assert outcome.states[State.FAILED] + outcome.states[State.PLANNED] == 200


def test_run_against_nobody_is_a_fault_that_names_the_address(tmp_path):
    endpoint = Endpoint("http://127.0.0.1:9", "fake", {})
    with pytest.raises(Fault, match=r"127\.0\.0\.1:9") as caught:
        run_bank(bank_of(tmp_path, ["甲"]), endpoint, tmp_path / "j.log", concurrency=1, now=NOW, random=Random(1))
    assert caught.value.code == "endpoint-unreachable"


def test_run_on_a_journal_in_use_is_refused(tmp_path):
    bank = bank_of(tmp_path, [f"问{n}" for n in range(4)])
    with fake.FakeService() as service:
        service.hold_after = 0
        command = [sys.executable, SCRIPT, tmp_path / "bank.jsonl", service.url, tmp_path / "journal.log", "2"]
        with subprocess.Popen(command) as process:
            service.wait_until_asked(1)
            with pytest.raises(Fault) as caught:
                run(service, bank, tmp_path)
            process.kill()
    assert caught.value.code == "journal-locked"


@pytest.mark.parametrize("tear", [0, 3])
def test_run_killed_four_times_keeps_exactly_one_terminal_record_a_question(tmp_path, tear):
    bank = bank_of(tmp_path, [f"第{n}题" for n in range(200)])
    journal = tmp_path / "journal.log"
    with fake.FakeService() as service:
        for killed_at in (1, 37, 90, 151):
            service.hold_after = killed_at + 8
            command = [sys.executable, SCRIPT, tmp_path / "bank.jsonl", service.url, journal, "16"]
            with subprocess.Popen(command) as process:
                service.wait_until_asked(killed_at)
                process.send_signal(signal.SIGKILL)
                assert process.wait() == -signal.SIGKILL
            journal.write_bytes(journal.read_bytes()[: -tear or None])
            states = outcome_of(bank, read_journal(journal), NOW).states
            assert sum(states.values()) == 200
        service.hold_after = None
        outcome = run(service, bank, tmp_path)
        asked = Counter({item.id: service.asked[item.text] for item in bank.items})
    ends = Counter(entry["id"] for entry in entries_of(tmp_path) if entry["t"] == "end")
    assert set(ends.values()) == {1}
    assert len(ends) == 200
    assert outcome.states[State.ANSWERED] == 200
    assert outcome.sessions == 5
    if not tear:  # a torn last line may be the very end record of an answer
        assert all(asked[name] - 1 <= reply.uncertain for name, reply in outcome.replies.items())
        assert outcome.asked_again == sum(reply.uncertain for reply in outcome.replies.values()) > 0
    again = run_again(service, bank, tmp_path)
    assert again == 200


def run_again(service, bank, folder):
    """Ask a finished bank once more: nothing is asked, everything is still answered."""
    with fake.FakeService() as other:
        outcome = run(other, bank, folder)
        assert not other.asked
    return outcome.states[State.ANSWERED]


def test_endpoint_from_host_version_or_full_address_asks_the_same_place():
    addresses = ["http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/v1/chat/completions"]
    assert {Endpoint(url, "m", {}).chat_url for url in addresses} == {"http://h:1/v1/chat/completions"}
