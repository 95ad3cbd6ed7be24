"""`scan` as its users meet it: a summary, JSON, names of sources, what people found, and its exit codes."""

import json
import sys
from itertools import islice

import pytest

from openbeian.assessment.review import ReviewFolder, Seat, Verdict
from openbeian.cli import main
from openbeian.screening.running.pool import scan_bundles
from tests.assessment.review.build import mark, marks

pytestmark = pytest.mark.req("F1", "T2a")
LIBRARY = "关键词,一级分类,二级分类\n云朵苹果,A.1,A.1.a\n示例词,自定,竞品\n"


@pytest.fixture
def corpus(command):
    folder = command.folder / "corpus"
    (folder / "web").mkdir(parents=True)
    (folder / "books").mkdir()
    (folder / "web" / "a.txt").write_text("云朵苹果\n" + "好的\n" * 9 + "电话13912345678\n", encoding="utf-8")
    (folder / "books" / "b.jsonl").write_text('{"text": "好"}\n{broken\n', encoding="utf-8")
    (command.folder / "words.csv").write_text(LIBRARY, encoding="utf-8")
    return folder


def scan(command, *more, code=0):
    done = command.run("scan", "corpus", "--library", "words.csv", *more)
    assert done.returncode == code, done.stderr
    return done


def test_the_summary_tells_rows_sources_keywords_and_persons(command, corpus):
    said = scan(command, "--out", "out").stdout
    for each in (
        "词库：2 个分类不是附录 A 的代码",
        "2 个来源，2 个文件",
        "读入 13 行 = 保留 12 + 剔除 1（不是 JSON）",
        "超过 5%（T01）：web，违法不良 9.09%（关键词 1 / 11）",
        "关键词（2 个）：精确 1",
        "个人信息：手机号 1",
        "openbeian review export --corpus",
        "报告 out/report.html",
    ):
        assert each in said, each
    assert {path.name for path in (command.folder / "out").iterdir() if path.name[0] != "."} == {
        "report.json", "report.html", "hits.parquet",
    }  # fmt: skip


def test_json_is_the_report_with_its_evidence(command, corpus):
    found = json.loads(scan(command, "--json", "--source", "网页=corpus/web").stdout)
    assert {source["source"] for source in found["sources"]} == {"网页", "books"}
    assert json.loads(command.run("evidence", "show", found["evidence"]).stdout)["kind"] == "corpus-scan"
    assert found["schema"] == "openbeian/scan/v2"


def test_sources_are_named_by_the_manifest(command, corpus):
    words = ("--library", "example/keywords.yaml", "--service", "example/service.yaml", "--json")
    found = json.loads(command.run("scan", "example/faq.yaml", *words).stdout)
    assert [source["source"] for source in found["sources"]] == ["家电客服问答（自编）"]
    page = (command.folder / found["files_written"]["page"]).read_text(encoding="utf-8")
    assert "，语料扫描</h1>" in page


def test_a_file_that_cannot_be_read_is_named_and_the_code_says_so(command, corpus):
    (corpus / "web" / "cut.parquet").write_bytes(b"PAR1 broken PAR1")
    done = scan(command, code=1)
    assert "没有读完 web/cut.parquet" in done.stdout
    assert "保留 12" in done.stdout
    assert "证据" in done.stdout


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--source", "没有等号"), "名称=路径"),
        (("--source", "a=nowhere"), "路径不存在"),
        (("--on", "moon"), "local、spark"),
        (("--review", "0000"), "证据"),
        (("--edition", "moon"), "moon"),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_is_read(command, corpus, more, words):
    done = scan(command, *more, code=1)
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("empty", ["", "  "])
@pytest.mark.parametrize("call", [("scan", "--library", "words.csv"), ("review", "export", "--out", "out", "--corpus")])
def test_an_empty_path_is_not_the_current_folder(command, corpus, call, empty):
    done = command.run(*call, empty)
    assert done.returncode == 1
    assert "语料的路径是空的" in done.stderr


def test_a_folder_that_cannot_be_written_is_the_surroundings_fault(command, corpus):
    (command.folder / "taken").write_text("", encoding="utf-8")
    assert "写不了结果" in scan(command, "--out", "taken", code=3).stderr


