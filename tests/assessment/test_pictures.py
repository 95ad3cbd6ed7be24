"""A service that draws is asked like any other: each picture kept under its digest, refusals counted, nothing judged unseen."""

from __future__ import annotations

import errno
import json
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from openbeian.assessment import Label, assess, load_bank, result_json, rule_book, summary_text, to_record
from openbeian.assessment.answers import Reason
from openbeian.assessment.comparing import compare_runs
from openbeian.assessment.content import KeywordJudge
from openbeian.assessment.machines import machine_flags
from openbeian.assessment.model_judge import answers_of
from openbeian.assessment.replaying import replay
from openbeian.assessment.report import report_html
from openbeian.assessment.review import Policy, Population
from openbeian.assessment.review.drawing import draw_from_run
from openbeian.dossier.answering import question_sheets
from openbeian.manifest import Fault
from openbeian.screening import Keyword, Library
from tests.assessment import fake_service as fake
from tests.assessment.test_assess import QUICK, StopError

pytestmark = pytest.mark.req("T5", "M7")
NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
NO = fake.reply_with({"error": {"code": "content_policy_violation", "message": "这个不能画"}}, status=400)
UNKNOWN = fake.reply_with({"error": {"code": "unknown-class", "message": "没有这一类"}}, status=400)


@pytest.fixture
def bank(tmp_path):
    rows = [{"text": f"拒画{n}", "class2": "A.1.a", "expect": "refuse"} for n in range(6)]
    rows += [{"text": f"画{n}", "class2": "A.3.b", "expect": "any"} for n in range(6)]
    path = tmp_path / "bank.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return load_bank(path)


def run(bank, folder, acts=None, **more):
    with fake.FakeService(acts) as service:
        return assess(
            bank, service.url, "fake", folder, seed_facts={"x": "一"}, now=NOW, limits=QUICK, is_pictures=True, **more
        )


def test_every_picture_is_kept_under_its_digest_and_named_in_the_record(bank, tmp_path):
    result = run(bank, tmp_path, {"拒画": NO})
    kept = {path.name: path.read_bytes() for path in (result.run.path / "pictures").iterdir()}
    files = [fake.drawn(f"画{n}") for n in range(6)]
    assert kept == {f"{sha256(file).hexdigest()}.png": file for file in files}
    answers = {item.question.text: item for item in result.judged}
    words = f"图片 pictures/{sha256(files[0]).hexdigest()}.png"  # what the service says of it stays out of sight
    assert (answers["画0"].reply.text, answers["画0"].judgement.label) == (words, Label.ANSWERED)
    assert (answers["拒画0"].reply.text, answers["拒画0"].judgement.label) == (
        "拒绝代码 content_policy_violation：这个不能画",
        Label.REFUSED,
    )
    assert result.outcome.identity.weights_sha256 == "ab" * 32
    rates = {metric.name: metric for metric in result.metrics if metric.unit == "ratio"}
    assert (rates["should_refuse_rate"].passed, set(rates)) == (6, {"should_refuse_rate"})  # no machine looked
    assert "图片画了什么没有机器看" in result_json(result)["judge"]
    assert "待人评审" in summary_text(result)
    assert not result.disagreements  # a code has no sentence to disagree with
    assert to_record(result).model_sha256 == "ab" * 32
    page = report_html(result.run.path, rule_book())
    assert "图片，存在运行目录的 <code>pictures/</code>" in page
    assert "提问参数" not in page  # none was sent
    assert "拒答率达到门槛" in page  # of the two rates only this one was asked for
    assert "两率" not in page


def test_a_picture_changed_or_taken_away_is_seen_and_a_review_speaks_of_the_pictures(bank, tmp_path):
    result = run(bank, tmp_path)
    path = result.run.path
    assert all(check.is_same for check in replay(path, bank))
    task = draw_from_run(path, Population.GENERATED, 6)
    assert all(item.answer.startswith("图片 pictures/") for item in task.items)
    picture = next((path / "pictures").iterdir())
    before = picture.read_bytes()
    picture.write_bytes(before + b"x")
    assert [check.what for check in replay(path, bank) if not check.is_same] == ["图片都在，与应答所记的摘要相符"]
    picture.unlink()
    assert picture.name in next(check.seen for check in replay(path) if not check.is_same)


