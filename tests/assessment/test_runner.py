"""The runner over real HTTP: every question exactly one terminal record, whatever the service or the machine does."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random

import pytest

from openbeian.assessment import Endpoint, Limits, load_bank, run_bank
from openbeian.assessment.answers import Reason
from openbeian.assessment.journal import State, decode_lines, read_journal
from openbeian.assessment.runner import outcome_of
from openbeian.manifest import Fault
from tests.assessment import fake_service as fake
from tests.assessment.run_in_process import Processes

pytestmark = pytest.mark.req("T5")

NOW = datetime(2026, 11, 23, tzinfo=UTC)
QUICK = Limits(attempts=3, request_seconds=5, question_seconds=10, backoff_seconds=0.001)


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
        with Processes(tmp_path / "bank.jsonl", service.url, tmp_path / "journal.log", 2) as processes:
            process = processes.start()
            service.wait_until_asked(1)
            with pytest.raises(Fault) as caught:
                run(service, bank, tmp_path)
            os.kill(process, signal.SIGKILL)
    assert caught.value.code == "journal-locked"


def kill_at_any_byte(service, processes, journal, random):
    """Let the process die within the write that brings the journal to some random size."""
    before = journal.stat().st_size if journal.exists() else 0
    processes.start(before + random.randint(1, 8_000))
    assert processes.ended() == -signal.SIGKILL


def kill_in_flight(service, processes, journal, random):
    """Kill the process when as many requests as it may have in flight have arrived, and nothing else moves."""
    service.hold_after = service.asked.total() + random.randint(0, 12)
    process = processes.start()
    service.wait_until_asked(service.hold_after + 16)
    os.kill(process, signal.SIGKILL)
    assert processes.ended() == -signal.SIGKILL
    service.hold_after = None


def kill_and_lose_power(service, processes, journal, random):
    """Kill the process in flight, and lose the end of its last line as well."""
    kill_in_flight(service, processes, journal, random)
    journal.write_bytes(journal.read_bytes()[: -random.randint(1, 60)])


def kill_ten_times(service, bank, folder, kill):
    """Run and kill and go on, ten times; whatever was ended stays as it was, and the states add up to the bank."""
    journal, random, ended = folder / "journal.log", Random(20261123), {}
    with Processes(folder / "bank.jsonl", service.url, journal, 16) as processes:
        for _ in range(10):
            kill(service, processes, journal, random)
            courses = read_journal(journal).courses
            now_ended = {name: course.end for name, course in courses.items() if course.end}
            if kill is not kill_and_lose_power:
                assert ended.items() <= now_ended.items()
            ended = now_ended
            assert sum(outcome_of(bank, read_journal(journal), NOW).states.values()) == len(bank.items)
    return run(service, bank, folder)


@pytest.mark.parametrize("kill", [kill_at_any_byte, kill_in_flight, kill_and_lose_power])
def test_run_killed_ten_times_keeps_exactly_one_terminal_record_a_question(tmp_path, kill):
    bank = bank_of(tmp_path, [f"第{n}题" for n in range(200)])
    with fake.FakeService() as service:
        outcome = kill_ten_times(service, bank, tmp_path, kill)
        asked = {item.id: service.asked[item.text] for item in bank.items}
    ends = Counter(entry["id"] for entry in entries_of(tmp_path) if entry["t"] == "end")
    attempts = {name: reply.attempts for name, reply in outcome.replies.items()}
    assert ends == Counter(asked.keys())
    assert outcome.states[State.ANSWERED] == 200
    assert outcome.sessions == 11
    if kill is not kill_and_lose_power:  # a torn line may be the very end record of an answer
        assert all(reply.uncertain == reply.attempts - 1 for reply in outcome.replies.values())
        assert all(1 <= asked[name] <= attempts[name] for name in asked)  # every double asking is on record
        assert outcome.asked_again > 0
    if kill is kill_in_flight:  # every request that was written down had arrived
        assert attempts == asked
        assert outcome.asked_again == 160
    assert run_again(service, bank, tmp_path) == 200


def run_again(service, bank, folder):
    """Ask a finished bank once more: nothing is asked, everything is still answered."""
    with fake.FakeService() as other:
        outcome = run(other, bank, folder)
        assert not other.asked
    return outcome.states[State.ANSWERED]


def test_endpoint_from_host_version_or_full_address_asks_the_same_place():
    addresses = ["http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/v1/chat/completions"]
    assert {Endpoint(url, "m", {}).address for url in addresses} == {"http://h:1/v1/chat/completions"}


@pytest.mark.parametrize(
    ("url", "key", "code"),
    [
        ("", None, "endpoint-address"),
        ("localhost:8000", None, "endpoint-address"),
        ("ftp://h/v1", None, "endpoint-address"),
        ("http://", None, "endpoint-address"),
        ("http://[::1/v1", None, "endpoint-address"),
        ("http://h/v1?key=SECRET", None, "endpoint-address"),
        ("https://me:SECRET@h/v1", None, "endpoint-secret"),
        ("http://h", "SECRET\nX-More: 1", "endpoint-key"),
        ("http://h", "密钥", "endpoint-key"),
    ],
)
def test_endpoint_that_cannot_be_asked_or_must_not_be_recorded_is_a_fault_without_the_secret(url, key, code):
    with pytest.raises(Fault) as caught:
        Endpoint(url, "m", {}, api_key=key)
    assert caught.value.code == code
    assert "SECRET" not in caught.value.text()


def test_run_with_a_key_sends_it_and_writes_it_nowhere(tmp_path):
    bank = bank_of(tmp_path, ["甲"])
    with fake.FakeService() as service:
        endpoint = Endpoint(service.url, "fake", {}, api_key="sk-SECRET")
        run_bank(bank, endpoint, tmp_path / "journal.log", concurrency=1, now=NOW, random=Random(1))
        assert service.keys == {"Bearer sk-SECRET"}
    assert not [path for path in tmp_path.rglob("*") if b"SECRET" in path.read_bytes()]


def test_run_records_seed_and_parameters_first_and_what_came_back_last(tmp_path):
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "cost": 1.5, "other": "x"}
    bank = bank_of(tmp_path, ["甲"])
    with fake.FakeService({"甲": fake.reply_with(fake.body("好") | {"usage": usage})}) as service:
        outcome = run(service, bank, tmp_path, seed="5eed")
        with pytest.raises(Fault) as caught:
            run(service, bank, tmp_path, seed="other")
    head, _, _, end = entries_of(tmp_path)
    assert (head["t"], head["seed"], head["parameters"]) == ("head", "5eed", {"temperature": 0})
    assert end["usage"] == {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    assert end["request_sha256"] == sha256(Endpoint("http://h", "fake", {"temperature": 0}).request("甲")).hexdigest()
    assert end["answer_sha256"] == sha256("好".encode()).hexdigest()
    assert (end["model"], end["fingerprint"]) == ("fake", fake.FINGERPRINT)
    assert 0 <= end["latency_ms"] <= end["ms"]
    assert outcome.replies["q0"].usage == end["usage"]
    assert caught.value.code == "journal-other-run"


@pytest.mark.parametrize(
    "value",
    [
        fake.body("好") | {"model": "\ud800", "system_fingerprint": "x" * 100_000},
        fake.body("好") | {"usage": {"total_tokens": -1, "prompt_tokens": True, "completion_tokens": 10**30}},
        fake.body("好") | {"usage": [1], "model": 3, "system_fingerprint": {}},
        {"error": "\ud800" * 300},
        json.loads("[" * 500 + "]" * 500),
    ],
)
def test_run_over_odd_json_writes_one_line_that_can_be_read_again(tmp_path, value):
    with fake.FakeService({"怪": fake.reply_with(value)}) as service:
        outcome = run(service, bank_of(tmp_path, ["怪", "好问题"]), tmp_path)
    assert outcome.states[State.ANSWERED] + outcome.states[State.FAILED] == 2
    assert [entry["t"] for entry in entries_of(tmp_path)].count("end") == 2
    assert (tmp_path / "journal.log").stat().st_size < 5_000


def test_run_over_an_answer_squeezed_from_100_mebibytes_cuts_it_off(tmp_path):
    with fake.FakeService({"大": fake.squeezed}) as service:
        outcome = run(service, bank_of(tmp_path, ["大"]), tmp_path)
    assert outcome.replies["q0"].reason is Reason.TOO_LARGE


def test_run_over_a_service_that_goes_away_stops_and_another_service_finishes_it(tmp_path):
    bank = bank_of(tmp_path, [*(f"第{n}题" for n in range(40)), "消失", *(f"后{n}题" for n in range(100))])
    once = Limits(attempts=1, request_seconds=5)
    with fake.FakeService({"消失": fake.vanish}) as service:
        first = run(service, bank, tmp_path, limits=once)
    assert first.stopped
    assert {reply.reason for reply in first.replies.values()} == {None, Reason.CONNECTION}
    assert sum(first.states.values()) == 141
    with fake.FakeService() as service:
        second = run(service, bank, tmp_path)
    assert second.states[State.ANSWERED] + first.states[State.FAILED] == sum(second.states.values()) == 141
    assert first.replies.items() <= second.replies.items()


def test_run_told_to_wait_holds_every_worker(tmp_path):
    bank = bank_of(tmp_path, ["等", *(f"第{n}题" for n in range(60))])
    limits = Limits(attempts=3, question_seconds=0.3, request_seconds=5, backoff_seconds=0.001)
    with fake.FakeService({"等": fake.refuse_with(429, Retry_After="3600")}) as service:
        outcome = run(service, bank, tmp_path, limits=limits, concurrency=4)
    entries = entries_of(tmp_path)
    told = next(n for n, entry in enumerate(entries) if entry["t"] == "try")
    at = next(
        datetime.fromisoformat(entry["at"]) for entry in entries[told:] if entry.get("id") == "q0" and "at" in entry
    )
    later = [datetime.fromisoformat(entry["at"]) - at for entry in entries[told:] if entry["t"] == "sent"]
    assert len(later) >= 56
    assert min(later).total_seconds() > 0.15
    assert outcome.states[State.ANSWERED] == 60


def test_run_with_a_rate_asks_no_faster(tmp_path):
    limits = Limits(request_seconds=5, requests_per_second=200, burst=3, tokens_per_minute=600_000)
    with fake.FakeService() as service:
        outcome = run(service, bank_of(tmp_path, [f"第{n}题" for n in range(30)]), tmp_path, limits=limits)
    sent = [datetime.fromisoformat(entry["at"]) for entry in entries_of(tmp_path) if entry["t"] == "sent"]
    assert (sent[-1] - sent[0]).total_seconds() >= 26 / 200  # 3 at once, the 27 others one by one
    assert outcome.states[State.ANSWERED] == 30


def test_run_with_a_rate_of_nothing_is_a_fault_before_a_journal_is_begun(tmp_path):
    with fake.FakeService() as service, pytest.raises(Fault) as caught:
        run(service, bank_of(tmp_path, ["甲"]), tmp_path, limits=Limits(requests_per_second=0))
    assert caught.value.code == "assessment-rate"
    assert not (tmp_path / "journal.log").exists()


def test_run_under_a_clock_that_goes_back_ends_and_says_so(tmp_path):
    bank = bank_of(tmp_path, ["等", "乙"])
    with fake.FakeService({"等": fake.flaky}) as service:
        first = run(service, bank, tmp_path, ticks=lambda: -time.monotonic())
        run_bank(
            bank,
            Endpoint(service.url, "fake", {"temperature": 0}),
            tmp_path / "journal.log",
            concurrency=1,
            now=NOW - timedelta(days=1),
            random=Random(1),
        )
    assert first.states[State.ANSWERED] == 2
    assert all(reply.milliseconds == 0 for reply in first.replies.values())
    back = [entry.get("clock_back_seconds", 0) for entry in entries_of(tmp_path) if entry["t"] == "open"]
    assert back[0] == 0
    assert back[1] == pytest.approx(86_400, abs=60)


@pytest.mark.parametrize(
    ("failing", "failed"), [(range(100, 200), 51), ([n for n in range(200) if n % 5 in {1, 3}], 80)]
)
def test_run_stops_when_more_than_half_of_the_last_hundred_fail_and_not_before(tmp_path, failing, failed):
    bank = bank_of(tmp_path, [f"{'坏' if n in failing else '好'}{n}" for n in range(200)])
    with fake.FakeService({"坏": fake.refuse_with(400)}) as service:
        outcome = run(service, bank, tmp_path, concurrency=1)
    assert outcome.states[State.FAILED] == failed
    assert bool(outcome.stopped) is (failed == 51)
    assert sum(outcome.states.values()) == 200
