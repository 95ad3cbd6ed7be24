"""A corpus scanned into a folder: the account, the report for programs, evidence; the same whatever way it ran."""

import csv
import hashlib
import io
import json
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest

from openbeian.manifest import Fault
from openbeian.screening.corpus import Beside, ScanOptions, scan_corpus, to_record
from tests.screening.reporting.scans import LIBRARY, SECRET, Picky, two_sources, write

pytestmark = pytest.mark.req("T2a", "F1")
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def report(out):
    return json.loads((out / "report.json").read_text(encoding="utf-8"))


def figure(scan, name, subject=None):
    (metric,) = [m for m in to_record(scan, now=NOW).metrics if m.name == name and subject in {None, m.subject}]
    return metric.passed, metric.total


def test_every_row_is_kept_blank_or_rejected_and_the_report_holds_no_text(tmp_path):
    lines = [f'{{"text": "电话{SECRET}"}}', "{broken", '{"text": "云朵苹果"}', "", "[" * 2000]
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "corpus" / "b.csv").write_bytes("问题,答复\n云朵苹果,好\n普通,好\n".encode("gb18030"))
    scan = scan_corpus([tmp_path / "corpus"], LIBRARY, tmp_path / "out")
    rows = {file["file"]: file["rows"] for file in report(tmp_path / "out")["files"]}
    for each in [*rows.values(), report(tmp_path / "out")["totals"]["rows"]]:
        assert each["read"] == each["kept"] + each["blank"] + sum(each["rejected"].values())
    assert (rows["a.jsonl"]["kept"], sum(rows["a.jsonl"]["rejected"].values()), rows["b.csv"]["kept"]) == (2, 2, 2)
    written = (tmp_path / "out" / "report.json").read_text(encoding="utf-8")
    assert SECRET not in written
    assert "云朵苹果" not in written
    assert report(tmp_path / "out")["personal"] == {"mobile": {"exact": 1, "derived": 0, "review": 0}}
    assert scan.is_whole


def test_the_same_corpus_gives_the_same_bytes_however_it_was_scanned(tmp_path):
    corpus = two_sources(tmp_path / "corpus")
    seen = set()
    for jobs, size in ((1, None), (1, 500), (2, 700)):
        out = tmp_path / f"{jobs}-{size}"
        scan_corpus([corpus], LIBRARY, out, options=ScanOptions(jobs=jobs, shard_bytes=size))
        seen.add(
            tuple(hashlib.sha256((out / name).read_bytes()).hexdigest() for name in ("report.json", "hits.parquet"))
        )
    assert len(seen) == 1


def test_the_share_of_each_source_goes_by_its_keywords_and_by_what_people_found(tmp_path):
    corpus = two_sources(tmp_path / "corpus", 5)
    alone = scan_corpus([corpus], LIBRARY, tmp_path / "alone")
    assert figure(alone, "source_illegal_harmful_ratio", "web") == (5, 100)
    assert figure(alone, "source_illegal_harmful_ratio", "books") == (0, 10)  # the longer word is allowed
    assert [source["exceeds_limit"] for source in report(tmp_path / "alone")["sources"]] == [False, False]
    digest = next(f["sha256"] for f in report(tmp_path / "alone")["files"] if f["file"] == "web/a.jsonl")
    people = Beside({digest: (30, 400), "books/c.jsonl": (0, 50), "nowhere": (9, 9)})
    both = scan_corpus([corpus], LIBRARY, tmp_path / "both", beside=people)
    assert figure(both, "source_illegal_harmful_ratio", "web") == (30, 400)  # the larger share decides
    web = next(source for source in report(tmp_path / "both")["sources"] if source["source"] == "web")
    assert (web["exceeds_limit"], web["illegal_harmful"]["count"], web["human_sample"]["count"]) == (True, 5, 30)
    assert report(tmp_path / "both")["human_sample"]["without_place"] == ["nowhere"]
    assert "超过 5%（T01）：web，违法不良 7.50%（人工抽检 30 / 400）" in both.summary_text()
    assert "还要人工抽检" in alone.summary_text()


