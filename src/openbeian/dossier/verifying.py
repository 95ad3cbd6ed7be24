"""Checks a dossier, or a single paper out of it, offline.

A zip must be as it was built: nothing altered, missing or added. Then, as for a single paper, the inputs are taken out and
the papers made again: they must come out byte for byte. Whoever alters inputs and papers together gets another code, so
the code is printed, to be held against the one on paper, at the office or in the ledger.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from openbeian.dossier import contents, strictzip, zips
from openbeian.dossier.case import Case
from openbeian.dossier.papers import visible
from openbeian.manifest import Fault, Problem, canonical_json, reason_of

_LARGEST_BYTES = 2 * 1024**3
_AGAIN = "请重新索取原件"
_PDF = b"%PDF-"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check came to. `problems` empty: as it was built. `notes` say what could not be checked here."""

    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    code: str | None = None
    digest: str | None = None
    what: str = ""
    made_at: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """Problems and notes as they come up."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, code: str, message: str, member: str | None = None, remedy: str = _AGAIN) -> None:
        self.problems.append(Problem(code=code, message=message, remedy=remedy, file=self.file, path=member))

    def take(self, fault: Fault) -> None:
        self.add(fault.code, fault.message, fault.path, fault.remedy)


def verify(path: Path) -> list[Problem]:
    """Return what is wrong with a dossier or a paper; an empty list means that it is as it was built.

    Raises:
        Fault: `dossier-unreadable` when the file cannot be read at all.
    """
    return list(check(path).problems)


def check(path: Path, code: str | None = None) -> Checked:
    """Check a file; `code` is the verification code or the digest (as the QR code says it) that it must have.

    Raises:
        Fault: `dossier-unreadable` when the file cannot be read at all, `dossier-code` when `code` is none.
    """
    wanted = None if code is None else _code_of(code)
    found = _Found(str(path))
    data = _read(path, found)
    case = None if data is None else _case(path, data, found)
    if case is None:
        return Checked(tuple(found.problems), tuple(found.notes))
    if wanted is not None and wanted not in {case.code, case.digest}:
        found.add(
            "dossier-other-code", f"文件的核验码是 {case.code}，与给出的不同", remedy="这是另一套材料，请核对来源"
        )
    service = case.manifest.service
    return Checked(
        problems=tuple(found.problems),
        notes=tuple(found.notes),
        code=case.code,
        digest=case.digest,
        what=f"{case.manifest.basic.org_name}　{service.name} {service.version}　{case.words.track}",
        made_at=f"{case.now:%Y-%m-%dT%H:%M:%SZ}",
    )


def _code_of(text: str) -> str:
    """Return a digest or a code in its usual form; spaces, small letters and unseen marks are not the code's."""
    bare = "".join(visible(text).split()).removeprefix("sha256:")
    letters = bare.replace("-", "").upper()
    if len(bare) == _DIGEST_CHARACTERS and set(bare.lower()) <= set("0123456789abcdef"):
        return bare.lower()
    if len(letters) == _CODE_CHARACTERS and letters.isascii() and letters.isalnum():
        return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"
    raise Fault("dossier-code", f"“{text}”不是核验码", "核验码是三组各四个字母数字；也可用二维码里的 sha256:…")


_DIGEST_CHARACTERS, _CODE_CHARACTERS = 64, 12


def _read(path: Path, found: _Found) -> bytes | None:
    try:
        if path.is_file() and path.stat().st_size > _LARGEST_BYTES:
            found.add("dossier-too-large", "文件过大，不是备案通生成的材料")
            return None
        return path.read_bytes()
    except OSError as error:
        said = f"读不了 {path}：{reason_of(error)}"
        raise Fault("dossier-unreadable", said, "请核对路径", file=str(path)) from error


def _case(path: Path, data: bytes, found: _Found) -> Case | None:
    """Check the file by what it is, and return the case that its inputs describe."""
    try:
        if data.startswith(_PDF) or path.suffix.lower() == ".pdf":
            return _single(data, ".pdf", path.name, found)
        if path.suffix.lower() == ".docx":
            return _single(data, ".docx", path.name, found)
        if path.suffix.lower() in {".xlsx", ".png", ".jpg", ".jpeg"}:
            found.add("dossier-not-alone", "这种附件不能单独核验", remedy="请核验它所在的材料包 dossier.zip")
            return None
        return _whole(data, found)
    except Fault as fault:
        found.take(fault)
        return None


# One paper


