"""The reply model: same seed same bits, honest figures, filed replies only, and no trust in weights it does not know."""

import os
import pickle
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from openbeian.manifest import Fault
from tests.trained import FAQ

pytestmark = pytest.mark.studio


@pytest.mark.req("M1", "M8")
def test_the_same_seed_gives_the_same_weights_in_every_process_and_another_seed_others(run, other, tmp_path):
    code = "import sys; from pathlib import Path; from openbeian.studio import train_replies as train;"
    code += "print(train(Path(sys.argv[1]), Path(sys.argv[2]), seed=1).weights_sha256)"
    hashing = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    again = subprocess.run(
        [sys.executable, "-c", code, FAQ, tmp_path], env={**os.environ, "PYTHONHASHSEED": hashing},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert again.stdout.strip() == run.weights_sha256
    assert other.weights_sha256 != run.weights_sha256


@pytest.mark.req("M1")
def test_the_figures_are_on_unseen_wordings_beside_the_baseline(run):
    assert run.counts["test"] >= 50
    assert run.results["recall_at_10"] >= 0.8
    assert run.results["mrr"] >= run.results["mrr_bm25"] - 0.05
    assert run.results["gate_auc_domain"] >= 0.75
    assert run.results["other_domain_not_answered"] >= 0.9
    assert 0 <= run.hand_over_from <= run.answer_from <= 1
    ET.fromstring((run.folder / "curves.svg").read_text(encoding="utf-8"))


@pytest.mark.req("M1", "A1")
def test_a_reply_is_a_filed_text_or_one_of_two_fixed_sentences(run):
    from openbeian.studio import ReplyModel
    from openbeian.studio.replies.model import HAND_OVER, REFUSE, Action

    model = ReplyModel.load(run.folder)
    filed = {entry.answer for entry in model.bank.entries}
    for question in ("怎么申请维修？", "明天会下雨吗", "", "☃", "x" * 5000, "\x00"):
        reply = model.answer(question)
        assert reply.text in filed | {HAND_OVER, REFUSE}
        assert (reply.action is Action.ANSWER) == (reply.gate >= run.answer_from)
        assert model.answer(question) == reply


@pytest.mark.req("F1")
def test_the_record_is_bound_to_the_weights(run):
    from openbeian.studio import to_record

    record = to_record(run.folder, now=datetime(2026, 11, 24, tzinfo=UTC))
    assert record.model_sha256 == run.weights_sha256
    assert {item.name for item in record.subjects} >= {"weights.safetensors", "run.json"}


def test_exchanged_weights_are_loaded_and_told_by_their_own_hash(run, other, tmp_path):
    from openbeian.studio import ReplyModel

    shutil.copytree(run.folder, tmp_path / "mixed")
    shutil.copyfile(other.folder / "weights.safetensors", tmp_path / "mixed" / "weights.safetensors")
    model = ReplyModel.load(tmp_path / "mixed")
    assert model.weights_sha256 == other.weights_sha256 != model.run.weights_sha256


@pytest.mark.parametrize(
    "content", [pickle.dumps({"weights": 1}), b"", b"garbage", (8).to_bytes(8, "little") + b'{"a":{}}']
)
def test_weights_that_are_no_safetensors_are_refused(run, tmp_path, content):
    from openbeian.studio import ReplyModel

    shutil.copytree(run.folder, tmp_path / "run")
    (tmp_path / "run" / "weights.safetensors").write_bytes(content)
    with pytest.raises(Fault, match="safetensors"):
        ReplyModel.load(tmp_path / "run")


def test_an_unfinished_run_is_not_loaded(run, tmp_path):
    from openbeian.studio import ReplyModel

    shutil.copytree(run.folder, tmp_path / "run")
    (tmp_path / "run" / "run.json").unlink()
    with pytest.raises(Fault, match="没有完成"):
        ReplyModel.load(tmp_path / "run")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "question,answer\n一,二\n", "至少"),
        ("a.csv", "问,答\n一,二\n", "没有 question"),
        ("a.jsonl", '{"question": "一", "answer": "二"}\n{oops\n', ":2"),
        ("a.jsonl", '{"question": "一", "answer": ""}\n', ":1"),
        ("a.yaml", "pairs: [", "YAML"),
        ("a.yaml", "rows: []", "pairs"),
        ("a.txt", "x", "格式"),
    ],
)
def test_data_that_cannot_be_trained_on_says_file_line_and_remedy(tmp_path, name, content, words):
    from openbeian.studio.replies.pairs import load_pairs

    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(Fault) as fault:
        load_pairs(tmp_path / name)
    assert words in fault.value.text()
    assert fault.value.remedy


def test_a_table_in_gb18030_is_read(tmp_path):
    from openbeian.studio.replies.pairs import load_pairs

    rows = "".join(f"第{n}个问题怎么办,第{n}个答复\n" for n in range(30))
    (tmp_path / "a.csv").write_bytes(f"问题,答复\n{rows}".encode("gb18030"))
    assert load_pairs(tmp_path / "a.csv").items[29].answer == "第29个答复"


def test_importing_the_studio_does_not_import_torch():
    code = "import sys, openbeian.studio; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