def test_a_source_on_the_limit_is_taken_and_one_beyond_is_not(tmp_path):
    for bad, is_over in ((5, False), (6, True)):
        out = tmp_path / str(bad)
        scan_corpus([two_sources(tmp_path / f"corpus-{bad}", bad)], LIBRARY, out)
        assert report(out)["sources"][1]["exceeds_limit"] is is_over


def test_only_what_is_certain_counts_and_only_harmful_classes_against_a_source(tmp_path):
    rows = ["云-朵-苹-果", "竹林深处", "蓝色茶壶", "樱桃", *["好"] * 6]
    write(tmp_path / "a.jsonl", rows)
    scan = scan_corpus([tmp_path / "a.jsonl"], LIBRARY, tmp_path / "out", classifier=Picky())
    assert figure(scan, "source_illegal_harmful_ratio") == (
        1,
        10,
    )  # derived; A.5 and the user's own classes do not count
    assert figure(scan, "corpus_technical_sample") == (6, 10)  # every keyword and every flag does
    found = report(tmp_path / "out")
    assert found["tiers"]["derived"]["keyword"] == 1
    assert found["tiers"]["review"]["classifier"] == 1
    assert found["settings"]["classifier"] == {
        "digest": Picky.digest, "covered": ["A.3.b"], "without_model": ["A.1.a", "A.1.b"],
    }  # fmt: skip
    without = scan_corpus([tmp_path / "a.jsonl"], LIBRARY, tmp_path / "plain", disguises=False, personal=False)
    assert figure(without, "source_illegal_harmful_ratio") == (0, 10)


def test_what_a_classifier_flags_is_a_queue_with_the_likeliest_first(tmp_path):
    corpus, out = tmp_path / "corpus", tmp_path / "out"
    write(corpus / "books" / "a.jsonl", ["樱桃", "好", "樱桃樱桃"])
    write(corpus / "web" / "b.jsonl", ["好", "樱桃樱桃樱桃樱桃", "樱桃", "云朵苹果"])
    scan = scan_corpus([corpus], LIBRARY, out, classifier=Picky(), options=ScanOptions(jobs=1, shard_bytes=30))
    written = (out / "queue.csv").read_text(encoding="utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(written)))
    assert [(line["概率"], line["文件"], line["行"]) for line in lines] == [
        ("0.8750", "web/b.jsonl", "2"), ("0.7500", "books/a.jsonl", "3"),
        ("0.5000", "books/a.jsonl", "1"), ("0.5000", "web/b.jsonl", "3"),
    ]  # fmt: skip
    assert report(out)["queue"] == {"flagged": 4, "by_likeliest_risk": {"A.3.b": 4}, "listed": 4}
    table = pq.read_table(out / "hits.parquet").to_pylist()
    assert [hit["probability"] for hit in table] == [0.5, 0.75, 0.875, 0.5, None]
    assert scan.queue in to_record(scan, now=NOW).subjects
    assert "樱桃" not in written + (out / "report.html").read_text(encoding="utf-8")
    assert scan_corpus([corpus], LIBRARY, out).queue is None
    assert not (out / "queue.csv").exists()
    assert report(out)["queue"] is None


def test_a_file_that_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path):
    corpus = two_sources(tmp_path / "corpus")
    (corpus / "web" / "cut.parquet").write_bytes(b"PAR1 broken PAR1")
    scan = scan_corpus([corpus], LIBRARY, tmp_path / "out")
    assert not scan.is_whole
    (fault,) = report(tmp_path / "out")["faults"]
    assert (fault["file"], fault["source"]) == ("web/cut.parquet", "web")
    assert "Parquet" in fault["message"]
    assert str(tmp_path) not in (tmp_path / "out" / "report.json").read_text(encoding="utf-8")
    assert "没有读完 web/cut.parquet" in scan.summary_text()
    assert figure(scan, "source_illegal_harmful_ratio", "web") == (5, 100)
    record = to_record(scan, now=NOW)
    assert record.detail["is_whole"] is False
    assert len(record.inputs) == 4


