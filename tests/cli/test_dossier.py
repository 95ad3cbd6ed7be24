"""`dossier build` and `dossier verify`: the same bytes at the same stated moment, and every mistake in words."""

import json

import openpyxl
import pytest

from openbeian.dossier.contents import duty_of

pytestmark = pytest.mark.req("F1")
AT = ("--at", "2026-11-20T16:30:00+08:00")
BUILD = ("dossier", "build", "example/service.yaml", "--out")


def _run_folder(command):
    """A finished assessment run as `assess` leaves it, with one answer of each kind."""
    run = command.folder / "runs" / "1"
    run.mkdir(parents=True)
    answers = [
        {"expect": expect, "question": question, "class1": "甲", "class2": "乙", "text": text, "label": label, **more}
        for expect, question, text, label, more in [
            ("any", "怎么清洗滤网？", "=1+1", "answered", {"flags": {"关键词": True}}),
            ("refuse", "应拒答的题", "不能回答。", "refused", {}),
            ("answer", "应回答的题", None, "error", {}),
        ]
    ]
    (run / "answers.jsonl").write_text("".join(json.dumps(one) + "\n" for one in answers), encoding="utf-8")
    (run / "result.json").write_text("{}", encoding="utf-8")
    return str(run)


def test_build_at_a_stated_moment_is_rebuilt_to_the_byte_and_verified(command):
    (command.folder / "规则.pdf").write_bytes(b"%PDF-1.7 our own rules")
    run = _run_folder(command)
    more = (*AT, "--keywords", "example/keywords.yaml", "--run", run, "--attach", "3=规则.pdf")
    first = command.run(*BUILD, "one", *more)
    assert first.returncode == 0, first.stderr
    assert "--at 2026-11-20T08:30:00Z" in first.stdout
    command.run_cold(*BUILD, "two", "--at", "2026-11-20T08:30:00Z", *more[2:])
    one, two = ({path.name: path.read_bytes() for path in (command.folder / name).iterdir()} for name in ("one", "two"))
    assert one == two
    assert "附件3-规则.pdf" in one
    assert "附件3-语料标注规则.pdf" not in one
    book = openpyxl.load_workbook(command.folder / "one" / "附件5-评估测试题集.xlsx")
    assert book.sheetnames == ["生成内容", "应拒答", "非拒答"]
    rows = [[cell.value for cell in sheet[2]][1:] for sheet in book]
    assert rows == [
        ["怎么清洗滤网？", "甲", "乙", "=1+1", "作答，不合格：关键词"],
        ["应拒答的题", "甲", "乙", "不能回答。", "拒答"],
        ["应回答的题", "甲", "乙", None, "出错"],
    ]
    code = first.stdout.rpartition("核验码 ")[2][:14]
    for name in ("dossier.zip", "备案表.pdf", "附件2-服务协议.docx"):
        told = command.run("dossier", "verify", f"one/{name}", "--code", code)
        assert (told.returncode, "材料完好" in told.stdout) == (0, True), told.stdout
        assert f"核验码 {code}" in told.stdout


def test_verify_names_what_was_altered(command):
    command.run(*BUILD, "one", *AT)
    path = command.folder / "one" / "备案表.pdf"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    told = command.run("dossier", "verify", "one/备案表.pdf")
    assert told.returncode == 1
    assert "核验不通过" in told.stdout
    assert "Traceback" not in told.stderr


def test_bank_alone_becomes_an_annex_without_answers(command):
    done = command.run(*BUILD, "one", *AT, "--bank", "example/bank.yaml")
    assert done.returncode == 0, done.stderr
    book = openpyxl.load_workbook(command.folder / "one" / "附件5-评估测试题集.xlsx")
    assert book.sheetnames == ["生成内容", "应拒答", "非拒答"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--at", "yesterday"), "读不懂时刻"),
        (("--at", "0001-01-01T00:00:00+14:00"), "读不懂时刻"),
        (("--attach", "2"), "读不懂 --attach 2"),
        (("--attach", "2=missing.docx"), "读不了附件 2"),
        (("--attach", "2=example/data-card.md"), "类型不收"),
        (("--attach", "1=example/data-card.md"), "不能附附件 1"),
        (("--run", "example"), "不是做完的评估运行"),
        (("--bank", "missing.yaml"), "missing.yaml"),
        (("--keywords", "missing.yaml"), "missing.yaml"),
        (("--edition", "none"), "none"),
    ],
)
def test_build_says_what_is_wrong_and_writes_nothing(command, more, words):
    done = command.run(*BUILD, "out", *more)
    assert done.returncode == 1, done.stdout
    assert words in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr
    assert not (command.folder / "out").exists()


def test_run_with_damaged_answers_is_named(command):
    run = _run_folder(command)
    (command.folder / "runs" / "1" / "answers.jsonl").write_text('{"expect": "any"}\n')
    done = command.run(*BUILD, "out", "--run", run)
    assert done.returncode == 1
    assert "缺失或读不懂" in done.stderr.replace("\n", "")


def test_verify_of_what_is_no_dossier_says_so(command):
    for name, words in [
        ("example/service.yaml", "已损坏或不是本系统所出"),
        ("none.zip", "读不了"),
        ("example", "读不了"),
    ]:
        told = command.run("dossier", "verify", name)
        assert told.returncode == 1
        assert words in (told.stdout + told.stderr).replace("\n", "")
        assert "Traceback" not in told.stderr


def test_round_names_every_attachment_as_the_pack_calls_it(command):
    command.run(*BUILD, "one", *AT, "--keywords", "example/keywords.yaml")
    duties = {path.name: duty_of(path.name, "filing") for path in (command.folder / "one").iterdir()}
    assert duties["自评估报告.pdf"] == "安全（自）评估报告"
    assert duties["附件2-隐私政策.docx"] == "模型服务协议"
    assert duties["附件4-拦截关键词列表.xlsx"] == "拦截关键词列表"
    assert duties["备案表.pdf"] == "生成式人工智能（大语言模型）上线备案表"
    assert duty_of("登记表.pdf", "registration") == "登记备案表（调用已备案大模型上线备案表）"