def _single(data: bytes, ending: str, name: str, found: _Found) -> Case:
    from openbeian.dossier import inputs, opening

    take: Callable[[bytes], bytes] = opening.of_pdf if ending == ".pdf" else opening.of_word
    case = inputs.case_of(take(data))
    if not inputs.is_drawn_alike(case):
        programs = "，".join(f"{name} {one}" for name, one in case.made_with.items() if not name.endswith("_sha256"))
        said = f"由另一版程序或规则包生成（{programs}），这里不能重做比对"
        found.add("dossier-other-version", said, remedy="请用同一版本核验，或核验整个材料包并与备案机构处的核验码比对")
        return case
    for own in _drawn(case, ending, name):
        if data.startswith(own):
            if data != own:
                _appended(len(data) - len(own), found)
            return case
    found.add("dossier-altered", "内容被改动：与所附输入重做的结果不同")
    return case


def _appended(count: int, found: _Found) -> None:
    said = f"原件完好，其后追加了 {count} 字节（如电子签章、批注），追加的内容不在核验范围"
    found.add("dossier-appended", said, remedy="请用阅读器核验签章；没有追加的原件请向提供者索取")


def _drawn(case: Case, ending: str, name: str) -> Iterator[bytes]:
    from openbeian.dossier.making import drawn

    yield from (own for _, own in drawn(case, ending, name))


# The whole


def _whole(data: bytes, found: _Found) -> Case | None:
    try:
        members = strictzip.members(data, flat=True)
    except ValueError as error:
        found.add("dossier-damaged", f"材料包已损坏或不是本系统所出：{error}")
        return None
    _compare(members, found)
    if found.problems:
        return None
    from openbeian.dossier import inputs

    case = inputs.case_of(members[contents.INPUTS])
    _agree(case, members, found)
    if not found.problems:
        _redraw(case, members, found)
    if not found.problems and zips.pack(members) != data:
        found.add("dossier-repacked", "成员与清单一致，但材料包本身被改写过")
    return case


def _compare(members: Mapping[str, bytes], found: _Found) -> None:
    """Hold the members against the listing, and name every one that differs."""
    listed = _listed(members.get(contents.CONTENTS))
    if listed is None:
        found.add("dossier-contents", f"缺少 {contents.CONTENTS}，或内容无法读取", contents.CONTENTS)
        return
    for name in sorted((contents.ALWAYS | listed.keys()) - members.keys()):
        found.add("dossier-missing", f"缺少 {name}", name)
    for name in sorted(members.keys() - listed.keys() - {contents.CONTENTS}):
        found.add("dossier-added", f"多出 {name}，清单中没有", name)
    for name in sorted(listed.keys() & members.keys()):
        if _sha256(members[name]) != listed[name]:
            found.add("dossier-altered", f"{name} 被改动，摘要与清单不符", name)
    if not found.problems and contents.listing(members) != members[contents.CONTENTS]:
        found.add("dossier-contents", f"{contents.CONTENTS} 与成员不符", contents.CONTENTS)


def _agree(case: Case, members: Mapping[str, bytes], found: _Found) -> None:
    """The manifest and the annexes are those that the inputs name."""
    if canonical_json(case.tree) != members[contents.MANIFEST]:
        found.add("dossier-manifest", f"{contents.MANIFEST} 不是本套材料所依据的清单", contents.MANIFEST)
    for name, digest in sorted(case.annexes.items()):
        if _sha256(members.get(name, b"")) != digest:
            found.add("dossier-altered", f"{name} 不是本套材料所依据的附件", name)


def _redraw(case: Case, members: Mapping[str, bytes], found: _Found) -> None:
    """Make the papers again: they are those of the inputs, and there is nothing else."""
    from openbeian.dossier import inputs
    from openbeian.dossier.making import drawn

    if not inputs.is_drawn_alike(case):
        found.notes.append(
            "材料由另一版程序或规则包生成：摘要都相符，但这里不能重做比对；请再与备案机构处的核验码比对。"
        )
        return
    again = dict(drawn(case))
    for name, data in again.items():
        if members.get(name) != data:
            found.add("dossier-altered", f"{name} 被改动：与所附输入重做的结果不同", name)
    own = {contents.CONTENTS, contents.INPUTS, contents.MANIFEST, *case.annexes, *again}
    for name in sorted(members.keys() - own):
        found.add("dossier-added", f"多出 {name}，不由输入得出", name)


def _sha256(data: bytes) -> str:
    return sha256(data).hexdigest()


def _listed(data: bytes | None) -> dict[str, str] | None:
    try:
        rows = json.loads(data or b"")["files"]
        return {str(row["name"]): str(row["sha256"]) for row in rows}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
