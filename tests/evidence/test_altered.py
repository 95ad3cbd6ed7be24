"""What is altered is found and named as what it is: entry, hash, head or key; never an innocent one, never an error."""

import contextlib
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.evidence import (
    Checkpoint,
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
from openbeian.evidence.merkle import inclusion_proof, leaf_hash, root
from openbeian.manifest import Fault

KEY = SigningKey("openbeian-test", bytes(range(32)))
COUNT = 6
LEAVES = [json.dumps({"case": f"2026-{n:04d}", "index": n, "kind": "accept"}, sort_keys=True) for n in range(COUNT)]
HASHES = [leaf_hash(leaf.encode()) for leaf in LEAVES]
ENTRIES = "entries.jsonl"


@pytest.fixture
def log(tmp_path):
    write_log(tmp_path, LEAVES, sign_checkpoint("x/log", COUNT, root(HASHES), KEY), KEY.public.text())
    assert verify_log(tmp_path).ok
    return tmp_path


def codes(folder) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.line) for problem in verify_log(folder).problems]


def rewrite(folder, lines) -> None:
    (folder / ENTRIES).write_text("".join(f"{line}\n" for line in lines))


@pytest.mark.req("T1d")
@pytest.mark.parametrize("bit", [1, 2, 4, 8, 16, 32, 64, 128])
def test_every_flipped_bit_of_the_entries_names_the_entry_it_stands_in(log, bit):
    path = log / ENTRIES
    whole = path.read_bytes()
    for position, byte in enumerate(whole):
        entry = whole.count(b"\n", 0, position)
        path.write_bytes(whole[:position] + bytes([byte ^ bit]) + whole[position + 1 :])
        result = verify_log(log)
        assert not result.ok, position
        assert f"第 {entry} 条" in " ".join(problem.message for problem in result.problems), (position, byte)


@pytest.mark.req("T1d")
@pytest.mark.parametrize("name", ["checkpoint", "public-key", "leaf-hashes"])
def test_every_flipped_bit_of_the_other_files_is_found_in_that_file(log, name):
    path = log / name
    whole = path.read_bytes()
    blamed = {name, "checkpoint"} if name == "public-key" else {name}
    for position, byte in enumerate(whole):
        for bit in (1, 2, 4, 8, 16, 32, 64, 128):
            path.write_bytes(whole[:position] + bytes([byte ^ bit]) + whole[position + 1 :])
            problems = verify_log(log).problems
            assert problems, (position, bit)
            assert {Path(str(problem.file)).name for problem in problems} <= blamed, (position, bit)


def test_an_altered_hash_blames_no_entry(log):
    path = log / "leaf-hashes"
    lines = path.read_text().splitlines()
    lines[2] = lines[2][::-1]
    path.write_text("".join(f"{line}\n" for line in lines))
    assert codes(log) == [("hash-altered", 3)]


def test_a_lost_entry_is_named_and_its_neighbours_are_not(log):
    rewrite(log, LEAVES[:2] + LEAVES[3:])
    assert codes(log) == [("log-length", 3), ("entry-lost", None)]
    assert "第 2 条" in verify_log(log).problems[1].message


def test_a_cut_log_names_what_is_lost(log):
    rewrite(log, LEAVES[:4])
    assert codes(log) == [("log-length", 4), ("entry-lost", None), ("entry-lost", None)]


def test_an_added_entry_is_named_wherever_it_stands(log):
    for place in range(COUNT + 1):
        rewrite(log, [*LEAVES[:place], '{"case":"x","kind":"y"}', *LEAVES[place:]])
        assert ("entry-added", place + 1) in codes(log)
        assert not [code for code, _ in codes(log) if code in {"entry-lost", "entry-altered"}]


def test_exchanged_entries_are_said_to_be_moved_not_altered(log):
    rewrite(log, [LEAVES[1], LEAVES[0], *LEAVES[2:]])
    assert codes(log) == [("entry-moved", 1), ("entry-moved", 2)]


def test_an_entry_rewritten_with_its_hash_does_not_pass(log):
    leaves = [*LEAVES[:3], LEAVES[3].replace("accept", "reject"), *LEAVES[4:]]
    write_log(log, leaves, (log / "checkpoint").read_text(), KEY.public.text())
    assert codes(log) == [("root-mismatch", None)]


def test_another_log_altogether_is_told_in_few_words(tmp_path):
    right, wrong = ([f'{{"n":{n},"of":"{name}"}}' for n in range(500)] for name in "ab")
    head = sign_checkpoint("x/log", 500, root([leaf_hash(leaf.encode()) for leaf in right]), KEY)
    write_log(tmp_path, right, head, KEY.public.text())
    rewrite(tmp_path, wrong)
    problems = verify_log(tmp_path).problems
    assert len(problems) == 101
    assert "另有 400 处" in problems[-1].message


def test_an_empty_log_verifies(tmp_path):
    write_log(tmp_path, [], sign_checkpoint("x/log", 0, root([]), KEY), KEY.public.text())
    assert verify_log(tmp_path).ok


