"""The log: RFC 6962 hashing against known values, proofs by hypothesis, and every single altered byte named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.evidence import (
    Receipt,
    SigningKey,
    VerifyKey,
    open_checkpoint,
    sign_checkpoint,
    verify_log,
    verify_receipt,
    verify_receipt_file,
    write_log,
)
from openbeian.evidence.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from openbeian.manifest import Fault

KEY = SigningKey("openbeian-test", bytes(range(32)))
# The eight leaves every implementation of certificate transparency is tested with.
KNOWN = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
leaves = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


def test_the_known_tree_has_its_known_head():
    hashes = [leaf_hash(bytes.fromhex(leaf)) for leaf in KNOWN]
    assert root(hashes).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(leaves, st.data())
def test_every_leaf_is_included_and_no_other(items, data):
    hashes = [leaf_hash(item) for item in items]
    index = data.draw(st.integers(0, len(items) - 1))
    proof, head = inclusion_proof(hashes, index), root(hashes)
    assert verify_inclusion(hashes[index], index, len(items), proof, head)
    assert not verify_inclusion(leaf_hash(b"another leaf"), index, len(items), proof, head)
    if proof:
        where = data.draw(st.integers(0, len(proof) - 1))
        broken = [bytes([node[0] ^ 1]) + node[1:] if n == where else node for n, node in enumerate(proof)]
        assert not verify_inclusion(hashes[index], index, len(items), broken, head)


@given(leaves, st.data())
def test_every_beginning_is_consistent_and_a_rewritten_one_is_not(items, data):
    hashes = [leaf_hash(item) for item in items]
    old = data.draw(st.integers(1, len(items)))
    proof = consistency_proof(hashes, old)
    assert verify_consistency(old, len(items), root(hashes[:old]), root(hashes), proof)
    rewritten = [leaf_hash(b"rewritten"), *hashes[1:old]]
    assert not verify_consistency(old, len(items), root(rewritten), root(hashes), proof)


@given(st.text(max_size=400))
def test_a_damaged_checkpoint_is_a_fault_and_nothing_else(text):
    with pytest.raises(Fault):
        open_checkpoint(text, KEY.public)


@given(st.text(max_size=200))
def test_a_damaged_public_key_is_a_fault_and_nothing_else(text):
    with pytest.raises(Fault):
        VerifyKey.parse(text)


def test_a_checkpoint_by_another_key_is_refused():
    text = sign_checkpoint("x/log", 3, b"\x01" * 32, KEY)
    assert open_checkpoint(text, KEY.public).size == 3
    with pytest.raises(Fault):
        open_checkpoint(text, SigningKey("openbeian-test", b"\x07" * 32).public)
    with pytest.raises(Fault):
        open_checkpoint(text.replace("\n3\n", "\n4\n"), KEY.public)


def a_log(folder, count: int = 5):
    lines = [json.dumps({"case": f"2026-{n:04d}", "kind": "accept"}, sort_keys=True) for n in range(count)]
    hashes = [leaf_hash(line.encode()) for line in lines]
    write_log(folder, lines, sign_checkpoint("x/log", count, root(hashes), KEY), KEY.public.text())
    return lines, hashes


@pytest.mark.req("T1d")
def test_every_altered_byte_of_the_entries_is_found_and_its_entry_named(tmp_path):
    lines, _ = a_log(tmp_path)
    path = tmp_path / "entries.jsonl"
    whole = path.read_bytes()
    assert verify_log(tmp_path).ok
    entry = 0
    for position in range(len(whole)):
        is_end = whole[position] == 10
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        result = verify_log(tmp_path)
        assert not result.ok, position
        if not is_end:
            assert result.problems[0].line == entry + 1, position
            assert f"第 {entry} 条" in result.problems[0].message
        entry += is_end
    assert entry == len(lines)


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "entries.jsonl").write_bytes((folder / "entries.jsonl").read_bytes()[:-10]),
        lambda folder: (folder / "entries.jsonl").write_bytes((folder / "entries.jsonl").read_bytes() + b"{}\n"),
        lambda folder: (folder / "entries.jsonl").write_bytes(
            b"\n".join(reversed((folder / "entries.jsonl").read_bytes().splitlines())) + b"\n"
        ),
        lambda folder: (folder / "leaf-hashes").write_text("00" * 32 + "\n"),
        lambda folder: (folder / "leaf-hashes").write_text("no hash\n"),
        lambda folder: (folder / "checkpoint").write_text("x/log\n9\nAAAA\n\n"),
        lambda folder: (folder / "checkpoint").unlink(),
        lambda folder: (folder / "public-key").write_text("garbage"),
    ],
)
def test_a_harmed_log_does_not_verify_and_says_why(tmp_path, harm):
    a_log(tmp_path)
    harm(tmp_path)
    result = verify_log(tmp_path, KEY.public.text() if (tmp_path / "public-key").read_text() != "garbage" else None)
    assert not result.ok
    assert all(problem.message and problem.remedy for problem in result.problems)


def test_a_receipt_verifies_and_every_altered_part_is_found(tmp_path):
    lines, hashes = a_log(tmp_path, 7)
    checkpoint = (tmp_path / "checkpoint").read_text()
    proof = tuple(node.hex() for node in inclusion_proof(hashes, 3))
    receipt = Receipt(leaf=lines[3], index=3, size=7, proof=proof, checkpoint=checkpoint, public_key=KEY.public.text())
    assert verify_receipt(receipt, KEY.public.text()).ok
    for change in (
        {"leaf": lines[2]},
        {"index": 2},
        {"size": 6},
        {"proof": proof[:-1]},
        {"proof": ("zz",)},
        {"checkpoint": "x"},
    ):
        assert not verify_receipt(receipt.model_copy(update=change), KEY.public.text()).ok, change
    other = SigningKey("openbeian-test", b"\x07" * 32).public.text()
    assert not verify_receipt(receipt, other).ok


@given(st.binary(max_size=300))
def test_a_damaged_receipt_file_is_a_problem_not_an_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("r") / "receipt.json"
    path.write_bytes(data)
    assert not verify_receipt_file(path).ok
