"""A dossier is checked offline: any altered byte is caught, and the altered member is named."""

import base64
import json
import shutil
import zlib
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.dossier import Dossier, check, verify
from openbeian.dossier.contents import listing
from openbeian.dossier.zips import pack, unpack
from openbeian.manifest import Fault, canonical_json

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


@settings(max_examples=40, deadline=None)
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


def test_paper_altered_together_with_the_listing_is_caught_by_making_it_again(copy: Path) -> None:
    members = unpack(copy.read_bytes())
    del members["contents.json"]
    members["备案表.pdf"] += b"x"
    copy.write_bytes(pack(members | {"contents.json": listing(members)}))
    assert [(problem.code, problem.path) for problem in verify(copy)] == [("dossier-altered", "备案表.pdf")]


def test_annex_altered_together_with_the_listing_is_caught_by_the_inputs(copy: Path) -> None:
    members = unpack(copy.read_bytes())
    del members["contents.json"]
    name = "附件4-拦截关键词列表.xlsx"
    members[name] += b"x"
    copy.write_bytes(pack(members | {"contents.json": listing(members)}))
    assert [(problem.code, problem.path) for problem in verify(copy)] == [("dossier-altered", name)]


def test_file_added_together_with_the_listing_is_caught(copy: Path) -> None:
    members = unpack(copy.read_bytes())
    del members["contents.json"]
    members["附件8-多出.pdf"] = b"x"
    copy.write_bytes(pack(members | {"contents.json": listing(members)}))
    assert [(problem.code, problem.path) for problem in verify(copy)] == [("dossier-added", "附件8-多出.pdf")]


def test_inputs_altered_with_everything_else_give_another_code(copy: Path, dossier: Dossier) -> None:
    members = unpack(copy.read_bytes())
    del members["contents.json"]
    inputs = json.loads(members["inputs.json"])
    inputs["manifest"]["service"]["name"] = "改名"
    members["inputs.json"] = canonical_json(inputs)
    members["manifest.json"] = canonical_json(inputs["manifest"])
    copy.write_bytes(pack(members | {"contents.json": listing(members)}))
    found = check(copy)
    assert {problem.path for problem in found.problems} >= {"备案表.pdf", "自评估报告.docx"}
    assert found.code != dossier.code


@pytest.mark.parametrize(
    "name", ["备案表.pdf", "自评估报告.pdf", "附件7-其他佐证目录.pdf", "备案表.docx", "附件2-隐私政策.docx"]
)
def test_single_paper_proves_itself_under_any_name(dossier: Dossier, tmp_path: Path, name: str) -> None:
    alone = tmp_path / f"renamed{Path(name).suffix}"
    alone.write_bytes((dossier.path("zip").parent / name).read_bytes())
    found = check(alone, code=dossier.code)
    assert found.problems == ()
    assert (found.code, found.digest, found.made_at) == (dossier.code, dossier.digest, "2026-11-20T08:30:00Z")
    assert "示例云桥家电服务有限公司" in found.what


