"""The reply model: same seed same bits, honest figures, filed replies only, and no trust in files it does not know."""

import errno
import json
import os
import pickle
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbeian.manifest import Fault
from tests.trained import FAQ

pytestmark = pytest.mark.studio
QUICK = {"vectors": "no", "head_steps": 12, "gate_steps": 40, "check_every": 5, "worn_copies": 1}
CHARS = sorted(set(FAQ.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def model(run):
    from openbeian.studio import ReplyModel

    return ReplyModel.load(run.folder)


@pytest.mark.req("M1", "M8")
def test_the_same_seed_gives_the_same_weights_in_every_process_and_another_seed_others(small, tmp_path):
    from openbeian.studio import train_replies
    from openbeian.studio.replies.settings import ReplySettings

    here, other = (
        train_replies(small, tmp_path / str(seed), seed=seed, settings=ReplySettings(**QUICK)) for seed in (1, 2)
    )
    code = "import sys, json; from pathlib import Path; from openbeian.studio import train_replies as train;"
    code += "from openbeian.studio.replies.settings import ReplySettings as S;"
    code += "print(train(Path(sys.argv[1]), Path(sys.argv[2]), settings=S(**json.loads(sys.argv[3]))).weights_sha256)"
    hashing = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    again = subprocess.run(
        [sys.executable, "-c", code, small, tmp_path / "again", json.dumps(QUICK)],
        env={**os.environ, "PYTHONHASHSEED": hashing}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert again.stdout.strip() == here.weights_sha256
    assert other.weights_sha256 != here.weights_sha256


@pytest.mark.req("M1")
def test_the_figures_are_on_unseen_wordings_beside_the_baseline(run):
    assert run.counts["test"] >= 50
    assert run.results["recall_at_10"] >= 0.8
    assert run.results["mrr"] >= run.results["mrr_bm25"] - 0.05
    assert run.results["gate_auc_domain"] >= 0.88
    assert run.results["other_domain_not_answered"] >= 0.85
    assert run.results["answered_right"] >= 0.7
    assert all(0 <= value <= 1 for value in run.results.values())
    assert 0 < run.facts["standard_errors"]["recall_at_1"] < 0.1
    ET.fromstring((run.folder / "curves.svg").read_text(encoding="utf-8"))


@pytest.mark.req("M1", "A1")
def test_a_reply_is_a_filed_text_or_one_of_two_fixed_sentences(run, model):
    from openbeian.studio.replies.model import HAND_OVER, REFUSE

    filed = {entry.answer for entry in model.bank.entries}
    for question in ("怎么申请维修？", "明天会下雨吗", "", "☃", "x" * 5000, "\x00", "\ud800"):
        reply = model.answer(question)
        assert reply.text in filed | {HAND_OVER, REFUSE}
        assert model.answer(question) == reply


@pytest.mark.req("M1", "A1")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    question=st.text(st.sampled_from(CHARS), max_size=30),
    answer_from=st.floats(0, 1),
    hand_over_from=st.floats(0, 1),
)
def test_it_never_answers_below_the_filed_thresholds(model, monkeypatch, question, answer_from, hand_over_from):
    from openbeian.studio.replies.model import Action

    filed = {entry.id: entry.answer for entry in model.bank.entries}
    with monkeypatch.context() as patch:
        patch.setattr(model, "run", replace(model.run, answer_from=answer_from, hand_over_from=hand_over_from))
        reply = model.answer(question)
    passes = reply.domain >= hand_over_from, reply.gate >= answer_from
    expected = Action.ANSWER if all(passes) else Action.HAND_OVER if passes[0] else Action.REFUSE
    assert reply.action is expected
    assert (reply.source_id is not None) == (expected is Action.ANSWER)
    if expected is Action.ANSWER:
        assert reply.text == filed[reply.source_id]


def test_nothing_is_answered_when_a_score_is_not_a_number(model, monkeypatch):
    from openbeian.studio.replies.model import Action

    with monkeypatch.context() as patch:
        patch.setattr(model, "run", replace(model.run, answer_from=float("nan"), hand_over_from=0.0))
        assert model.answer("空调保修几年？").action is Action.HAND_OVER
        patch.setattr(model, "run", replace(model.run, answer_from=0.0, hand_over_from=float("nan")))
        assert model.answer("空调保修几年？").action is Action.REFUSE


@pytest.mark.req("M1")
def test_the_generator_draws_filed_replies_from_noise_and_nears_the_best_as_it_cools(model):
    filed = {entry.answer for entry in model.bank.entries}
    hot = {model.propose("空调保修几年？", np.random.default_rng(n), temperature=3.0) for n in range(20)}
    cold = {model.propose("空调保修几年？", np.random.default_rng(n), temperature=0.01) for n in range(20)}
    assert hot <= filed
    assert len(hot) > len(cold) == 1


@pytest.mark.req("F1")
def test_the_record_is_bound_to_the_weights(run):
    from openbeian.studio import to_record

    record = to_record(run.folder, now=datetime(2026, 11, 24, tzinfo=UTC))
    assert record.model_sha256 == run.weights_sha256
    assert {item.name for item in record.subjects} >= {"weights.safetensors", "run.json"}
    assert record.detail["recipe"]["target_accuracy"] == 0.8
    assert record.detail["policy"] == {"answer_from": run.answer_from, "hand_over_from": run.hand_over_from}


def test_exchanged_weights_are_loaded_and_told_by_their_own_hash(run, tmp_path):
    from openbeian.studio import ReplyModel

    shutil.copytree(run.folder, tmp_path / "mixed")
    path = tmp_path / "mixed" / "weights.safetensors"
    weights = bytearray(path.read_bytes())
    weights[-4] ^= 1
    path.write_bytes(bytes(weights))
    model = ReplyModel.load(tmp_path / "mixed")
    assert model.weights_sha256 != model.run.weights_sha256


@pytest.mark.parametrize(
    "content", [pickle.dumps({"weights": 1}), b"", b"garbage", (8).to_bytes(8, "little") + b'{"a":{}}']
)
def test_weights_that_are_no_safetensors_are_refused(run, tmp_path, content):
    from openbeian.studio import ReplyModel

    shutil.copytree(run.folder, tmp_path / "run")
    (tmp_path / "run" / "weights.safetensors").write_bytes(content)
    with pytest.raises(Fault, match="safetensors"):
        ReplyModel.load(tmp_path / "run")


def test_a_reply_that_was_not_filed_is_not_loaded(run, tmp_path):
    from openbeian.studio import ReplyModel

    shutil.copytree(run.folder, tmp_path / "run")
    bank = tmp_path / "run" / "bank.jsonl"
    bank.write_text(bank.read_text(encoding="utf-8").replace("不要", "要", 1), encoding="utf-8")
    with pytest.raises(Fault, match=r"bank\.jsonl"):
        ReplyModel.load(tmp_path / "run")


def test_an_unfinished_run_is_not_loaded(run, tmp_path):
    from openbeian.studio import ReplyModel

    shutil.copytree(run.folder, tmp_path / "run")
    (tmp_path / "run" / "run.json").unlink()
    with pytest.raises(Fault, match="没有完成"):
        ReplyModel.load(tmp_path / "run")


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "disk-full"), (errno.EACCES, "run-unwritable")])
def test_a_disk_that_refuses_leaves_a_run_that_is_known_to_be_unfinished(small, tmp_path, monkeypatch, number, code):
    from openbeian.studio import RunResult, train_replies
    from openbeian.studio.replies import writing
    from openbeian.studio.replies.settings import ReplySettings

    train_replies(small, tmp_path, settings=ReplySettings(**QUICK))
    whole = writing.write_whole

    def full(path, content):
        if path.name == "curves.svg":
            raise OSError(number, os.strerror(number))
        return whole(path, content)

    monkeypatch.setattr(writing, "write_whole", full)
    with pytest.raises(Fault) as fault:
        train_replies(small, tmp_path, settings=ReplySettings(**QUICK))
    assert fault.value.code == code
    with pytest.raises(Fault, match="没有完成"):
        RunResult.load(tmp_path)