def test_the_number_of_an_organisation_is_shown_and_is_nobodys(tmp_path):
    write(tmp_path / "a.jsonl", ["统一社会信用代码91440101MA5EXAM0P0"])
    scan = scan_corpus([tmp_path / "a.jsonl"], LIBRARY, tmp_path / "out")
    assert report(tmp_path / "out")["personal"]["credit_code"]["exact"] == 1
    assert report(tmp_path / "out")["totals"]["rows_with"]["personal"] == 0
    (persons,) = [m.value for m in to_record(scan, now=NOW).metrics if m.name == "rows_with_personal_information"]
    assert persons == 0


def test_a_file_without_a_header_does_not_put_its_first_row_into_the_report(tmp_path):
    rows = [f"{'很长的第一行，' * 9}\t{SECRET}", "第二行\t好"]
    (tmp_path / "a.tsv").write_text("\n".join(rows), encoding="utf-8")
    scan = scan_corpus([tmp_path / "a.tsv"], LIBRARY, tmp_path / "out", column="text")
    assert "没有列“text”。可选的列：" in scan.summary_text()
    for written in ((tmp_path / "out" / "report.json").read_text(encoding="utf-8"), scan.summary_text()):
        assert SECRET not in written
        assert rows[0][:40] not in written


def test_a_source_without_a_row_has_no_share(tmp_path):
    write(tmp_path / "corpus" / "empty" / "a.jsonl", [])
    write(tmp_path / "corpus" / "full" / "b.jsonl", ["好"])
    scan = scan_corpus([tmp_path / "corpus"], LIBRARY, tmp_path / "out")
    assert {m.subject for m in to_record(scan, now=NOW).metrics if m.name == "source_illegal_harmful_ratio"} == {"full"}


def test_all_mentions_stand_in_one_file_with_their_places(tmp_path):
    scan = scan_corpus([two_sources(tmp_path / "corpus")], LIBRARY, tmp_path / "out")
    table = pq.read_table(tmp_path / "out" / "hits.parquet").to_pylist()
    words = [(hit["source"], hit["file"], hit["row"]) for hit in table if hit["kind"] == "keyword"]
    assert words == [("web", "web/a.jsonl", row) for row in range(1, 6)]
    assert scan.result.mentions.sha256 == hashlib.sha256((tmp_path / "out" / "hits.parquet").read_bytes()).hexdigest()
    assert report(tmp_path / "out")["mentions"]["sha256"] == scan.result.mentions.sha256


@pytest.mark.req("T1d")
def test_a_scan_is_evidence_with_the_figures_of_the_packs(tmp_path):
    scan = scan_corpus([two_sources(tmp_path / "corpus")], LIBRARY, tmp_path / "out")
    record = to_record(scan, now=NOW)
    counts = {(m.name, m.subject): m.value for m in record.metrics}
    assert counts["keyword_total", None] == 4
    assert counts["keyword_update_interval", LIBRARY.digest] == 0
    assert (counts["keyword_per_risk_A1", "A.1.a"], counts["keyword_per_risk_A2", "A.2.a"]) == (1, 0)
    assert counts["rows_with_personal_information", "books"] == 3
    assert {subject.name for subject in record.subjects} == {"report.json", "report.html", "hits.parquet"}
    assert record.title == "语料扫描：books、web"
    assert record.clauses == ("5.2.a", "9.2.b")


def test_a_path_without_a_corpus_is_named(tmp_path):
    with pytest.raises(Fault, match="不存在"):
        scan_corpus([tmp_path / "nowhere"], LIBRARY, tmp_path / "out")