@pytest.mark.parametrize(("kind", "ending"), [("form-pdf", ".pdf"), ("form-docx", ".docx")])
def test_any_flipped_byte_of_a_single_paper_is_caught(dossier: Dossier, tmp_path: Path, kind: Any, ending: str) -> None:
    whole = dossier.path(kind).read_bytes()
    for at in range(0, len(whole), len(whole) // 12):
        flipped = bytearray(whole)
        flipped[at] ^= 1
        path = tmp_path / f"x{ending}"
        path.write_bytes(flipped)
        assert verify(path), at


def test_what_was_appended_to_a_pdf_is_named(dossier: Dossier, tmp_path: Path) -> None:
    path = tmp_path / "signed.pdf"
    path.write_bytes(dossier.path("form-pdf").read_bytes() + b"\n% a signature\n")
    (problem,) = verify(path)
    assert problem.code == "dossier-appended"
    assert "追加了 15 字节" in problem.message


def test_word_file_saved_again_is_named_as_such(dossier: Dossier, tmp_path: Path) -> None:
    path = tmp_path / "x.docx"
    document = docx.Document(str(dossier.path("form-docx")))
    document.save(str(path))
    assert verify(path)[0].code == "dossier-resaved"


def test_paper_of_another_version_is_not_called_altered(dossier: Dossier, tmp_path: Path) -> None:
    members = unpack(dossier.path("form-docx").read_bytes())
    part = members["customXml/item1.xml"]
    head, _, rest = part.partition(b">")
    inputs = json.loads(base64.b64decode(rest.removesuffix(b"</inputs>")))
    inputs["made_with"]["typst"] = "0.0.1"
    members["customXml/item1.xml"] = head + b">" + base64.b64encode(canonical_json(inputs)) + b"</inputs>"
    path = tmp_path / "x.docx"
    path.write_bytes(pack(members))
    assert verify(path)[0].code == "dossier-other-version"


def test_dossier_of_another_version_keeps_its_digests_and_a_note(copy: Path) -> None:
    members = unpack(copy.read_bytes())
    del members["contents.json"]
    inputs = json.loads(members["inputs.json"])
    inputs["made_with"]["typst"] = "0.0.1"
    members["inputs.json"] = canonical_json(inputs)
    copy.write_bytes(pack(members | {"contents.json": listing(members)}))
    found = check(copy)
    assert found.problems == ()
    assert "不能重做比对" in found.notes[0]


def test_code_on_paper_must_be_that_of_the_file(copy: Path, dossier: Dossier) -> None:
    paper = dossier.path("form-docx")  # a paper alone is made again in a tenth of the time
    assert check(copy, code=dossier.code.lower().replace("-", " ")).problems == ()
    assert check(paper, code=f"sha256:{dossier.digest}").problems == ()
    assert check(paper, code=f"\u200bsha256: {dossier.digest[:30]}\u200b{dossier.digest[30:]}").problems == ()
    assert check(copy, code="0000-0000-0000").problems[0].code == "dossier-other-code"
    with pytest.raises(Fault, match="不是核验码"):
        check(copy, code="ABC")


def _zip(path: Path, *members: tuple[str, bytes], compression: int = ZIP_STORED) -> Path:
    with ZipFile(path, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/b", "..\\x", "C:x", "a/../../x"])
def test_path_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    (problem,) = verify(_zip(tmp_path / "x.zip", (name, b"x")))
    assert problem.code == "dossier-damaged"
    assert "路径" in problem.message


def test_bomb_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", ("inputs.json", b"\0" * 50_000_000), compression=ZIP_DEFLATED)
    (problem,) = verify(path)
    assert "被压缩过" in problem.message


def test_bomb_in_a_pdf_is_refused(tmp_path: Path) -> None:
    stream = zlib.compress(b" " * (80 * 1024**2))
    head = b"%PDF-1.7\n1 0 obj\n<</Length 1/Type/EmbeddedFile/Subtype/application#2Fjson/Params<</Size 1>>>>\nstream\n"
    path = tmp_path / "x.pdf"
    path.write_bytes(head + stream + b"\nendstream\nendobj")
    assert verify(path)[0].code == "dossier-no-inputs"


def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        path = _zip(tmp_path / "x.zip", ("a", b"1"), ("a", b"2"))
    assert "同名" in verify(path)[0].message


@pytest.mark.parametrize("inputs", [b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"schema":"openbeian/dossier-inputs/v1"}'])
def test_inputs_that_are_none_are_named(copy: Path, inputs: bytes) -> None:
    members = unpack(copy.read_bytes())
    del members["contents.json"]
    members["inputs.json"] = inputs
    copy.write_bytes(pack(members | {"contents.json": listing(members)}))
    assert [problem.code for problem in verify(copy)] == ["dossier-inputs"]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_truncated_dossier_is_named(copy: Path, share: float) -> None:
    whole = copy.read_bytes()
    copy.write_bytes(whole[: int(len(whole) * share)])
    assert verify(copy)[0].code == "dossier-damaged"


@settings(max_examples=150, deadline=None)
@given(
    data=st.binary(max_size=600),
    head=st.sampled_from([b"", b"%PDF-1.7\n", b"PK\x03\x04", b"PK\x05\x06"]),
    ending=st.sampled_from([".zip", ".pdf", ".docx"]),
)
def test_any_bytes_are_named_and_never_raise(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, head: bytes, ending: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{ending}"
    path.write_bytes(head + data)
    assert verify(path)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["schema", "made_at", "made_with", "basis", "packs", "manifest", "findings", "evidence", "annexes"]
        ),
        st.one_of(
            st.none(),
            st.integers(-9, 9),
            st.text(max_size=9),
            st.lists(st.none(), max_size=2),
            st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
        ),
        min_size=1,
    )
)
def test_any_wrong_value_in_the_inputs_is_named(
    dossier: Dossier, tmp_path_factory: pytest.TempPathFactory, wrong: dict[str, Any]
) -> None:
    inputs = json.loads(dossier.path("inputs").read_text()) | wrong
    members = unpack(dossier.path("form-docx").read_bytes())
    told = base64.b64encode(canonical_json(inputs))
    members["customXml/item1.xml"] = b'<inputs xmlns="x">' + told + b"</inputs>"
    path = tmp_path_factory.getbasetemp() / "wrong.docx"
    path.write_bytes(pack(members))
    assert verify(path)


def test_repacked_dossier_with_the_same_members_is_caught(copy: Path) -> None:
    members = unpack(copy.read_bytes())
    with ZipFile(copy, "w", ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    assert [problem.code for problem in verify(copy)] == ["dossier-repacked"]


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_dossier_is_named_as_such(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    assert verify(path)[0].code in {"dossier-damaged", "dossier-contents"}


def test_missing_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="读不了"):
        verify(tmp_path / "nothing.zip")