def test_a_refusal_without_words_is_one_and_each_kind_of_picture_is_taken(bank, tmp_path):
    kinds = {"png": fake.drawn("甲"), "jpg": b"\xff\xd8\xff..\xff\xd9", "webp": b"RIFF\x04\x00\x00\x00WEBP"}
    acts = {f"画{n}": fake.reply_with(fake.pictures(data)) for n, data in enumerate(kinds.values())}
    result = run(bank, tmp_path, {"拒画": fake.reply_with({"error": {"code": "refused"}}, status=400), **acts})
    labels = {item.question.text: item.judgement.label for item in result.judged}
    assert {labels[f"拒画{n}"] for n in range(6)} == {Label.REFUSED}
    assert {name.rpartition(".")[2] for name in (item.reply.picture for item in result.judged) if name} == set(kinds)


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (UNKNOWN, Reason.CLIENT_ERROR),
        (fake.reply_with({"error": "坏"}, status=400), Reason.CLIENT_ERROR),
        (fake.reply_with([], status=400), Reason.CLIENT_ERROR),
        (fake.reply_with({"error": {"code": []}}, status=400), Reason.CLIENT_ERROR),
        (fake.reply_with({"error": {"code": {}}}, status=400), Reason.CLIENT_ERROR),
        (fake.reply_with(fake.pictures(fake.drawn("半张")[:-1])), Reason.WRONG_SHAPE),
        (fake.reply_with(fake.pictures(b"\xff\xd8\xff")), Reason.WRONG_SHAPE),
        (fake.reply_with(fake.pictures(b"RIFF\x04\x00\x00\x00WAVE")), Reason.WRONG_SHAPE),
        (fake.reply_with(fake.pictures()), Reason.WRONG_SHAPE),
        (fake.reply_with(fake.pictures(b"GIF89a")), Reason.WRONG_SHAPE),
        (fake.reply_with(fake.pictures(fake.drawn("a"), fake.drawn("b"))), Reason.WRONG_SHAPE),
        (fake.reply_with({"data": [{"b64_json": "不是"}]}), Reason.WRONG_SHAPE),
        (fake.reply_with({"data": [{"url": "http://127.0.0.1/x.png"}]}), Reason.WRONG_SHAPE),
        (fake.reply_with(fake.body("文字")), Reason.WRONG_SHAPE),
        (fake.html, Reason.NOT_JSON),
    ],
)
def test_what_is_no_picture_is_an_error_and_never_an_answer(bank, tmp_path, act, reason):
    result = run(bank, tmp_path, {"拒画1": act})
    reply = next(item.reply for item in result.judged if item.question.text == "拒画1")
    assert (reply.reason, reply.picture) == (reason, None)
    assert next(item.judgement.label for item in result.judged if item.question.text == "拒画1") is Label.ERROR


def test_a_full_disk_ends_the_run_with_words_and_the_next_goes_on(bank, tmp_path, monkeypatch):
    def full(path, content, **_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("openbeian.assessment.pictures.write_whole", full)
        with pytest.raises(Fault, match="存不了图片") as fault:
            run(bank, tmp_path)
    assert fault.value.code == "runs-unwritable"
    result = run(bank, tmp_path)
    assert (result.run.number, result.run.is_resumed) == (1, True)
    assert len(list((result.run.path / "pictures").iterdir())) == 12
    assert all(check.is_same for check in replay(result.run.path, bank))


def test_machines_that_read_words_are_not_let_near_pictures(bank, tmp_path):
    for more in (
        {"content_judges": [KeywordJudge(Library([Keyword("违禁示例词", "A.1", "A.1.a")]))]},
        {"is_stream": True},
    ):
        with pytest.raises(Fault, match="看得懂图片") as fault:
            run(bank, tmp_path, **more)
        assert fault.value.code == "assessment-pictures"
    assert not (tmp_path / "runs").exists()
    path = run(bank, tmp_path).run.path
    plan = path / "plan.json"
    plan.write_text(plan.read_text(encoding="utf-8").replace('"is_pictures": true', '"is_pictures": false'))
    with pytest.raises(Fault, match="只读文字"):  # the journal says what was asked for, not the plan
        answers_of(path)
    assert "种子先于第一个问题写入运行日志" in [check.what for check in replay(path) if not check.is_same]


def test_what_is_known_of_runs_of_words_is_not_lent_to_pictures(bank, tmp_path):
    drawn = run(bank, tmp_path / "drawn", {"拒画": NO}).run.path
    with fake.FakeService() as service:
        said = assess(
            bank, service.url, "fake", tmp_path / "said", seed_facts={"x": "一"}, now=NOW, limits=QUICK
        ).run.path
    machines = [set(machine_flags(path, Population.MUST_REFUSE, Policy())) for path in (drawn, said)]
    assert machines == [{"拒绝代码"}, {"句式规则与自报"}]
    with pytest.raises(Fault, match="不能逐题比较"):
        compare_runs(drawn, said)
    rows = dict(question_sheets(None, drawn))
    assert {row[-1] for row in rows["生成内容"]} == {"出图，机器没有看"}
    assert {row[-1] for row in rows["应拒答"]} == {"拒答"}


def test_a_run_for_words_is_not_continued_for_pictures(bank, tmp_path):
    def stop_at_once(progress):
        raise StopError

    with fake.FakeService() as service, pytest.raises(StopError):
        assess(
            bank, service.url, "fake", tmp_path, seed_facts={"x": "一"}, now=NOW, limits=QUICK, progress=stop_at_once
        )
    result = run(bank, tmp_path, parameters={"quality": "low"})
    assert (result.run.number, result.run.is_resumed) == (2, False)
