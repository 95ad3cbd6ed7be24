"""Damage to the store is found, named and never passed over; what an office was told can be held against the record."""

import errno
import json
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from openbeian import files
from openbeian.evidence import EvidenceKind, Record, SigningKey, Store, check_summary, records, unseal
from openbeian.manifest import Fault
from openbeian.rules import MetricValue

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
KEY = SigningKey("test", bytes(range(32)))
OTHER = SigningKey("other", bytes(32))


def a_record(**fields) -> Record:
    given = {"kind": EvidenceKind.ASSESSMENT_RUN, "title": "x", "made_at": NOW, "tool": "test", **fields}
    return Record.model_validate(given)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "evidence")


def path_of(store, digest) -> Path:
    return store.root / "records" / f"{digest}.json"


@pytest.mark.req("T1d")
def test_every_altered_byte_of_a_record_that_changes_what_it_says_is_found(store):
    stored = store.add(a_record(), KEY)
    path = path_of(store, stored.digest)
    whole = path.read_bytes()
    for position in range(len(whole)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        problems = store.verify()
        if problems:
            assert [Path(problem.file).name for problem in problems] == [path.name]
        else:
            assert store.get(stored.digest).record == stored.record


def test_keeping_again_what_lies_damaged_in_the_store_is_refused_by_name(store):
    stored, blob = store.add(a_record(), KEY), store.put_blob(b"proof", "proof.txt")
    path_of(store, stored.digest).write_bytes(b"{}")
    with pytest.raises(Fault) as fault:
        store.add(a_record(), KEY)
    assert stored.digest in fault.value.file
    store.blob(blob.sha256).write_bytes(b"prooF")
    with pytest.raises(Fault) as fault:
        store.put_blob(b"proof", "proof.txt")
    assert (fault.value.code, Path(fault.value.file).name) == ("blob-altered", blob.sha256)


def test_a_record_kept_before_keeps_its_first_signature(store):
    first = store.add(a_record(), KEY)
    assert store.add(a_record(), OTHER) == first
    assert store.verify() == []


def test_a_record_signed_by_a_stranger_is_named_when_one_asks_for_known_keys(store):
    store.add(a_record(title="ours"), KEY)
    strange = store.add(a_record(title="theirs"), OTHER)
    assert store.verify() == []
    problems = store.verify(trusted=[KEY.public])
    # Whoever keeps a record signs the list of all of them, too.
    named = [(problem.code, Path(problem.file).stem) for problem in problems]
    assert named == [("unknown-signer", "index"), ("unknown-signer", strange.digest)]


def test_the_lost_file_of_a_proof_is_named(store):
    blob = store.put_blob(b"proof", "证书.pdf")
    store.add(a_record(kind=EvidenceKind.PROOF, subjects=(blob,)), KEY)
    assert store.verify() == []
    store.blob(blob.sha256).unlink()
    (problem,) = store.verify()
    assert (problem.code, Path(problem.file).name) == ("blob-lost", blob.sha256)
    assert "证书.pdf" in problem.message


def test_a_file_that_changes_while_it_is_kept_is_refused_and_leaves_nothing(store, tmp_path, monkeypatch):
    file = tmp_path / "growing.log"
    file.write_bytes(b"one")

    def grown(path):
        path.write_bytes(b"one two")
        return "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"  # of the three bytes before

    monkeypatch.setattr("openbeian.evidence.store.sha256_file", grown)
    with pytest.raises(Fault) as fault:
        store.put_blob(file, "growing.log")
    assert fault.value.code == "file-changed"
    assert not [path for path in store.root.rglob("*") if path.is_file()]


def test_a_file_that_cannot_be_read_is_a_fault(store, tmp_path):
    with pytest.raises(Fault) as fault:
        store.put_blob(tmp_path / "none", "none")
    assert (fault.value.code, fault.value.file) == ("file-unreadable", str(tmp_path / "none"))
    stored = store.add(a_record(), KEY)
    path = path_of(store, stored.digest)
    path.unlink()
    path.mkdir()
    with pytest.raises(Fault):
        store.get(stored.digest)
    assert [problem.code for problem in store.verify()] == ["file-unreadable"]


def test_a_file_system_without_hard_links_will_do(store, monkeypatch):
    def none(*_):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(files.os, "link", none)
    first = store.add(a_record(), KEY)
    assert store.add(a_record(), KEY) == first
    assert store.verify() == []
    assert not list(store.root.rglob(".part-*"))


# --- what is handed in -------------------------------------------------------------------------------------------------


@pytest.mark.req("T1d")
def test_what_is_handed_in_can_be_held_against_the_record(store):
    metric = MetricValue("should_refuse_rate", 0.99, "", 198, 200, subject="示例类")
    stored = store.add(a_record(metrics=(metric,), model_sha256="ab" * 32, detail={"raw": "不外传"}), KEY)
    store.add(a_record(title="other"), KEY)
    (summary,) = store.bundle([stored.digest[:12]])
    assert set(summary) >= {"digest", "kind", "title", "made_at", "model_sha256", "metrics", "clauses"}
    assert "不外传" not in json.dumps(summary, ensure_ascii=False)
    envelope = path_of(store, stored.digest).read_bytes()
    assert check_summary(json.loads(json.dumps(summary)), envelope, "x") == stored
    for change in (
        {"title": "better"},
        {"digest": "0" * 64},
        {"metrics": [{**summary["metrics"][0], "passed": 200}]},
        {"praise": "much"},
    ):
        with pytest.raises(Fault, match=next(iter(change))):
            check_summary({**summary, **change}, envelope, "x")
    with pytest.raises(Fault, match="digest"):
        check_summary({"title": "x"}, envelope, "x")


# --- reading what others wrote -----------------------------------------------------------------------------------------


def test_a_statement_of_another_type_is_no_record(store, monkeypatch):
    monkeypatch.setattr(records, "STATEMENT_TYPE", "https://in-toto.io/Statement/v0.1")
    envelope = json.dumps(records.seal(a_record(), KEY).envelope).encode()
    monkeypatch.undo()
    with pytest.raises(Fault, match="读不懂"):
        unseal(envelope, "x")


@pytest.mark.parametrize("moment", [datetime.min, datetime.max, datetime(2026, 1, 1)])  # noqa: DTZ001, DTZ901
def test_a_moment_without_zone_or_beyond_the_calendar_is_refused(moment):
    zone = timezone(timedelta(hours=5 if moment.year == 1 else -5))
    with pytest.raises(ValidationError):
        a_record(made_at=moment if moment.year == 2026 else moment.replace(tzinfo=zone))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(["payload", "payloadType", "signatures", "verifyKey"]), json_values)
def test_any_value_in_an_envelope_is_a_record_or_a_fault(field, value):
    envelope = records.seal(a_record(), KEY).envelope
    try:
        unseal(json.dumps({**envelope, field: value}).encode(), "x")
    except Fault as fault:
        assert fault.file == "x"  # noqa: PT017
    else:
        pytest.fail("an altered envelope passed")


@given(json_values)
def test_any_signed_payload_is_a_record_or_a_fault(value):
    import base64

    payload = json.dumps(value).encode()
    signature = KEY.sign(records.pre_authentication(records.PAYLOAD_TYPE, payload))
    envelope = {
        "payloadType": records.PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"sig": base64.b64encode(signature).decode()}],
        "verifyKey": KEY.public.text(),
    }
    with pytest.raises(Fault):
        unseal(json.dumps(envelope).encode(), "x")
