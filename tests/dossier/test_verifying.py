"""A dossier is checked offline: any altered byte is caught, and the altered member is named."""

import json
import shutil
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.dossier import Dossier, verify
from openbeian.dossier.zips import pack, unpack
from openbeian.manifest import Fault

pytestmark = pytest.mark.req("T4")


@pytest.fixture
def copy(dossier: Dossier, tmp_path: Path) -> Path:
    return Path(shutil.copy(dossier.path("zip"), tmp_path / "dossier.zip"))


def _change(path: Path, **members: bytes | None) -> Path:
    now = unpack(path.read_bytes())
    for name, data in members.items():
        if data is None:
            del now[name]
        else:
            now[name] = data
    path.write_bytes(pack(now))
    return path


def test_dossier_as_built_has_no_problems(copy: Path) -> None:
    assert verify(copy) == []


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_flipped_bit_is_caught(
    dossier: Dossier, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = bytearray(dossier.path("zip").read_bytes())
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path = tmp_path_factory.mktemp("flip") / "dossier.zip"
    path.write_bytes(whole)
    assert verify(path)


def test_altered_member_is_named(copy: Path) -> None:
    changed = _change(copy, **{"备案表.pdf": b"something else"})
    assert [(problem.code, problem.path) for problem in verify(changed)] == [("dossier-altered", "备案表.pdf")]


def test_missing_and_added_members_are_named(copy: Path) -> None:
    changed = _change(copy, **{"自评估报告.docx": None, "extra.txt": b"x"})
    assert {(p.code, p.path) for p in verify(changed)} == {
        ("dossier-missing", "自评估报告.docx"),
        ("dossier-added", "extra.txt"),
    }


def test_paper_swapped_with_its_line_in_the_listing_keeps_no_other_code(copy: Path) -> None:
    listing = json.loads(unpack(copy.read_bytes())["contents.json"])
    listing["code"] = "0000-0000-0000"
    changed = _change(copy, **{"contents.json": json.dumps(listing).encode()})
    assert verify(changed)[0].code == "dossier-contents"


def test_repacked_dossier_with_the_same_members_is_caught(copy: Path) -> None:
    members = unpack(copy.read_bytes())
    with ZipFile(copy, "w", ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    assert verify(copy)[0].code == "dossier-repacked"


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_dossier_is_named_as_such(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    assert verify(path)[0].code in {"dossier-damaged", "dossier-contents"}


def test_missing_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="读不了"):
        verify(tmp_path / "nothing.zip")
