"""The signed list of a store: what is taken away, put in, or written over is named, whatever happens to the list itself."""

import multiprocessing
import os
import resource
import shutil
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from openbeian.evidence import EvidenceKind, Record, SigningKey, Store, index, store
from openbeian.manifest import Fault

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
KEY = SigningKey("test", bytes(range(32)))
OTHER = SigningKey("other", bytes(32))
TRUSTED = [KEY.public]


def a_record(title: str) -> Record:
    return Record(kind=EvidenceKind.ASSESSMENT_RUN, title=title, made_at=NOW, tool="test")


@pytest.fixture
def three(tmp_path):
    """A store with three records."""
    kept = Store(tmp_path / "evidence")
    kept.digests = [kept.add(a_record(title), KEY).digest for title in "abc"]
    assert kept.verify(TRUSTED) == []
    return kept


def codes(kept) -> list[tuple[str, str]]:
    return [(problem.code, Path(problem.file).stem) for problem in kept.verify(TRUSTED)]


@pytest.mark.req("T1d")
def test_a_record_that_was_taken_away_is_missed(three):
    (three.root / "records" / f"{three.digests[1]}.json").unlink()
    assert codes(three) == [("evidence-lost", three.digests[1])]
    # Adding others does not make it forgotten, and having it again settles it.
    three.add(a_record("d"), KEY)
    assert codes(three) == [("evidence-lost", three.digests[1])]
    three.add(a_record("b"), KEY)
    assert codes(three) == []


@pytest.mark.req("T1d")
@pytest.mark.parametrize("damage", ["truncated", "emptied", "replaced", "made a folder"])
def test_a_damaged_record_is_named_with_the_way_out_and_no_finding_is_made(three, damage):
    path, other = (three.root / "records" / f"{digest}.json" for digest in three.digests[:2])
    content = {"truncated": path.read_bytes()[:-40], "emptied": b"", "replaced": other.read_bytes()}.get(damage)
    path.unlink()
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    (problem,) = three.verify(TRUSTED)
    assert Path(problem.file) == path
    assert problem.remedy
    for act in (three.views, three.list, lambda: three.get(three.digests[0])):
        with pytest.raises(Fault) as fault:
            act()
        assert fault.value.file == str(path)


@pytest.mark.req("F2")
def test_nothing_is_found_on_a_store_that_lost_a_record_or_whose_list_is_damaged(three):
    assert len(three.views()) == 3
    (three.root / "records" / f"{three.digests[1]}.json").unlink()
    with pytest.raises(Fault) as fault:
        three.views()
    assert fault.value.code == "evidence-lost"
    assert three.digests[1] in fault.value.file
    (three.root / "index").write_bytes(b"damaged")
    with pytest.raises(Fault, match="索引"):
        three.views()
    (three.root / "index").unlink()
    assert len(three.views()) == 2


@pytest.mark.req("T1d")
def test_a_record_of_a_stranger_put_in_by_hand_is_named_and_never_listed(three, tmp_path):
    strange = Store(tmp_path / "other").add(a_record("x"), OTHER)
    name = f"{strange.digest}.json"
    shutil.copy(tmp_path / "other" / "records" / name, three.root / "records" / name)
    expected = [("evidence-unlisted", strange.digest), ("unknown-signer", strange.digest)]
    assert codes(three) == expected
    three.add(a_record("d"), KEY)
    assert codes(three) == expected


@pytest.mark.req("T1d")
def test_every_altered_byte_of_the_list_is_found(three):
    path = three.root / "index"
    whole = path.read_bytes()
    for position in range(len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        assert codes(three)[0][0] in {"index-altered", "index-unreadable"}, position
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        assert codes(three)[0][0] == "index-altered"


def test_a_damaged_list_stops_writing_before_anything_is_written(three):
    (three.root / "index").write_bytes(b"damaged")
    with pytest.raises(Fault) as fault:
        three.add(a_record("d"), KEY)
    assert fault.value.code == "index-altered"
    assert fault.value.remedy
    assert len(list((three.root / "records").glob("*"))) == 3


def test_a_list_from_before_does_not_know_the_later_records(three):
    before = (three.root / "index").read_bytes()
    later = three.add(a_record("d"), KEY)
    (three.root / "index").write_bytes(before)
    assert codes(three) == [("evidence-unlisted", later.digest)]


def test_a_list_signed_anew_by_a_stranger_is_named(three):
    index.write_index(three.root, tuple(three.digests[:2]), OTHER)
    (three.root / "records" / f"{three.digests[2]}.json").unlink()
    assert codes(three) == [("unknown-signer", "index")]


def test_a_lost_list_is_said_and_made_again(three):
    (three.root / "index").unlink()
    assert codes(three) == [("index-lost", "index")]
    three.add(a_record("a"), KEY)
    assert codes(three) == []


def _write(task) -> None:
    folder, titles = task
    for title in titles:
        Store(Path(folder)).add(a_record(title), KEY)


def test_writers_at_once_lose_nothing_and_list_everything(tmp_path):
    tasks = [(str(tmp_path), [f"{writer}-{number}" for number in range(15)]) for writer in range(4)]
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.map(_write, tasks)
    assert len(Store(tmp_path).list()) == 60
    assert Store(tmp_path).verify(TRUSTED) == []


def _write_on(folder, pipe) -> None:
    for number in range(100_000):
        pipe.send(Store(Path(folder)).add(a_record(str(number)), KEY).digest)


@pytest.mark.parametrize("after", [1, 2, 5, 9])
def test_a_writer_killed_in_the_middle_loses_nothing_it_reported(tmp_path, after):
    ours, theirs = multiprocessing.Pipe(duplex=False)
    writer = multiprocessing.get_context("fork").Process(target=_write_on, args=(str(tmp_path), theirs))
    writer.start()
    theirs.close()
    told = [ours.recv() for _ in range(after)]
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    kept = Store(tmp_path)
    assert {stored.digest for stored in kept.list()} >= set(told)
    # At most the one record in hand is not on the list yet; the next writer puts it there.
    assert [code for code, _ in codes(kept)] in ([], ["evidence-unlisted"])
    kept.add(a_record("after"), KEY)
    assert codes(kept) == []


def _write_within(folder, most_bytes, pipe) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    try:
        Store(Path(folder)).add(a_record("d" * 100), KEY)
    except Fault as fault:
        pipe.send((fault.code, fault.message, fault.remedy))


@pytest.mark.parametrize("most_bytes", [0, 10, 400])
def test_a_disk_that_takes_no_more_leaves_what_was_there_whole(three, most_bytes):
    before = {path: path.read_bytes() for path in three.root.rglob("*") if path.is_file()}
    ours, theirs = multiprocessing.Pipe(duplex=False)
    writer = multiprocessing.get_context("fork").Process(
        target=_write_within, args=(str(three.root), most_bytes, theirs)
    )
    writer.start()
    code, message, remedy = ours.recv()
    writer.join()
    assert code == "disk-full"
    assert "已有内容完好" in message
    assert remedy
    assert {path: path.read_bytes() for path in three.root.rglob("*") if path.is_file()} == before


def test_a_list_that_cannot_be_written_leaves_the_record_for_the_next_time(three, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write_index", full)
    with pytest.raises(Fault) as fault:
        three.add(a_record("d"), KEY)
    assert fault.value.code == "disk-full"
    monkeypatch.undo()
    assert [code for code, _ in codes(three)] == ["evidence-unlisted"]
    three.add(a_record("d"), KEY)
    assert codes(three) == []
