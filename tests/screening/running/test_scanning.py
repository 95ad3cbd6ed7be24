"""A scan from files to the merged result: exact whatever happens on the way."""

import dataclasses
import fcntl
import json
import multiprocessing
import os
import signal

import hypothesis
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from openbeian.manifest import Fault
from openbeian.screening import Keyword, Library
from openbeian.screening.columns import Screen
from openbeian.screening.reading import ReadOptions, list_corpus, make_shards
from openbeian.screening.running import ScanOptions, Settings, bundles, parts, run_scan, samples, shard_scan
from openbeian.screening.running import scanning as module
from openbeian.screening.running.plan import LOCK, PARTS, PLAN
from tests.screening.running.corpora import Heavy, Quiet, a_corpus, scan_and_be_killed, scan_on_a_small_disk, settings

pytestmark = pytest.mark.req("T2a", "F1")
ROWS = 400


@pytest.fixture
def small_files(tmp_path):
    """A folder of small files: some without a mention, a row, or text at all."""
    folder = tmp_path / "small"
    folder.mkdir()
    for number in range(40):
        texts = ["云朵苹果", f"第{number}行 电话13800138000", ""][number % 3 :] * (number % 4)
        (folder / f"{number:02d}.txt").write_text("\n".join(texts), encoding="gb18030" if number % 5 else "utf-8")
    (folder / "05.jsonl").write_text('{"text": "示例词"}\n{"text": \n', encoding="utf-8")
    (folder / "17.parquet").write_bytes(b"PAR1 broken PAR1")
    return folder


@pytest.fixture
def corpus(tmp_path):
    return a_corpus(tmp_path / "corpus", ROWS)


def scan(corpus, out, **options):
    return run_scan(
        [corpus],
        settings(options.pop("classifier", None)),
        out,
        ScanOptions(**{"jobs": 1, "shard_bytes": 2_000, **options}),
    )


def facts(result):
    """Everything but how it ran."""
    return {name: value for name, value in vars(result).items() if name not in {"run", "settings", "shards"}}


def test_every_row_and_byte_is_kept_blank_or_rejected(corpus, tmp_path):
    result = scan(corpus, tmp_path / "out")
    rows = {file.name: (file.rows_in, file.rows_given, sum(file.rejected.values())) for file in result.files}
    broken = len(range(0, ROWS, 11))
    assert rows == {
        "lines/a.txt": (400, 400, 0),
        "records/b.jsonl": (400, 400 - broken, broken),
        "records/c.csv": (400, 400, 0),
    }
    assert [file.bytes_in for file in result.files] == [(corpus / file.name).stat().st_size for file in result.files]
    assert {file.source for file in result.files} == {"lines", "records"}


def test_mentions_name_file_row_and_span_of_what_was_written(corpus, tmp_path):
    result = scan(corpus, tmp_path / "out")
    table = pq.read_table(tmp_path / "out" / "hits.parquet").to_pylist()
    lines = (corpus / "lines" / "a.txt").read_text(encoding="utf-8").split("\n")
    of_lines = [row for row in table if row["file"] == "lines/a.txt"]
    assert {lines[row["row"] - 1][row["start"] : row["end"]] for row in of_lines if row["kind"] == "keyword"} == {
        "云朵苹果",
        "云朵",
    }
    assert [row["row"] - 1 for row in of_lines if row["class2"] == "A.1.a"] == list(range(0, ROWS, 7))
    assert [row["row"] - 1 for row in of_lines if row["kind"] == "mobile"] == list(range(0, ROWS, 5))
    assert len(table) == sum(result.total.mentions.values())
    assert result.files[0].tally.rows["harmful"] == len(range(0, ROWS, 7))


def test_processes_and_sizes_of_shards_change_nothing(corpus, tmp_path):
    one = scan(corpus, tmp_path / "one", shard_bytes=None)
    many = scan(corpus, tmp_path / "many", shard_bytes=700)
    assert (many.files, many.mentions) == (one.files, one.mentions)
    two = scan(corpus, tmp_path / "two", jobs=2, shard_bytes=700)
    assert facts(two) == facts(many)


@pytest.mark.parametrize("jobs", [1, 2])
def test_small_files_scanned_together_give_what_each_gives_alone(small_files, tmp_path, monkeypatch, jobs):
    together = scan(small_files, tmp_path / "together", jobs=jobs, shard_bytes=None)
    monkeypatch.setattr(bundles, "BUNDLE_FILES", 7)
    some = scan(small_files, tmp_path / "some", jobs=jobs, shard_bytes=None)
    monkeypatch.setattr(bundles, "SMALL_FILE", -1)
    alone = scan(small_files, tmp_path / "alone", jobs=jobs, shard_bytes=None)
    assert facts(together) == facts(alone) == facts(some)
    assert (len(together.files), together.run["shards"]) == (42, 42)
    assert sum(together.total.mentions.values()) > 40


