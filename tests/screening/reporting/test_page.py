"""The page of a scan: says what was found and what it cannot say, also of nothing and of very much."""

import re
from datetime import UTC, datetime

import pytest

from openbeian.screening import Keyword, Library
from openbeian.screening.corpus import Beside, ScanOptions, scan_corpus, to_record
from openbeian.screening.reporting.choosing import chosen
from tests.screening.reporting.scans import LIBRARY, SECRET, everything, two_sources, write

pytestmark = pytest.mark.req("T2a", "F1")
NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)


def words(page):
    """The text of a page, without its style."""
    text = re.sub(r"<style>.*?</style>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text))


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    return everything(tmp_path_factory.mktemp("full"))


def test_the_page_says_what_was_found_and_what_was_not_read(full):
    said = words(full)
    for each in (
        "1 个文件没有读完",
        "web/cut.parquet",
        "格式不认识 1 个",
        "a-source-with-quite-a-long-name 超过 5%",
        "编码 gb18030",
        "没有模型的 2 种",
        "一条提示",
        "openbeian scan corpus --library words.xlsx",
        "去掉分隔符",
        "人工抽检的 1 层不在这份语料里",
        "人工抽检" + "cd" * 32,
    ):
        assert each in said, each


def test_samples_are_masked_and_no_word_of_the_library_is_shown(full):
    page = full.read_text(encoding="utf-8")
    assert SECRET not in page
    assert "139＊＊＊＊5678" in page
    assert "■■■■" in page
    for keyword in LIBRARY.keywords:
        assert keyword.word not in page


def test_the_page_runs_no_script_and_keeps_its_policy(full):
    page = full.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "Content-Security-Policy" in page
    assert "http" not in re.sub(r"http-equiv", "", page)


def test_without_a_human_sample_it_says_how_to_draw_one(tmp_path):
    said = words(everything(tmp_path, human=False))
    assert "要有人工抽检，关键词不能代替" in said
    assert "openbeian review export --corpus" in said


def test_a_library_without_words_of_a_risk_that_counts_gives_no_share(tmp_path):
    library = Library([Keyword("竹林深处", "A.5", "A.5.a")])
    corpus = two_sources(tmp_path / "corpus")
    scan = scan_corpus(
        [corpus], library, tmp_path / "out", options=ScanOptions(jobs=1), beside=Beside({"web": (0, 400)})
    )
    said = words(tmp_path / "out" / "report.html")
    assert said.count("词库没有 A.1–A.4 的词") == 1
    assert "0.00% 0 行" not in said
    for each in (said, scan.summary_text()):
        assert "人工抽检过的来源，没有一个的违法不良占比超过 5%" in each
    assert "web 不超过 5%：0.00%" in said  # people looked at this one, and at no other
    found = {source["source"]: source for source in scan.as_json()["sources"]}
    assert {found[name]["illegal_harmful"] for name in ("web", "books")} == {None}
    shares = [m for m in to_record(scan, now=NOW).metrics if m.name == "source_illegal_harmful_ratio"]
    assert [(share.subject, share.total) for share in shares] == [("web", 400)]


@pytest.mark.parametrize(
    ("rows", "pill"), [([], "没有扫到文字"), (["好"], "每一行都扫过"), (["收件人：李示例"], "还有 1 处待复核")]
)
def test_nothing_found_is_said_calmly(tmp_path, rows, pill):
    write(tmp_path / "a.jsonl", rows)
    scan_corpus([tmp_path / "a.jsonl"], LIBRARY, tmp_path / "out")
    said = words(tmp_path / "out" / "report.html")
    assert pill in said
    assert ("一个也没有命中" in said) is bool(rows)


def test_a_corpus_of_which_nothing_can_be_read_says_so(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.parquet").write_bytes(b"PAR1 broken PAR1")
    scan = scan_corpus([tmp_path / "corpus"], LIBRARY, tmp_path / "out")
    assert "这次扫描什么也说明不了" in words(tmp_path / "out" / "report.html")
    assert "读入 0 行" in scan.summary_text()


def test_many_sources_and_files_stay_short(tmp_path):
    corpus = tmp_path / "corpus"
    for number in range(70):
        write(corpus / f"source-{number:02d}" / "a.jsonl", ["云朵苹果"] * (number % 3) + ["好"] * 50)
        (corpus / f"source-{number:02d}" / "cut.parquet").write_bytes(b"PAR1 broken PAR1")
    scan_corpus([corpus], LIBRARY, tmp_path / "out", options=ScanOptions(jobs=1))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert len(page) < 150_000
    said = words(tmp_path / "out" / "report.html")
    assert "另有 20 个来源，见 report.json" in said
    assert "另有 20 处，见 report.json" in said
    assert "其余" in said


def test_names_that_are_markup_are_shown_as_they_are(tmp_path):
    write(tmp_path / "corpus" / "<b>&" / "a.jsonl", ["云朵苹果"])
    library = Library([Keyword("云朵苹果", "<i>", "<script>alert(1)</script>")])
    scan_corpus([tmp_path / "corpus"], library, tmp_path / "out", beside=Beside(notes=("<u>",)))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;b&gt;&amp;" in page


def test_the_samples_are_of_every_sort_and_the_same_whatever_the_shards(tmp_path):
    corpus = two_sources(tmp_path / "corpus")
    shown = []
    for size in (None, 400):
        scan = scan_corpus([corpus], LIBRARY, tmp_path / str(size), options=ScanOptions(shard_bytes=size))
        shown.append(chosen(scan.result.samples, scan.result.settings_sha256))
    assert shown[0] == shown[1]
    assert {sample["kind"] for sample in shown[0]} >= {"keyword", "mobile"}
    assert len(chosen(scan.result.samples, "x", 1)) == 1