@pytest.mark.req("M1")
def test_a_run_stopped_in_training_leaves_the_finished_one_as_it_was(small, tmp_path):
    from openbeian.studio import RunResult, train_replies
    from openbeian.studio.replies.settings import ReplySettings

    first = train_replies(small, tmp_path, settings=ReplySettings(**QUICK))

    def stop(done, _total, _note):
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_replies(small, tmp_path, seed=2, settings=ReplySettings(**QUICK), progress=stop)
    assert RunResult.load(tmp_path).weights_sha256 == first.weights_sha256


@pytest.mark.req("M1")
def test_an_adversarial_round_is_kept_only_when_validation_improves_and_both_are_recorded(small, tmp_path):
    from openbeian.studio import train_replies
    from openbeian.studio.replies.settings import ReplySettings

    seen = []
    run = train_replies(
        small, tmp_path, settings=ReplySettings(**QUICK, rounds=2, round_steps=12),
        progress=lambda done, total, _note: seen.append((done, total)),
    )  # fmt: skip
    assert len(run.facts["adversarial"]) == 2
    for fact in run.facts["adversarial"]:
        better = (fact["validation_mrr_after"], fact["validation_auc_after"]) > (
            fact["validation_mrr_before"], fact["validation_auc_before"],
        )  # fmt: skip
        assert fact["kept"] == better
    assert run.facts["recipe"]["objective"] == "adversarial"
    assert seen[-1] == (12 + 40 + 2 * 12, 12 + 40 + 2 * 12)


@pytest.mark.req("M1")
def test_dialogues_are_measured_on_dialogues_that_were_not_seen_and_served_whole(dialogues, tmp_path):
    from openbeian.studio import ReplyModel, train_replies
    from openbeian.studio.replies.settings import ReplySettings

    run = train_replies(dialogues, tmp_path, settings=ReplySettings(**QUICK))
    assert run.counts["train"] + run.counts["reworded"] + run.counts["validation"] + run.counts["test"] == 32
    assert run.counts["replies"] == 25
    assert run.facts["other_domain"]["from"] == "everyday questions"
    served = {question for entry in ReplyModel.load(tmp_path).bank.entries for question in entry.questions}
    assert len(served) == 32


@pytest.mark.parametrize("extra", ["", "variants: [只有这一种别的说法]"], ids=["no other wording", "one other wording"])
def test_the_fewest_pairs_that_can_be_trained_on_are_trained_on(tmp_path, extra):
    from openbeian.studio import ReplyModel, train_replies
    from openbeian.studio.replies.settings import ReplySettings

    rows = [f"  - {{question: 第{n}号柜子在哪里, answer: 在{n}楼, {extra if n == 3 else ''}}}" for n in range(20)]
    (tmp_path / "a.yaml").write_text("pairs:\n" + "\n".join(rows), encoding="utf-8")
    run = train_replies(tmp_path / "a.yaml", tmp_path / "run", settings=ReplySettings(**QUICK, everyday=False))
    assert min(run.counts[part] for part in ("train", "reworded", "validation", "test")) >= 2
    assert run.facts["other_domain"]["from"] == "none"
    assert ReplyModel.load(run.folder).answer("第7号柜子在哪里").action is not None


def test_importing_the_studio_does_not_import_torch():
    code = "import sys, openbeian.studio; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
