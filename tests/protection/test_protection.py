"""Keys, sealed fields, pseudonyms, labels, backup and restore."""

import multiprocessing
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.manifest import Fault
from openbeian.protection import (
    AigcLabel,
    FieldCipher,
    LabelVerdict,
    backup,
    is_explicit,
    label_text,
    provider_code,
    pseudonym,
    read_label,
    restore,
    secret,
    signing_key,
)

CODE = "91440101MA5EXAM0P0"


def _key(folder: str) -> bytes:
    return signing_key(Path(folder), "ledger").raw


@pytest.mark.req("T1a")
def test_a_key_is_made_once_whoever_asks_first_and_only_its_owner_reads_it(tmp_path):
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert len(set(pool.map(_key, [str(tmp_path / "keys")] * 8))) == 1
    path = tmp_path / "keys" / "ledger.ed25519"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert "raw" not in repr(signing_key(tmp_path / "keys", "ledger"))
    path.write_bytes(b"short")
    with pytest.raises(Fault, match="长度不对"):
        signing_key(tmp_path / "keys", "ledger")


@pytest.mark.req("T1a")
@given(st.text(max_size=200))
def test_a_sealed_field_opens_only_where_it_belongs(plain):
    cipher = FieldCipher({"k1": b"\x01" * 32}, "k1")
    sealed = cipher.seal(plain, bound_to="objection/1/contact")
    assert cipher.open(sealed, bound_to="objection/1/contact") == plain
    for wrong in (sealed[:-5] + "AAAA=", sealed.replace("k1", "k2", 1), "garbage", ""):
        if wrong != sealed:
            with pytest.raises(Fault):
                cipher.open(wrong, bound_to="objection/1/contact")
    with pytest.raises(Fault):
        cipher.open(sealed, bound_to="objection/2/contact")


def test_after_rotation_old_fields_still_open_and_new_ones_carry_the_new_key():
    old = FieldCipher({"k1": b"\x01" * 32}, "k1").seal("旧", bound_to="x")
    rotated = FieldCipher({"k1": b"\x01" * 32, "k2": b"\x02" * 32}, "k2")
    assert rotated.open(old, bound_to="x") == "旧"
    assert ":k2:" in rotated.seal("新", bound_to="x")


@pytest.mark.req("T2a")
def test_pseudonyms_are_stable_for_one_key_and_different_for_another():
    assert pseudonym(b"a" * 32, "user/1") == pseudonym(b"a" * 32, "user/1")
    assert pseudonym(b"a" * 32, "user/1") != pseudonym(b"b" * 32, "user/1")


def test_labels_need_both_elements_and_stand_once():
    assert is_explicit("（人工智能生成）")
    assert is_explicit("ai合成")
    assert not is_explicit("机器写作")
    assert label_text(label_text("您好", "（AI生成）"), "（AI生成）") == "（AI生成）您好"
    with pytest.raises(Fault):
        label_text("您好", "本文由机器写作")


def test_the_implicit_label_has_seven_keys_in_order_and_reads_back():
    text = AigcLabel(provider_code(CODE, "KF01"), "0001").to_json()
    assert text.startswith('{"Label":"1","ContentProducer":"0011')
    assert read_label(text) is LabelVerdict.COMPLIANT
    assert read_label('{"AIGC":' + text + "}") is LabelVerdict.COMPLIANT
    assert read_label(text.replace('"1"', '"AIGC"', 1)) is LabelVerdict.NONCOMPLIANT
    assert read_label('{"Label":"1"}') is LabelVerdict.NONCOMPLIANT
    assert read_label("{") is LabelVerdict.INCONCLUSIVE
    assert read_label("") is LabelVerdict.NOT_FOUND
    with pytest.raises(Fault):
        AigcLabel("示例公司", "1").to_json()


def test_the_provider_code_has_27_characters_and_a_checked_credit_code():
    assert len(provider_code(CODE, "KF01")) == 27
    for code, own in ((CODE[:-1] + "1", "KF01"), (CODE, "kf01"), (CODE, "KF1")):
        with pytest.raises(Fault):
            provider_code(code, own)


@pytest.mark.req("T1c")
def test_a_backup_of_a_running_database_restores_and_a_damaged_one_is_refused(tmp_path):
    home = tmp_path / "home"
    (home / "office").mkdir(parents=True)
    key = secret(home / "keys", "backup")
    database = sqlite3.connect(home / "office" / "db.sqlite3")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE cases (number TEXT)")
    database.execute("INSERT INTO cases VALUES ('2026-0001')")
    database.commit()
    (home / "office" / "clock.json").write_text("{}")
    file = tmp_path / "office.backup"
    assert backup(home, file, key) == 2
    assert restore(file, tmp_path / "again", key) == 2
    restored = sqlite3.connect(tmp_path / "again" / "office" / "db.sqlite3")
    assert restored.execute("SELECT number FROM cases").fetchall() == [("2026-0001",)]
    restored.close()
    database.close()
    assert not (tmp_path / "again" / "keys").exists()
    with pytest.raises(Fault, match="不是空的"):
        restore(file, tmp_path / "again", key)
    with pytest.raises(Fault, match="已存在"):
        backup(home, file, key)
    for harmed, used in ((file.read_bytes()[:-1] + b"x", key), (file.read_bytes(), b"\x09" * 32), (b"garbage", key)):
        file.write_bytes(harmed)
        with pytest.raises(Fault, match="打不开"):
            restore(file, tmp_path / "third", used)
        assert not (tmp_path / "third").exists()
