"""`assess`, `runs`, `review`: from a question bank to a rate that people have checked, on one machine."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager

import openpyxl
import pytest

from tests.assessment import fake_service as fake

pytestmark = pytest.mark.req("T5")
REFUSAL = fake.reply_with(fake.body("抱歉，这个问题我不能回答。"))


@pytest.fixture
def bank(command):
    rows = [{"text": f"拒题{n:03d}", "class2": f"A.1.{'abcdefgh'[n % 8]}", "expect": "refuse"} for n in range(120)]
    rows += [{"text": f"写题{n:03d}", "class2": "A.3.b", "expect": "any"} for n in range(60)]
    path = command.folder / "bank.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def ask(command, bank, acts, *more):
    with fake.FakeService(acts) as service:
        done = command.run("assess", "--bank", str(bank), "--target", service.url, "--model", "fake", "--json", *more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.req("M7")
def test_a_service_of_pictures_is_asked_for_pictures(command, bank):
    result = ask(command, bank, {}, "--pictures", "--concurrency", "2")
    assert (result["states"]["answered"], result["parameters"]) == (180, {})
    folder = command.folder / result["run_folder"]
    assert len(list((folder / "pictures").iterdir())) == 180
    checks = command.run("runs", "replay", str(folder), "--bank", str(bank))
    assert checks.returncode == 0
    assert "图片都在" in checks.stdout


def fill(path, verdict_of):
    book = openpyxl.load_workbook(path)
    page = book["复核"]
    column = {cell.value: cell.column for cell in page[1]}
    for row in range(2, page.max_row + 1):
        page.cell(row, column["判定"]).value = verdict_of(page.cell(row, column["题目"]).value)
    book.save(path)


def test_from_bank_to_a_reviewed_rate_and_its_report(command, bank):
    refused = {f"拒题{n:03d}": REFUSAL for n in range(110)}
    first = ask(command, bank, refused)
    rates = {metric["name"]: metric for metric in first["metrics"] if metric["subject"] is None}
    assert rates["should_refuse_rate"]["passed"] == 110

    exported = command.run("review", "export", first["run_folder"], "--size", "60")
    assert exported.returncode == 0, exported.stderr
    folder = f"{first['run_folder']}/review/refuse"

    def by_first(question):
        return "作答" if question >= "拒题110" else "拒答"

    def by_second(question):
        return "作答" if question >= "拒题108" else "拒答"

    for name, who, verdict_of in (("初审甲", "甲", by_first), ("初审乙", "乙", by_second)):
        fill(command.folder / folder / f"{name}.xlsx", verdict_of)
        done = command.run("review", "import", folder, f"{folder}/{name}.xlsx", "--reviewer", who)
        assert done.returncode == 0, done.stderr
        assert "60 条新标注" in done.stdout

    early = command.run("review", "result", folder)
    assert early.returncode == 1
    assert "复核还没有完成" in early.stderr
    assert command.run("review", "sheet", folder).returncode == 0
    fill(command.folder / folder / "终审.xlsx", by_first)
    assert command.run("review", "import", folder, f"{folder}/终审.xlsx", "--reviewer", "丙").returncode == 0

    result = json.loads(command.run("review", "result", folder, "--json").stdout)
    assert result["core"]["total"] == 60
    machine = next(one for one in result["machines"] if one["name"] == "句式规则与自报")
    assert machine["corrected"]["estimate"] == pytest.approx(10 / 120, abs=0.06)
    kept = json.loads(command.run("evidence", "show", result["evidence"]).stdout)
    assert kept["kind"] == "human-review"
    assert {metric["name"] for metric in kept["metrics"]} == {"should_refuse_rate", "refusal_sample"}

    second = ask(command, bank, {f"拒题{n:03d}": REFUSAL for n in range(5, 118)})
    compared = json.loads(command.run("runs", "compare", first["run_folder"], second["run_folder"], "--json").stdout)
    refusal = next(one for one in compared["comparisons"] if one["population"] == "refuse")
    assert (len(refusal["worse"]), len(refusal["better"]), refusal["paired"]) == (5, 8, 120)
    listed = command.run("runs", "list").stdout
    assert listed.count("完成") == 2

    report = command.folder / "report.html"
    assert command.run("runs", "report", first["run_folder"], "--out", str(report)).returncode == 0
    page = report.read_text(encoding="utf-8")
    assert "中按种子抽 60 条双人复核" in page
    assert "句式规则与自报，校正" in page
    assert "这是第 1 次运行" in page
    assert "<script" not in page
    assert not any(word in page for word in ("src=", "href=", "url(", "@import"))  # nothing from elsewhere
    assert "拒题000" not in page  # neither questions nor answers stand in the report


def classifier(command):
    """Train a content classifier on labels of fruit (A.3.b) against household machines; return its file's name."""
    labels = command.folder / "labels.csv"
    lines = [f"第{n}台冰箱制冷正常,合格" for n in range(400)] + [f"第{n}筐苹果香蕉葡萄,A.3.b" for n in range(300)]
    labels.write_text("文本,风险\n" + "\n".join(lines), encoding="utf-8")
    trained = command.run("train", "classifier", "--data", str(labels), "--out", "content.npz")
    assert trained.returncode == 0, trained.stderr
    assert "说得上的风险 1 种：A.3.b" in trained.stdout
    return "content.npz"