@pytest.mark.parametrize("name", [ENTRIES, "leaf-hashes", "checkpoint", "public-key"])
@given(data=st.data())
@settings(max_examples=60)
def test_any_content_of_any_file_is_a_problem_and_never_an_error(tmp_path_factory, name, data):
    folder = tmp_path_factory.mktemp("log")
    write_log(folder, LEAVES, sign_checkpoint("x/log", COUNT, root(HASHES), KEY), KEY.public.text())
    content = data.draw(
        st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore"))
    )
    (folder / name).write_bytes(content)
    result = verify_log(folder)
    shutil.rmtree(folder)
    assert not result.ok
    assert all(problem.text() for problem in result.problems)


# --- checkpoints and keys as texts -------------------------------------------------------------------------------------


def test_a_checkpoint_reads_as_the_signed_note_it_is():
    text = sign_checkpoint("office.example/log", 8, b"\x05" * 32, KEY)
    origin, size, head, blank, signature, end = text.split("\n")
    assert (origin, size, blank, end) == ("office.example/log", "8", "", "")
    assert head == "BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU="
    assert signature.startswith("\u2014 openbeian-test ")
    assert open_checkpoint(text, KEY.public) == Checkpoint("office.example/log", 8, b"\x05" * 32)


def test_a_witness_may_sign_the_same_head():
    witness = SigningKey("example-university", b"\x07" * 32)
    own, other = (sign_checkpoint("x/log", 3, b"\x01" * 32, key) for key in (KEY, witness))
    both = own + other.partition("\n\n")[2]
    assert open_checkpoint(both, KEY.public) == open_checkpoint(both, witness.public)


@pytest.mark.parametrize("size", ["03", "+3", "３", "-3", "", "3 ", "9" * 4400])
def test_a_size_in_another_form_is_refused(size):
    text = sign_checkpoint("x/log", 3, b"\x01" * 32, KEY).replace("\n3\n", f"\n{size}\n")
    with pytest.raises(Fault):
        open_checkpoint(text, KEY.public)


@given(st.text(st.characters(categories=["Cs", "L", "Zs", "Nd", "Po", "Sm"]), max_size=30))
def test_any_origin_or_key_name_is_read_or_refused_and_never_an_error(text):
    for act in (
        lambda: open_checkpoint(sign_checkpoint("x/log", 3, b"\x01" * 32, KEY).replace("x/log", text), KEY.public),
        lambda: VerifyKey.parse(KEY.public.text().replace("openbeian-test", text)),
        lambda: open_checkpoint(text + "\n\n" + text, KEY.public),
    ):
        with contextlib.suppress(Fault):
            act()


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u3000b", "\ud800"])
def test_a_name_no_note_can_carry_is_refused_before_anything_is_signed(name):
    with pytest.raises(Fault):
        SigningKey(name, bytes(32))


def test_a_public_key_is_one_line_and_a_pem_and_comes_back():
    assert VerifyKey.parse(KEY.public.text()) == KEY.public
    assert KEY.public_bytes == KEY.public.raw
    assert KEY.key_id == KEY.public.key_id
    assert KEY.public.pem().startswith("-----BEGIN PUBLIC KEY-----\n")
    assert KEY.raw.hex() not in repr(KEY)


# --- receipts ----------------------------------------------------------------------------------------------------------


def a_receipt(index: int) -> Receipt:
    return Receipt(
        leaf=LEAVES[index],
        index=index,
        size=COUNT,
        proof=tuple(node.hex() for node in inclusion_proof(HASHES, index)),
        checkpoint=sign_checkpoint("x/log", COUNT, root(HASHES), KEY),
        public_key=KEY.public.text(),
    )


@pytest.mark.parametrize("index", range(COUNT))
def test_every_flipped_bit_of_leaf_and_proof_is_found(index):
    receipt = a_receipt(index)
    assert verify_receipt(receipt, KEY.public.text()).ok
    for place in range(len(receipt.leaf)):
        leaf = receipt.leaf[:place] + chr(ord(receipt.leaf[place]) ^ 1) + receipt.leaf[place + 1 :]
        assert not verify_receipt(receipt.model_copy(update={"leaf": leaf}), KEY.public.text()).ok
    for number, node in enumerate(receipt.proof):
        for bit in range(256):
            other = (int(node, 16) ^ (1 << bit)).to_bytes(32, "big").hex()
            proof = (*receipt.proof[:number], other, *receipt.proof[number + 1 :])
            assert not verify_receipt(receipt.model_copy(update={"proof": proof}), KEY.public.text()).ok


def test_a_proof_written_in_another_form_is_refused():
    receipt = a_receipt(3)
    for proof in (tuple(node.upper() for node in receipt.proof), (receipt.proof[0] + " ", *receipt.proof[1:])):
        assert not verify_receipt(receipt.model_copy(update={"proof": proof}), KEY.public.text()).ok


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(sorted(Receipt.model_fields)), json_values)
def test_any_value_in_any_field_of_a_receipt_file_is_a_verification(tmp_path_factory, field, value):
    path = tmp_path_factory.mktemp("r") / "receipt.json"
    plain = a_receipt(2).model_dump(mode="json")
    path.write_text(json.dumps({**plain, field: value}))
    if verify_receipt_file(path, KEY.public.text()).ok:
        assert Receipt.model_validate({**plain, field: value}).model_copy(update={"public_key": ""}) == a_receipt(
            2
        ).model_copy(update={"public_key": ""})
