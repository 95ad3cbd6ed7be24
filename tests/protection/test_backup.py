"""Back up, damage, restore, compare: what comes back is what was there, or nothing comes back (T1c)."""

import errno
import hashlib
import importlib
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.evidence import SigningKey
from openbeian.manifest import Fault
from openbeian.protection import backup, restore
from openbeian.protection.streams import CHUNK_BYTES

KEY = bytes(range(32))
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
OFFICE = SigningKey("openbeian-ledger", bytes(32))
BLOB = hashlib.sha256(b"seed").digest() * (CHUNK_BYTES * 5 // 2 // 32)  # two and a half chunks before packing


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home"
    for folder in ("office/media", "evidence/blobs/ab", "keys", "空 夹"):
        (home / folder).mkdir(parents=True)
    (home / "keys" / "ledger.ed25519").write_bytes(b"secret" * 6)
    (home / "office" / "media" / "附件 #1?%20.pdf").write_bytes(os.urandom(CHUNK_BYTES * 5 // 2))
    (home / "evidence" / "blobs" / "ab" / "abcd").write_bytes(BLOB)
    (home / "空 夹" / "empty").write_bytes(b"")
    (home / "notes-journal").write_text("no side file of any database")
    with closing(sqlite3.connect(home / "office" / "db.sqlite3")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE cases (number TEXT)")
        database.executemany("INSERT INTO cases VALUES (?)", [(f"2026-{n:04d}",) for n in range(100)])
        database.commit()
        yield home


def plain_files(folder) -> dict[str, bytes]:
    """Everything but keys and databases, whose bytes may differ while their content does not."""
    names = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in names.items() if "keys/" not in name and "sqlite3" not in name}


def cases(folder) -> list[tuple[str]]:
    with closing(sqlite3.connect(folder / "office" / "db.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return database.execute("SELECT number FROM cases ORDER BY number").fetchall()


@pytest.mark.req("T1c")
def test_what_was_lost_and_damaged_comes_back_as_it_was(home, tmp_path):
    before, numbers = plain_files(home), cases(home)
    file = tmp_path / "office.backup"
    assert backup(home, file, KEY, made_at=NOW, signer=OFFICE) == len(before) + 1
    (home / "evidence" / "blobs" / "ab" / "abcd").write_bytes(b"altered")
    (home / "notes-journal").unlink()
    assert restore(file, tmp_path / "again", KEY, trusted=OFFICE.public) == len(before) + 1
    assert plain_files(tmp_path / "again") == before
    assert cases(tmp_path / "again") == numbers
    assert not (tmp_path / "again" / "keys").exists()


@pytest.mark.req("T1a", "T1c")
def test_a_stolen_backup_shows_nothing_and_restored_files_are_the_owners_alone(home, tmp_path):
    file = tmp_path / "office.backup"
    backup(home, file, KEY)
    assert file.stat().st_mode & 0o777 == 0o600
    assert BLOB[:64] not in file.read_bytes()
    assert b"2026-0001" not in file.read_bytes()
    restore(file, tmp_path / "again", KEY)
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "again").rglob("*") if path.is_file()} == {0}


@pytest.mark.req("T1c")
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_flipped_bit_any_cut_and_any_exchange_of_chunks_is_refused_whole(tmp_path_factory, data):
    file, whole, again = _made(tmp_path_factory)
    head, sealed = len(whole) % (CHUNK_BYTES + 16), CHUNK_BYTES + 16
    harm = data.draw(st.sampled_from(["flip", "cut", "append", "exchange", "drop"]))
    if harm == "flip":
        place, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
        harmed = whole[:place] + bytes([whole[place] ^ (1 << bit)]) + whole[place + 1 :]
    elif harm == "cut":
        harmed = whole[
            : data.draw(st.integers(0, len(whole) - 1) | st.sampled_from([52, 52 + sealed, 52 + 2 * sealed]))
        ]
    elif harm == "append":
        harmed = whole + data.draw(st.binary(min_size=1, max_size=40))
    elif harm == "exchange":
        harmed = whole[:52] + whole[52 + sealed : 52 + 2 * sealed] + whole[52 : 52 + sealed] + whole[52 + 2 * sealed :]
    else:
        harmed = whole[:52] + whole[52 + sealed :]
    assert head
    file.write_bytes(harmed)
    with pytest.raises(Fault) as fault:
        restore(file, again, KEY)
    assert fault.value.code == "backup-broken"
    assert not again.exists()


_cache: dict[str, tuple] = {}


def _made(factory):
    if not _cache:
        folder = factory.mktemp("backup")
        (folder / "home").mkdir()
        (folder / "home" / "noise").write_bytes(os.urandom(CHUNK_BYTES * 5 // 2))
        backup(folder / "home", folder / "x.backup", KEY)
        _cache["made"] = (folder / "x.backup", (folder / "x.backup").read_bytes(), folder / "again")
    return _cache["made"]


def test_a_backup_by_somebody_else_with_the_same_key_is_told_apart(home, tmp_path):
    stranger = SigningKey("openbeian-ledger", b"\x01" * 32)
    for name, signer in (("none", None), ("stranger", stranger)):
        file = tmp_path / name
        backup(home, file, KEY, signer=signer)
        with pytest.raises(Fault) as fault:
            restore(file, tmp_path / "again", KEY, trusted=OFFICE.public)
        assert fault.value.code == "backup-signer"
        assert not (tmp_path / "again").exists()
        restore(file, tmp_path / f"again-{name}", KEY)


def test_neither_act_ever_writes_over_anything(home, tmp_path):
    file, target = tmp_path / "office.backup", tmp_path / "again"
    file.write_bytes(b"precious")
    target.mkdir()
    (target / "precious").write_text("x")
    with pytest.raises(Fault, match="已存在"):
        backup(home, file, KEY)
    file.unlink()
    backup(home, file, KEY)
    with pytest.raises(Fault, match="不是空的"):
        restore(file, target, KEY)
    assert [path.name for path in target.iterdir()] == ["precious"]
    with pytest.raises(Fault, match="不是空的"):
        restore(file, file, KEY)


def test_an_empty_folder_that_is_already_there_is_filled_in_place(home, tmp_path):
    backup(home, tmp_path / "x", KEY)
    target = tmp_path / "mounted"
    target.mkdir()
    inode = target.stat().st_ino
    restore(tmp_path / "x", target, KEY)
    assert target.stat().st_ino == inode
    assert cases(target) == cases(home)


def test_a_backup_into_the_folder_itself_does_not_hold_itself(home):
    count = len(plain_files(home)) + 1
    assert backup(home, home / "office.backup", KEY) == count
    assert backup(home, home / "second.backup", KEY) == count + 1
    assert not [path for path in home.rglob("*") if path.name.startswith(".")]


def test_a_full_disk_leaves_no_half_backup_and_no_half_restore(home, tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    backup(home, tmp_path / "good", KEY)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Fault) as fault:
        backup(home, tmp_path / "half", KEY)
    assert fault.value.code == "backup-failed"
    with pytest.raises(Fault) as fault:
        restore(tmp_path / "good", tmp_path / "again", KEY)
    assert fault.value.code == "restore-failed"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good", "home"]


def test_what_is_not_there_is_a_fault(home, tmp_path):
    for act, code in (
        (lambda: backup(tmp_path / "none", tmp_path / "x", KEY), "backup-failed"),
        (lambda: backup(home, tmp_path / "none" / "x", KEY), "backup-failed"),
        (lambda: restore(tmp_path / "none", tmp_path / "y", KEY), "backup-unreadable"),
    ):
        with pytest.raises(Fault) as fault:
            act()
        assert (fault.value.code, bool(fault.value.text())) == (code, True)
    assert not (tmp_path / "y").exists()


def test_a_packed_name_that_leads_out_of_the_folder_is_refused(home, tmp_path, monkeypatch):
    module = importlib.import_module("openbeian.protection.backup")  # the floor gives the function of this name
    monkeypatch.setattr(module, "FILES", "files/../../")
    backup(home, tmp_path / "x", KEY)
    monkeypatch.setattr(module, "FILES", "files/")
    with pytest.raises(Fault, match="打不开"):
        restore(tmp_path / "x", tmp_path / "deep" / "again", KEY)
    assert not [path for path in (tmp_path / "deep").rglob("*") if path.is_file()]
