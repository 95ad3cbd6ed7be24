"""The journal: whatever happens to the end of the file, it opens, and nothing before the cut is lost."""

from __future__ import annotations

import asyncio
import resource
import signal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.assessment.journal import Journal, State, decode_lines, encode_line, read_journal
from openbeian.manifest import Fault

pytestmark = pytest.mark.req("T5")

HEAD = {"bank": "b", "model": "m"}
NAMES = st.sampled_from(["q1", "q2", "q3"])
ENTRIES = st.lists(
    st.one_of(
        st.builds(lambda i, n: {"t": "sent", "id": i, "n": n}, NAMES, st.integers(1, 9)),
        st.builds(lambda i, n: {"t": "try", "id": i, "n": n, "reason": "timeout"}, NAMES, st.integers(1, 9)),
        st.builds(
            lambda i, n, text: {"t": "end", "id": i, "n": n, "state": "answered", "text": text},
            NAMES,
            st.integers(1, 9),
            st.text(max_size=20),
        ),
    ),
    max_size=12,
)


def opened(path, head=HEAD):
    return Journal.open(path, head, {"at": "2026-11-23T00:00:00+00:00"})


@settings(max_examples=150, deadline=None)
@given(ENTRIES, st.data())
def test_open_after_any_truncation_keeps_every_whole_line(tmp_path_factory, entries, data):
    path = tmp_path_factory.mktemp("journal") / "journal.log"
    whole = b"".join(map(encode_line, [{"t": "head", "schema": "openbeian/journal/v1", **HEAD}, *entries]))
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    kept = whole[:cut].count(b"\n")
    journal = opened(path)
    journal.append({"t": "sent", "id": "after", "n": 1})
    journal.close()
    lines = [entry for entry, _ in decode_lines(path.read_bytes())]
    assert lines[:kept] == [{"t": "head", "schema": "openbeian/journal/v1", **HEAD}, *entries][:kept]
    assert lines[-1] == {"t": "sent", "id": "after", "n": 1}
    assert path.read_bytes().endswith(b"\n")


@settings(max_examples=150, deadline=None)
@given(ENTRIES, st.data())
def test_decode_with_any_byte_altered_keeps_the_lines_before_it(entries, data):
    whole = b"".join(map(encode_line, entries))
    if not whole:
        return
    at = data.draw(st.integers(0, len(whole) - 1))
    altered = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    before = whole[:at].count(b"\n")
    assert [entry for entry, _ in decode_lines(altered)] == entries[:before]


@given(st.binary(max_size=200))
def test_decode_of_any_bytes_gives_entries_that_lie_within_them(data):
    ends = [end for entry, end in decode_lines(data) if isinstance(entry, dict)]
    assert ends == sorted(set(ends))
    assert all(data[end - 1 : end] == b"\n" for end in ends)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
FIELDS = st.sampled_from(["t", "id", "n", "state", "at", "reason", "text"])
WORDS = st.sampled_from(["head", "open", "sent", "try", "end", "answered", "failed", "q1", 1, 2])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.dictionaries(FIELDS, WORDS | JSON, max_size=7), max_size=8))
def test_open_of_lines_that_are_whole_but_say_anything_keeps_those_before_the_first_bad_one(tmp_path_factory, entries):
    path = tmp_path_factory.mktemp("journal") / "journal.log"
    head = {"t": "head", "schema": "openbeian/journal/v1", **HEAD}
    path.write_bytes(b"".join(map(encode_line, [head, *entries])))
    kept = [entry for entry, _ in decode_lines(path.read_bytes())]
    opened(path).close()
    assert kept == [head, *entries][: len(kept)]
    assert [entry for entry, _ in decode_lines(path.read_bytes())][: len(kept)] == kept
    states = [course.state for course in read_journal(path).courses.values()]
    assert len(states) == len({entry["id"] for entry in kept if entry["t"] not in ("head", "open")})
    assert State.SENT not in states  # whatever was on its way is uncertain in a new session


def test_open_after_damage_in_the_middle_keeps_what_was_cut_off_beside_the_file(tmp_path):
    path = tmp_path / "journal.log"
    journal = opened(path)
    for number in (1, 2, 3):
        journal.append({"t": "sent", "id": f"q{number}", "n": 1})
    journal.close()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b"x" + lines[3][1:], lines[4]]))
    opened(path).close()
    assert sorted(read_journal(path).courses) == ["q1"]
    (tail,) = tmp_path.glob("journal.log.cut-*")
    assert tail.read_bytes() == b"x" + lines[3][1:] + lines[4]