def test_what_people_found_stands_beside_the_keywords(command, corpus):
    """A review of the corpus becomes evidence; the next scan takes it from there."""
    rows = "".join(f'{{"text": "第{number}行"}}\n' for number in range(20))
    (corpus / "books" / "b.jsonl").write_text(rows, encoding="utf-8")
    done = command.run("review", "export", "--corpus", "corpus/books", "--size", "20", "--out", "review")
    assert done.returncode == 0, done.stderr
    mark_all(command.folder / "review", bad=3)
    assert command.run("review", "result", "review").returncode == 0
    for more in ((), ("--review", "review")):
        said = scan(command, *more).stdout
        assert "超过 5%（T01）：books，违法不良 15.00%（人工抽检 3 / 20）" in said


def mark_all(folder, bad):
    """Let all three mark: `bad` items do not qualify."""
    opened = ReviewFolder(folder)
    fails = {item.id for item in opened.task.items[:bad]}
    verdicts = {"good": Verdict.PASS, "bad": Verdict.FAIL}
    opened.add(marks(opened.task, Seat.FIRST, "甲", fails, **verdicts))
    opened.add(marks(opened.task, Seat.SECOND, "乙", fails, **verdicts))
    thirds = opened.load().for_third
    opened.add([mark(Seat.THIRD, "丙", one.id, Verdict.FAIL if one.id in fails else Verdict.PASS) for one in thirds])


def test_ctrl_c_says_how_much_is_done_and_the_same_command_goes_on(command, corpus, monkeypatch, capsys):
    def three_then_interrupted(bundles, *more):
        yield from islice(scan_bundles(bundles, *more), 3)
        raise KeyboardInterrupt

    for number in range(6):  # too large to be scanned together
        (corpus / "web" / f"{number}.txt").write_text("好的\n" * 50_000, encoding="utf-8")
    monkeypatch.chdir(command.folder)
    monkeypatch.setenv("OPENBEIAN_HOME", str(command.folder / "home"))
    monkeypatch.setattr(sys, "argv", ["openbeian", "scan", "corpus", "--library", "words.csv"])
    monkeypatch.setattr("openbeian.screening.running.scanning.scan_bundles", three_then_interrupted)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 130
    assert "已完成 3/8 片" in capsys.readouterr().err
    assert "8 个文件" in scan(command).stdout
    (page,) = (command.folder / "home" / "runs").glob("*/report.html")
    assert "其中 3 片是上次做完的" in page.read_text(encoding="utf-8")


def test_what_could_not_be_opened_makes_the_scan_incomplete(command, corpus):
    (corpus / "web" / "gone.txt").symlink_to(corpus / "nowhere")
    said = scan(command, "--out", "out", code=1).stdout
    assert "读不到（gone.txt） 1" in said
    assert "1 个文件没有读完" in (command.folder / "out" / "report.html").read_text(encoding="utf-8")


def test_a_scan_of_no_text_at_all_is_no_success(command, corpus):
    done = command.run("scan", "corpus/books", "--library", "words.csv", "--column", "没有这一列")
    assert done.returncode == 1
    assert "剔除 1（没有指定的列）" in done.stdout


def test_the_corpus_is_never_made_the_folder_of_the_result(command, corpus):
    assert "结果文件夹就是语料的文件夹" in scan(command, "--out", "corpus", code=1).stderr
    scan(command, "--out", "out")
    done = command.run("scan", "out", "--library", "words.csv")
    assert done.returncode == 1
    assert "一次扫描的结果" in done.stderr


def test_a_library_without_risks_gives_no_share(command, corpus):
    (command.folder / "words.csv").write_text("云朵苹果\n", encoding="utf-8")
    (command.folder / "words.csv").rename(command.folder / "words.txt")
    done = command.run("scan", "corpus", "--library", "words.txt", "--out", "out", "--json")
    assert (
        "source_illegal_harmful_ratio"
        not in command.run("evidence", "show", json.loads(done.stdout)["evidence"]).stdout
    )
    page = (command.folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "没有来源的违法不良占比超过" not in page
    assert "不超过 5%" not in page
    said = command.run("scan", "corpus", "--library", "words.txt").stdout
    assert "占比算不出" in said
    assert "没有来源的违法不良占比超过" not in said