def test_small_files_are_scanned_alone_when_one_of_them_ends_the_process(small_files, tmp_path, monkeypatch):
    monkeypatch.setattr(bundles, "BUNDLE_FILES", 21)
    for again in (99, 0):
        result = scan(small_files, tmp_path / "out", jobs=2, shard_bytes=None, classifier=Quiet(tmp_path, again))
        given_up = {file.name: file.faults[0]["code"] for file in result.files if file.faults}
        wanted = {"07.txt": "worker-died", "17.parquet": "corpus-damaged"}
        assert given_up == (wanted if again else {"17.parquet": "corpus-damaged"})
    assert result.run["resumed"] == 41
    whole = scan(small_files, tmp_path / "whole", shard_bytes=None, classifier=Quiet(tmp_path, 0))
    assert facts(result) == facts(whole)


def test_a_small_file_that_changes_takes_no_other_with_it(small_files, tmp_path):
    whole = scan(small_files, tmp_path / "whole", shard_bytes=None)

    def grow(done, *_):
        if done:
            (small_files / "03.txt").write_text("云朵又一行", encoding="utf-8")

    result = run_scan([small_files], settings(), tmp_path / "out", ScanOptions(jobs=1), grow)
    assert {file.name: file.faults[0]["code"] for file in result.files if file.faults} == {
        "03.txt": "corpus-changed",
        "17.parquet": "corpus-damaged",
    }
    kept = [file for file in whole.files if file.name != "03.txt"]
    assert [file for file in result.files if file.name != "03.txt"] == kept
    table = pq.read_table(tmp_path / "out" / "hits.parquet").to_pylist()
    before = pq.read_table(tmp_path / "whole" / "hits.parquet").to_pylist()
    assert table == [hit for hit in before if hit["file"] != "03.txt"]


def test_small_files_that_all_change_are_given_up_at_once(small_files, tmp_path):
    scans = []

    class Rewriting(Quiet):
        def flagged(self, texts):
            scans.append(len(texts))
            for path in small_files.iterdir():
                path.write_text(f"{path.name} 云朵", encoding="utf-8")
            return super().flagged(texts)

    result = scan(small_files, tmp_path / "out", shard_bytes=None, classifier=Rewriting(tmp_path, 0))
    assert {file.faults[0]["code"] for file in result.files} == {"corpus-changed"}
    assert len(scans) == 1  # of all files together


def test_the_results_in_a_part_may_be_long(small_files, tmp_path, monkeypatch):
    said = json.dumps
    monkeypatch.setattr(parts.json, "dumps", lambda *args, **more: said(*args, **more) + " " * 100_000_001)
    results = shard_scan.scan_to_part(tuple(make_shards(list_corpus([small_files]).files)), settings(), tmp_path)
    assert parts.read_part(0, tmp_path) == results


def test_samples_of_a_shard_are_few_however_many_classes_a_library_has(tmp_path):
    words = [
        f"示例{first}{second}"
        for first in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳"
        for second in "天地玄黄宇宙洪荒日月盈昃辰宿列张"
    ]
    (tmp_path / "a.txt").write_text("\n".join(words), encoding="utf-8")
    screen = Screen(Library([Keyword(word, "自有", word) for word in words]), personal=False, disguises=False)
    wanted = Settings(screen, ReadOptions(), frozenset())
    result = run_scan([tmp_path / "a.txt"], wanted, tmp_path / "out", ScanOptions(jobs=1))
    assert len(result.total.classes) == 256
    assert len(result.samples) == samples.MOST


def test_a_scan_killed_ten_times_is_exact(corpus, tmp_path):
    whole = scan(corpus, tmp_path / "whole", shard_bytes=1_000)
    context = multiprocessing.get_context("forkserver")
    kills = 0
    for _ in range(10):
        process = context.Process(target=scan_and_be_killed, args=(corpus, tmp_path / "out"))
        process.start()
        process.join()
        kills += process.exitcode == -signal.SIGKILL
    assert kills == 10
    result = scan(corpus, tmp_path / "out", shard_bytes=1_000)
    assert result.run["resumed"] >= 10
    assert facts(result) == facts(whole)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted([LOCK, "hits.parquet"])


@pytest.mark.parametrize("deaths", [1, 2])
def test_a_worker_that_is_killed_is_replaced_and_nothing_is_counted_twice(corpus, tmp_path, deaths):
    whole = scan(corpus, tmp_path / "whole", classifier=Quiet(tmp_path, 0))
    result = scan(corpus, tmp_path / "out", jobs=2, classifier=Quiet(tmp_path, deaths))
    assert facts(result) == facts(whole)


