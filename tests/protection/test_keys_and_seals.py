"""Keys nobody else reads, seals that move with the key, pseudonyms for any text."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.manifest import Fault
from openbeian.protection import FieldCipher, pseudonym, secret, signing_key

any_text = st.text(st.characters(), max_size=60)


@pytest.mark.req("T1a")
@pytest.mark.skipif(os.name != "posix", reason="file modes of POSIX")
def test_a_key_that_others_may_read_is_refused_with_the_remedy(tmp_path):
    for make in (signing_key, secret):
        make(tmp_path / "keys", "x")
    for path in (tmp_path / "keys").iterdir():
        path.chmod(0o640)
    for make in (signing_key, secret):
        with pytest.raises(Fault) as fault:
            make(tmp_path / "keys", "x")
        assert fault.value.code == "key-exposed"
        assert "chmod 600" in fault.value.remedy


def test_a_key_comes_back_the_same_and_leaves_no_working_file(tmp_path):
    first = signing_key(tmp_path / "keys", "ledger")
    assert signing_key(tmp_path / "keys", "ledger") == first
    assert secret(tmp_path / "keys", "a") != secret(tmp_path / "keys", "b")
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["a.secret", "b.secret", "ledger.ed25519"]


def test_a_folder_that_is_a_file_is_a_fault(tmp_path):
    (tmp_path / "keys").write_text("x")
    with pytest.raises(Fault) as fault:
        signing_key(tmp_path / "keys", "ledger")
    assert fault.value.code == "key-unreadable"


@pytest.mark.req("T1a")
@given(any_text)
def test_resealing_keeps_the_text_and_lets_the_old_key_go(plain):
    keys = {"k1": b"\x01" * 32, "k2": b"\x02" * 32}
    old = FieldCipher({"k1": keys["k1"]}, "k1").seal(plain, bound_to="row/1")
    both, new = FieldCipher(keys, "k2"), FieldCipher({"k2": keys["k2"]}, "k2")
    assert not both.is_current(old)
    resealed = both.reseal(old, bound_to="row/1")
    assert both.is_current(resealed)
    assert both.reseal(resealed, bound_to="row/1") == resealed
    assert new.open(resealed, bound_to="row/1") == plain
    for wrong in (old, resealed):
        with pytest.raises(Fault):
            new.open(wrong, bound_to="row/2")


def test_the_same_text_is_never_sealed_to_the_same_words():
    cipher = FieldCipher({"k1": b"\x01" * 32}, "k1")
    assert len({cipher.seal("13800138000", bound_to="x") for _ in range(50)}) == 50


@pytest.mark.parametrize("keys", [{"k1": b"short"}, {"k:1": b"\x01" * 32}, {"": b"\x01" * 32}, {}])
def test_keys_that_cannot_seal_are_refused_at_once(keys):
    with pytest.raises(Fault):
        FieldCipher(keys, next(iter(keys), "k1"))


@given(any_text)
def test_a_damaged_seal_is_a_fault_and_nothing_else(text):
    cipher = FieldCipher({"k1": b"\x01" * 32}, "k1")
    for sealed in (text, f"v1:k1:{text}"):
        with pytest.raises(Fault):
            cipher.open(sealed, bound_to="x")


@pytest.mark.req("T2a")
@given(any_text, any_text)
def test_every_text_has_its_own_pseudonym(one, other):
    assert (pseudonym(b"k" * 32, one) == pseudonym(b"k" * 32, other)) == (one == other)
