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


@pytest.fixture
def attested(command):
    """The command after the example's statements were kept as evidence; `digest` is that of one of them."""
    done = command.run("evidence", "attest", "example/service.yaml")
    assert "12 项声明已在证据库中" in done.stdout
    return command, done.stdout.split()[0]


@pytest.mark.req("T1d")
def test_a_signed_record_is_checked_elsewhere_with_a_named_public_key(attested):
    command, digest = attested
    (command.folder / "key").write_text(command.run("evidence", "key").stdout, encoding="utf-8")
    (command.folder / "record.json").write_text(
        command.run("evidence", "show", digest, "--signed").stdout, encoding="utf-8"
    )
    key = signing_key(command.folder / "strangers", "evidence").public.text()
    (command.folder / "stranger").write_text(key, encoding="utf-8")
    assert command.run("evidence", "verify", "record.json", "--public-key", "key").returncode == 0
    refused = command.run("evidence", "verify", "record.json", "--public-key", "stranger")
    assert refused.returncode == 1
    assert "不认识的密钥" in refused.stdout
    assert command.run("evidence", "verify", "home/evidence", "--public-key", "key").returncode == 0
    assert command.run("evidence", "verify", "home/evidence", "--public-key", "stranger").returncode == 1
    assert "没有给出公钥" in command.run("evidence", "verify", "record.json").stdout


@pytest.mark.parametrize(
    "wrong", [("nowhere",), ("example",), ("home/evidence", "--public-key", "example/service.yaml")]
)
def test_what_cannot_be_verified_is_a_fault_and_never_found_whole(attested, wrong):
    done = attested[0].run("evidence", "verify", *wrong)
    assert done.returncode == 1
    assert "完好" not in done.stdout
    assert "Traceback" not in done.stderr
    assert wrong[-1] in done.stderr


@pytest.mark.req("T1d", "F2")
def test_a_deleted_record_is_named_and_no_finding_is_made_without_it(attested):
    command, digest = attested
    next((command.folder / "home" / "evidence" / "records").glob(f"{digest}*.json")).unlink()
    done = command.run("evidence", "verify")
    assert done.returncode == 1
    assert f"{digest} 不见了" in done.stdout
    done = command.run("check", "example/service.yaml", "--findings")
    assert done.returncode == 1
    assert f"{digest} 不见了" in done.stderr


def test_the_list_says_what_took_the_place_of_what(attested):
    command, digest = attested
    path = command.folder / "example" / "service.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("没有使用开源语料", "未使用开源语料"), encoding="utf-8")
    new = command.run("evidence", "attest", "example/service.yaml").stdout.split()[0]
    assert new != digest
    lines = command.run("evidence", "list").stdout.splitlines()
    assert any(line.startswith(digest) and f"［已被 {new} 取代］" in line for line in lines)
    rows = json.loads(command.run("evidence", "list", "--json").stdout)["evidence"]
    assert [row["replaced_by"][:12] for row in rows if row["digest"].startswith(digest)] == [new]