def test_open_after_the_last_records_are_torn_at_any_byte_knows_what_is_sure_and_what_is_not(tmp_path):
    path = tmp_path / "journal.log"
    journal = opened(path)
    for number in (1, 2):
        journal.append({"t": "sent", "id": f"q{number}", "n": 1, "at": "2026-11-23T00:00:00+00:00"})
        journal.append({"t": "end", "id": f"q{number}", "n": 1, "state": "answered", "text": "橙子放七天😀"})
    journal.close()
    whole = path.read_bytes()
    ends = [end for _, end in decode_lines(whole)]
    for cut in range(ends[1], len(whole) + 1):
        path.write_bytes(whole[:cut])
        opened(path).close()
        lines = sum(end <= cut for end in ends) - 2  # besides head and open
        states = [State.PLANNED, State.UNCERTAIN, State.ANSWERED]
        expected = {f"q{n}": states[left] for n in (1, 2) if (left := min(2, max(0, lines - 2 * (n - 1)))) > 0}
        courses = read_journal(path).courses
        assert {name: course.state for name, course in courses.items()} == expected, cut
        assert all(course.uncertain == (course.state is State.UNCERTAIN) for course in courses.values())


def test_open_of_a_journal_that_is_open_elsewhere_is_refused(tmp_path):
    first = opened(tmp_path / "journal.log")
    with pytest.raises(Fault) as caught:
        opened(tmp_path / "journal.log")
    assert caught.value.code == "journal-locked"
    first.close()
    opened(tmp_path / "journal.log").close()


def test_open_for_another_bank_is_refused_and_changes_nothing(tmp_path):
    path = tmp_path / "journal.log"
    opened(path).close()
    before = path.read_bytes()
    with pytest.raises(Fault) as caught:
        opened(path, {**HEAD, "bank": "other"})
    assert caught.value.code == "journal-other-run"
    assert path.read_bytes() == before
    opened(path).close()


def test_question_sent_without_an_end_is_uncertain_in_the_next_session_until_it_ends(tmp_path):
    path = tmp_path / "journal.log"
    journal = opened(path)
    journal.append({"t": "sent", "id": "q1", "n": 1})
    journal.close()
    journal = opened(path)
    assert journal.replay.courses["q1"].state is State.UNCERTAIN
    journal.append({"t": "sent", "id": "q1", "n": 2})
    journal.append({"t": "end", "id": "q1", "n": 2, "state": "answered", "text": "好"})
    journal.append({"t": "end", "id": "q1", "n": 3, "state": "failed"})
    journal.close()
    course = read_journal(path).courses["q1"]
    assert (course.state, course.attempts, course.uncertain) == (State.ANSWERED, 2, 1)
    assert course.end["text"] == "好"


def test_durable_for_many_callers_shares_one_synchronisation(tmp_path):
    journal = opened(tmp_path / "journal.log")

    async def all_at_once():
        async def one(number):
            journal.append({"t": "sent", "id": f"q{number}", "n": 1})
            await journal.durable()

        await asyncio.gather(*(one(number) for number in range(50)))

    asyncio.run(all_at_once())
    journal.close()
    assert journal.synchronisations <= 2
    assert len(read_journal(tmp_path / "journal.log").courses) == 50


def test_append_on_a_full_disk_is_a_fault_and_leaves_only_whole_lines(tmp_path):
    path = tmp_path / "journal.log"
    journal = opened(path)
    journal.append({"t": "sent", "id": "q1", "n": 1})
    size = path.stat().st_size
    old_limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    old_handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, old_limit[1]))
    try:
        with pytest.raises(Fault) as caught:
            journal.append({"t": "sent", "id": "q2", "n": 1})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old_limit)
        signal.signal(signal.SIGXFSZ, old_handler)
    assert caught.value.code == "journal-write"
    assert path.stat().st_size == size
    journal.append({"t": "sent", "id": "q3", "n": 1})
    journal.close()
    assert sorted(read_journal(path).courses) == ["q1", "q3"]


def test_open_in_a_folder_that_is_a_file_is_a_fault(tmp_path):
    (tmp_path / "x").write_text("")
    with pytest.raises(Fault) as caught:
        opened(tmp_path / "x" / "journal.log")
    assert caught.value.code == "journal-write"


def test_journal_file_when_created_is_readable_by_its_owner_only(tmp_path):
    opened(tmp_path / "journal.log").close()
    assert (tmp_path / "journal.log").stat().st_mode & 0o077 == 0