def test_a_worker_that_is_killed_before_it_has_begun_is_replaced(corpus, tmp_path):
    whole = scan(corpus, tmp_path / "whole", classifier=Quiet(tmp_path, 0))
    result = scan(corpus, tmp_path / "out", jobs=2, classifier=Heavy(tmp_path, 2))
    assert facts(result) == facts(whole)
    with pytest.raises(Fault) as fault:
        scan(corpus, tmp_path / "never", jobs=2, classifier=Heavy(tmp_path, 99))
    assert fault.value.code == "worker-died"


def test_a_shard_that_ends_every_process_is_given_up_and_said_so(corpus, tmp_path):
    result = scan(corpus, tmp_path / "out", jobs=2, classifier=Quiet(tmp_path, 99))
    given_up = [fault for file in result.files for fault in file.faults]
    assert {fault["code"] for fault in given_up} == {"worker-died"}
    assert not result.is_whole
    assert sum(file.rows_given for file in result.files) > ROWS
    assert all(file.bytes_in == file.size for file in result.files)
    (shorter,) = [file for file in result.files if file.name == "lines/a.txt"]
    assert any("行号" in note for note in shorter.notes)
    again = scan(corpus, tmp_path / "out", classifier=Quiet(tmp_path, 0))
    assert again.is_whole
    assert 0 < again.run["resumed"] < again.shards
    assert not (tmp_path / "out" / PARTS).exists()


def test_two_scans_do_not_write_one_folder(corpus, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with (out / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(Fault) as fault:
            scan(corpus, out)
    assert fault.value.code == "scan-busy"


def test_a_scan_of_something_else_does_not_go_on_from_these_parts(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "write_mentions", _raise_full)
    with pytest.raises(Fault):
        scan(corpus, tmp_path / "out")
    monkeypatch.undo()
    (corpus / "lines" / "a.txt").write_text("只有云朵一行", encoding="utf-8")
    result = scan(corpus, tmp_path / "out")
    assert result.run["resumed"] == 0
    assert result.files[0].rows_in == 1


def _raise_full(*_):
    raise OSError(28, "No space left on device")


def test_a_full_disk_stops_the_scan_and_keeps_what_is_done(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "write_mentions", _raise_full)
    with pytest.raises(Fault) as fault:
        scan(corpus, tmp_path / "out")
    assert fault.value.code == "disk-full"
    assert (tmp_path / "out" / PLAN).exists()
    parts = len(list((tmp_path / "out" / PARTS).glob("*.parquet")))
    monkeypatch.undo()
    assert scan(corpus, tmp_path / "out").run["resumed"] == parts > 3


def test_a_disk_full_in_the_middle_leaves_no_half_part(corpus, tmp_path):
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe()
    process = context.Process(target=scan_on_a_small_disk, args=(corpus, tmp_path / "out", theirs))
    process.start()
    code = ours.recv()
    process.join()
    assert code == "scan-unwritable"
    assert not list((tmp_path / "out").rglob("*.part"))
    assert facts(scan(corpus, tmp_path / "out")) == facts(scan(corpus, tmp_path / "fresh"))


def test_a_file_that_changes_while_it_is_read_does_not_count(corpus, tmp_path):
    grown = corpus / "lines" / "a.txt"

    def grow(done, total, _):
        if done:
            with grown.open("a", encoding="utf-8") as file:
                file.write("又一行云朵\n")

    result = run_scan([corpus], settings(), tmp_path / "out", ScanOptions(jobs=1), grow)
    assert [fault["code"] for fault in result.files[0].faults] == ["corpus-changed"]
    assert result.files[0].rows_given == 0
    assert result.files[1].rows_given
    assert pq.read_table(tmp_path / "out" / "hits.parquet").num_rows == sum(result.total.mentions.values())


def test_files_that_come_or_go_meanwhile_are_named(corpus, tmp_path):
    def change(done, total, _):
        (corpus / "late.txt").write_text("来晚了", encoding="utf-8")
        (corpus / "records" / "c.csv").unlink(missing_ok=True)

    result = run_scan([corpus], settings(), tmp_path / "out", ScanOptions(jobs=1), change)
    assert result.came_late == ("late.txt",)
    assert [bool(file.faults) for file in result.files] == [False, False, True]
    assert not result.is_whole


def test_a_row_cut_into_pieces_counts_once(tmp_path):
    from openbeian.screening.reading import ReadOptions
    from openbeian.screening.running import Settings

    (tmp_path / "long.txt").write_text("云朵苹果，" * 400 + "\n云朵苹果\n", encoding="utf-8")
    base = settings()
    result = run_scan(
        [tmp_path / "long.txt"],
        Settings(base.screen, ReadOptions(longest=1_000, batch_rows=1), base.harmful),
        tmp_path / "out",
    )
    assert result.total.rows["keyword"] == 2
    assert result.total.classes == {"A.1.a": 2, "A.1.b": 2}


def test_an_output_folder_that_cannot_be_written_is_named(corpus, tmp_path):
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(Fault) as fault:
        scan(corpus, tmp_path / "out")
    assert fault.value.code == "scan-unwritable"
    assert os.fspath(tmp_path / "out") in fault.value.file


def test_a_row_read_in_pieces_names_places_in_the_whole_row(tmp_path):
    row = "好" * 30 + "，云朵苹果" + "天" * 40 + "。示例词，" + "地" * 50 + "，云朵苹果"
    (tmp_path / "a.txt").write_text(f"云朵苹果\n{row}\n示例词\n", encoding="utf-8")
    cut = dataclasses.replace(settings(), options=ReadOptions(longest=128))
    result = run_scan([tmp_path / "a.txt"], cut, tmp_path / "out", ScanOptions(jobs=1))
    assert "分段读入" in result.files[0].notes[0]
    lines = ["云朵苹果", row, "示例词"]
    table = [hit for hit in pq.read_table(tmp_path / "out" / "hits.parquet").to_pylist() if hit["word"] != "云朵"]
    assert [(hit["row"], hit["start"]) for hit in table] == [(1, 0), (2, 31), (2, 76), (2, 131), (3, 0)]
    assert all(lines[hit["row"] - 1][hit["start"] : hit["end"]] == hit["word"] for hit in table)
    samples = {sample["class2"]: sample["start"] for sample in result.samples}
    assert samples["A.2.a"] == 76


@hypothesis.settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.sampled_from(("云朵苹果", "示例词", "云朵糖", "云", "苹果", "，", "\n", "电话13800138000")), max_size=60
    ),
    st.integers(16, 200),
)
def test_where_a_row_is_cut_changes_nothing(tmp_path_factory, words, longest):
    folder = tmp_path_factory.mktemp("cut")
    (folder / "a.txt").write_text("".join(words), encoding="utf-8")
    found = []
    for cut in (ReadOptions(), ReadOptions(longest=longest, block=7)):
        wanted = dataclasses.replace(settings(), options=cut)
        result = run_scan([folder / "a.txt"], wanted, folder / f"out-{cut.block}", ScanOptions(jobs=1))
        table = pq.read_table(folder / f"out-{cut.block}" / "hits.parquet").to_pylist()
        keywords = sorted((hit["row"], hit["start"], hit["end"], hit["word"]) for hit in table if hit["word"])
        found.append((keywords, result.total.rows["keyword"], dict(result.total.classes), result.rows_given))
    assert found[1] == found[0]


