"""The store: content-addressed, atomic, idempotent, and it names what was altered."""

import base64
import errno
import json
import multiprocessing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from openbeian.evidence import EvidenceKind, Record, SigningKey, Store, attest, unseal
from openbeian.manifest import Fault, load_manifest

NOW = datetime(2026, 11, 24, tzinfo=UTC)
KEY = SigningKey("test", bytes(range(32)))


def a_record(title: str = "x") -> Record:
    return Record(kind=EvidenceKind.PROOF, title=title, made_at=NOW, tool="test", clauses=("5.1.c.2",))


def test_adding_twice_keeps_one_record_and_it_comes_back_whole(tmp_path):
    store = Store(tmp_path)
    first, second = store.add(a_record(), KEY), store.add(a_record(), KEY)
    assert first.digest == second.digest
    assert [stored.record for stored in store.list()] == [a_record()]
    assert store.get(first.digest[:8]).record == a_record()
    assert store.verify() == []


def test_an_ambiguous_or_unknown_or_crooked_digest_is_a_fault(tmp_path):
    store = Store(tmp_path)
    for number in range(40):
        store.add(a_record(str(number)), KEY)
    with pytest.raises(Fault, match="以"):
        store.get(next(d for d in "0123456789abcdef" if sum(s.digest[0] == d for s in store.list()) > 1))
    for digest in ("f" * 64, "../../etc/passwd", ""):
        with pytest.raises(Fault):
            store.get(digest)


@pytest.mark.req("T1d")
def test_an_altered_blob_and_an_altered_record_are_named(tmp_path):
    store = Store(tmp_path)
    blob = store.put_blob(b"proof", "proof.txt")
    stored = store.add(a_record(), KEY)
    store.blob(blob.sha256).write_bytes(b"other")
    path = tmp_path / "records" / f"{stored.digest}.json"
    envelope = json.loads(path.read_bytes())
    payload = base64.b64decode(envelope["payload"]).replace(b'"x"', b'"y"')
    path.write_text(json.dumps({**envelope, "payload": base64.b64encode(payload).decode()}))
    assert {Path(problem.file).name for problem in store.verify()} == {blob.sha256, path.name}
    with pytest.raises(Fault, match="签名不符"):
        unseal(path.read_bytes(), "x")


def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Fault) as fault:
        Store(tmp_path).add(a_record(), KEY)
    assert fault.value.code == "disk-full"
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def _write(folder: str) -> str:
    return Store(Path(folder)).add(a_record(), KEY).digest


def test_two_processes_writing_the_same_record_agree(tmp_path):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert len(set(pool.map(_write, [str(tmp_path)] * 4))) == 1
    assert Store(tmp_path).verify() == []


@pytest.mark.req("F1")
def test_statements_become_proofs_and_attestations(example, tmp_path):
    manifest = load_manifest(example / "service.yaml").manifest
    made = attest(manifest, example, Store(tmp_path), KEY, now=NOW)
    kinds = {stored.record.detail["reason"]: stored.record for stored in made}
    assert len(made) == len(manifest.statements)
    for statement in manifest.statements:
        record = kinds[statement.reason]
        assert record.kind == ("proof" if statement.proof else "attestation")
        assert record.clauses == (() if statement.verdict == "不适用" else (statement.clause,))


def test_a_missing_proof_is_named_and_one_outside_the_folder_refused(example, tmp_path):
    manifest = load_manifest(example / "service.yaml").manifest
    with pytest.raises(Fault, match="证明文件不在"):
        attest(manifest, tmp_path, Store(tmp_path / "store"), KEY, now=NOW)
