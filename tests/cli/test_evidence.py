"""`scan`, `evidence`, `ledger`: what a provider does on its own machine leaves evidence that can be verified."""

import json

import pytest

from openbeian.evidence import sign_checkpoint, write_log
from openbeian.evidence.merkle import leaf_hash, root
from openbeian.protection import signing_key


@pytest.mark.req("T2a", "T1d")
def test_scan_leaves_a_signed_record_that_verifies(command):
    done = command.run("scan", "example/faq.yaml", "--library", "example/keywords.yaml", "--json")
    assert done.returncode == 0, done.stderr
    digest = json.loads(done.stdout)["evidence"]
    assert json.loads(command.run("evidence", "show", digest[:10]).stdout)["kind"] == "corpus-scan"
    assert command.run("evidence", "verify").returncode == 0


def test_an_altered_record_is_named(command):
    command.run("scan", "example/faq.yaml", "--library", "example/keywords.yaml")
    record = next((command.folder / "home" / "evidence" / "records").glob("*.json"))
    record.chmod(0o600)
    record.write_bytes(record.read_bytes().replace(b'"payload": "', b'"payload": "A', 1))
    done = command.run("evidence", "verify")
    assert done.returncode == 1
    assert record.name in done.stdout


def test_scan_without_a_corpus_says_which_path(command):
    done = command.run("scan", "nowhere", "--library", "example/keywords.yaml")
    assert done.returncode == 1
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.req("F1")
def test_statements_become_evidence_and_settle_their_clauses(command):
    assert command.run("evidence", "attest", "example/service.yaml").returncode == 0
    findings = json.loads(command.run("check", "example/service.yaml", "--findings", "--json").stdout)["findings"]
    verdicts = {finding["clause"]: finding["verdict"] for finding in findings}
    assert verdicts["5.1.c.2"] == "符合"
    assert verdicts["5.1.c.1"] == "不适用"


def test_ledger_verify_names_the_altered_entry(command):
    folder = command.folder / "log"
    key = signing_key(command.folder / "keys", "ledger")
    leaves = [json.dumps({"kind": "accept", "case": f"2026-{n:04d}"}, separators=(",", ":")) for n in range(5)]
    checkpoint = sign_checkpoint("example/log", 5, root([leaf_hash(leaf.encode()) for leaf in leaves]), key)
    write_log(folder, leaves, checkpoint, key.public.text())
    assert command.run("ledger", "verify", str(folder)).returncode == 0
    path = folder / "entries.jsonl"
    path.write_bytes(path.read_bytes().replace(b"2026-0003", b"2026-0013"))
    done = command.run("ledger", "verify", str(folder))
    assert done.returncode == 1
    assert "第 3 条" in done.stdout
    assert "2026-0013" in done.stdout