@pytest.mark.parametrize("characters", [1_000, 2_500])
def test_what_stands_behind_a_cut_is_read_before_a_mention_counts(tmp_path, characters):
    words = [
        "云朵糖",
        "云朵苹果",
        "好",
        "SMoking",
        "吃",
        "SM",
        "示-例-词",
        "卡6222021234567890128",
        "天",
        "13800138000",
    ]
    row = "".join(words[number * number % 29 % len(words)] for number in range(2_000))
    (tmp_path / "a.txt").write_text("好" * 40 + "云朵糖" + row, encoding="utf-8")
    screen = Screen(Library([Keyword("云朵", "A.1"), Keyword("示例词", "A.2"), Keyword("SM", "A.3")], ["云朵糖"]))
    found = []
    for cut in (ReadOptions(), ReadOptions(longest=3 * characters)):
        out = tmp_path / f"out-{cut.longest}"
        result = run_scan([tmp_path / "a.txt"], Settings(screen, cut, frozenset()), out, ScanOptions(jobs=1))
        found.append((pq.read_table(out / "hits.parquet").to_pylist(), result.total.rows, result.total.mentions))
    assert found[0] == found[1]
    assert len(found[0][0]) > 500


def test_a_pipe_in_the_place_of_a_file_is_told_not_waited_for(corpus, tmp_path):
    def swap(done, *_):
        if not done:
            (corpus / "lines" / "a.txt").unlink()
            os.mkfifo(corpus / "lines" / "a.txt")

    result = run_scan([corpus], settings(), tmp_path / "out", ScanOptions(jobs=1), swap)
    assert [file.name for file in result.files if not file.is_read] == ["lines/a.txt"]
    assert result.files[0].faults[0]["code"] == "corpus-changed"