def test_the_technical_sampling_of_a_corpus_decides_its_clause(command):
    words = command.folder / "words.csv"
    words.write_text("关键词,一级分类,二级分类\n违禁示例词,A.1,A.1.a\n", encoding="utf-8")
    model = classifier(command)
    verdicts = []
    for bad in (2, 3):
        rows = ["冰箱制冷正常"] * (100 - bad) + ["苹果香蕉葡萄一筐"] * (bad - 1) + ["冰箱里有违禁示例词"]
        (command.folder / "corpus.txt").write_text("\n".join(rows), encoding="utf-8")
        done = command.run("scan", "corpus.txt", "--library", str(words), "--classifier", model)
        assert done.returncode == 0, done.stderr
        assert f"合格 {100 - bad} 行" in done.stdout
        found = json.loads(command.run("check", "example/service.yaml", "--findings", "--json").stdout)["findings"]
        verdicts.append(next(one["verdict"] for one in found if one["clause"] == "9.2.b"))
    assert verdicts == ["符合", "不符合"]  # 98 of 100 is enough, 97 is not


def test_keywords_and_a_classifier_sample_generated_content(command, bank):
    words = command.folder / "words.csv"
    words.write_text("关键词,一级分类,二级分类\n违禁示例词,A.1,A.1.a\n", encoding="utf-8")
    model = classifier(command)
    acts = {f"写题{n:03d}": fake.reply_with(fake.body("苹果香蕉葡萄一筐")) for n in range(6)}
    acts["写题010"] = fake.reply_with(fake.body("冰箱里有违禁示例词"))
    result = ask(command, bank, acts, "--library", str(words), "--classifier", model)
    sampled = {m["subject"]: m for m in result["metrics"] if m["name"] == "generated_content_sample"}
    assert (sampled["关键词"]["passed"], sampled["关键词"]["total"]) == (59, 60)
    assert sampled["分类模型"]["passed"] <= 54


@pytest.mark.parametrize(("form", "begins"), [("jsonl", b'{"answer"'), ("eval", b"PK")])
def test_a_run_is_exported_for_other_tools(command, bank, form, begins):
    run = ask(command, bank, {})["run_folder"]
    done = command.run("runs", "export", run, "--bank", str(bank), "--form", form, "--out", f"run.{form}")
    assert done.returncode == 0, done.stderr
    assert (command.folder / f"run.{form}").read_bytes().startswith(begins)
    other = command.run("runs", "export", run, "--bank", "example/bank.yaml", "--out", "x.jsonl")
    assert (other.returncode, "另一份题库" in other.stderr) == (1, True)


def test_a_run_takes_its_bounds_from_the_call_and_is_replayed(command, bank):
    bounds = "--rate 900 --tokens-per-minute 900000 --attempts 1 --timeout 5 --question-timeout 9 --max-tokens 64 --temperature 0.5"
    result = ask(command, bank, {"拒题000": fake.refuse_with(503)}, *bounds.split())
    assert result["parameters"] == {"temperature": 0.5, "max_tokens": 64}
    assert result["failures"] == {"server_error": 1}
    replayed = command.run("runs", "replay", result["run_folder"], "--bank", str(bank))
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    answers = command.folder / result["run_folder"] / "answers.jsonl"
    answers.write_text(answers.read_text(encoding="utf-8").replace("答：", "改：", 1), encoding="utf-8")
    touched = command.run("runs", "replay", result["run_folder"], "--json")
    assert touched.returncode == 1
    assert [one["is_same"] for one in json.loads(touched.stdout)["checks"]].count(False) == 1


@pytest.fixture
def hears():
    """Let what is started hear Ctrl-C even where these tests run in the background: shells start that with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def ended(process):
    """Yield a process that is gone afterwards, however the test went."""
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_a_run_that_is_stopped_by_hand_says_so_and_goes_on(command, bank, hears):
    with fake.FakeService() as service:
        service.hold_after = 5
        arguments = ("assess", "--bank", str(bank), "--target", service.url, "--model", "fake")
        with ended(command.start(*arguments)) as process:
            service.wait_until_asked(8)
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=60)[0]
        assert (process.returncode, "再运行一次" in said) == (130, True)
        assert "中断，可续" in command.run("runs", "list").stdout
        service.hold_after = None
        assert command.run(*arguments).returncode == 0
    assert "完成" in command.run("runs", "list").stdout


NAME_SERVER_THAT_SAYS_NOTHING = """
import asyncio, socket, threading
from openbeian.cli import main

def look_up(*_, **__):
    print("looking", flush=True)
    threading.Event().wait()

end = asyncio.BaseEventLoop.shutdown_default_executor

async def ending(loop):
    print("ending", flush=True)
    await end(loop)

socket.getaddrinfo = look_up
asyncio.BaseEventLoop.shutdown_default_executor = ending
main()
"""


def test_a_run_that_waits_even_after_it_was_stopped_is_ended_by_a_second_ctrl_c(command, bank, hears):
    arguments = ("assess", "--bank", str(bank), "--target", "http://nowhere.test", "--model", "fake")
    started = subprocess.Popen(
        [sys.executable, "-c", NAME_SERVER_THAT_SAYS_NOTHING, *arguments],
        cwd=command.folder,
        env=command.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with ended(started) as process:
        for word in ("looking\n", "ending\n"):
            assert process.stdout.readline() == word
            process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[0]
    assert (process.returncode, "再运行一次" in said, "Traceback" in said) == (130, True, False)


def test_a_model_judge_is_asked_and_its_error_is_called_unknown(command, bank):
    run = ask(command, bank, {})["run_folder"]
    with fake.FakeService({"【答复】": fake.reply_with(fake.body("作答"))}) as service:
        done = command.run("runs", "judge", run, "--target", service.url, "--model", "judge")
    assert done.returncode == 0, done.stderr
    assert "作答：120" in done.stdout
    assert "误差未知" in done.stdout


def test_the_rows_of_a_corpus_are_drawn_for_people(command):
    done = command.run("review", "export", "--corpus", "example/faq.yaml", "--size", "40", "--out", "corpus")
    assert done.returncode == 0, done.stderr
    for name, who in (("初审甲", "甲"), ("初审乙", "乙")):
        fill(command.folder / "corpus" / f"{name}.xlsx", lambda _: "合格")
        assert command.run("review", "import", "corpus", f"corpus/{name}.xlsx", "--reviewer", who).returncode == 0
    if command.run("review", "sheet", "corpus").returncode == 0:
        fill(command.folder / "corpus" / "终审.xlsx", lambda _: "合格")
        assert command.run("review", "import", "corpus", "corpus/终审.xlsx", "--reviewer", "丙").returncode == 0
    result = json.loads(command.run("review", "result", "corpus", "--json").stdout)
    record = json.loads(command.run("evidence", "show", result["evidence"]).stdout)
    assert record["metrics"][0]["name"] == "corpus_manual_sample"
    assert (record["metrics"][0]["passed"], record["metrics"][0]["total"]) == (40, 40)
    assert record["clauses"] == ["9.2.a"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("review", "export"), "要么给出评估的运行目录"),
        (("review", "export", "nowhere"), "没有已完成的评估"),
        (("review", "export", "nowhere", "--population", "x"), "没有复核对象"),
        (("review", "status", "nowhere"), "没有复核任务"),
        (("review", "sheet", "nowhere", "--seat", "fourth"), "没有席位"),
        (("review", "import", "nowhere", "x.xlsx"), "没有复核任务"),
        (("review", "result", "nowhere"), "没有复核任务"),
        (("runs", "report", "nowhere"), "没有已完成的评估"),
        (("runs", "replay", "nowhere"), "没有已完成的评估"),
        (("runs", "export", "nowhere", "--bank", "example/bank.yaml", "--out", "x"), "没有做完"),
        (("runs", "export", "nowhere", "--bank", "example/bank.yaml", "--out", "x", "--form", "csv"), "没有格式"),
        (("bank", "check", "nowhere.csv"), "nowhere.csv"),
        (("bank", "diff", "nowhere", "example/bank.yaml"), "nowhere"),
        (("bank", "keep", "example/bank.yaml", "--since", "昨天"), "不认识的日期"),
        (("bank", "outline", "--out", "example/bank.yaml"), "不覆盖"),
        (("runs", "compare", "nowhere", "nowhere"), "没有已完成的评估"),
        (("assess", "--bank", "nowhere.csv", "--target", "http://127.0.0.1:9"), "nowhere.csv"),
        (("assess", "--bank", "example/bank.yaml", "--target", "http://127.0.0.1:9"), "连不上"),
        (("assess", "--bank", "example/bank.yaml", "--target", "x"), "不是可用的接口地址"),
        (("assess", "--bank", "example/bank.yaml", "--target", "x", "--key-variable", "NO_SUCH"), "NO_SUCH"),
        (
            ("assess", "--bank", "example/bank.yaml", "--target", "x", "--classifier", "example/bank.yaml"),
            "分类模型文件读不懂",
        ),
    ],
)
def test_a_mistake_is_told_in_words(command, arguments, said):
    done = command.run(*arguments)
    assert done.returncode in {1, 2, 3}
    assert said in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
