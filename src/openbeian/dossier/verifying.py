"""Checks a `dossier.zip` offline: nothing altered, missing or added, and the code is that of the papers' inputs."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from openbeian.dossier import contents, zips
from openbeian.manifest import Fault, Problem, canonical_json

_LARGEST_BYTES = 2 * 1024**3


def verify(path: Path) -> list[Problem]:
    """Return what is wrong with a dossier, naming the member; an empty list means that it is as it was built.

    Raises:
        Fault: `dossier-unreadable` when the file cannot be read at all.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            return [_problem(path, "dossier-too-large", "材料包过大", "不是本系统出的材料包")]
        data = path.read_bytes()
    except OSError as error:
        raise Fault(
            "dossier-unreadable", f"读不了 {path}：{error.strerror or error}", "请核对路径", file=str(path)
        ) from error
    try:
        members = _members(data)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, RuntimeError) as error:
        return [_problem(path, "dossier-damaged", f"材料包已损坏：{error}", "请重新索取原件")]
    problems = _compare(path, members)
    if not problems and zips.pack(members) != data:
        problems.append(_problem(path, "dossier-repacked", "成员与清单一致，但材料包本身被改写过", "请重新索取原件"))
    return problems


def _members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        infos = archive.infolist()
        names = [info.filename for info in infos]
        if len(set(names)) != len(names):
            raise ValueError("有同名成员")
        if any(info.compress_type != zipfile.ZIP_STORED or info.file_size > len(data) for info in infos):
            raise ValueError("成员的存放方式不对")
        return {info.filename: archive.read(info) for info in infos}


def _compare(path: Path, members: Mapping[str, bytes]) -> list[Problem]:
    listed = _listed(members.get(contents.CONTENTS))
    if listed is None:
        return [_problem(path, "dossier-contents", f"缺少 {contents.CONTENTS}，或内容无法读取", "请重新索取原件")]
    missing = sorted((contents.EXPECTED | listed.keys()) - members.keys())
    added = sorted(members.keys() - listed.keys() - {contents.CONTENTS})
    altered = [name for name in sorted(listed.keys() & members.keys()) if _sha256(members[name]) != listed[name]]
    problems = [
        *(_problem(path, "dossier-missing", f"缺少 {name}", "请重新索取原件", name) for name in missing),
        *(_problem(path, "dossier-added", f"多出 {name}，清单中没有", "请重新索取原件", name) for name in added),
        *(
            _problem(path, "dossier-altered", f"{name} 被改动，摘要与清单不符", "请重新索取原件", name)
            for name in altered
        ),
    ]
    return problems or _agreement(path, members)


def _sha256(data: bytes) -> str:
    return sha256(data).hexdigest()


def _agreement(path: Path, members: Mapping[str, bytes]) -> list[Problem]:
    """The listing follows from the members, and the manifest is the one the papers were made from."""
    if contents.listing(members) != members[contents.CONTENTS]:
        return [
            _problem(path, "dossier-contents", f"{contents.CONTENTS} 与成员不符", "请重新索取原件", contents.CONTENTS)
        ]
    try:
        manifest = canonical_json(json.loads(members[contents.INPUTS])["manifest"])
    except (ValueError, KeyError, TypeError, Fault):
        return [_problem(path, "dossier-inputs", f"{contents.INPUTS} 无法读取", "请重新索取原件", contents.INPUTS)]
    if manifest != members[contents.MANIFEST]:
        words = f"{contents.MANIFEST} 不是本套材料所依据的清单"
        return [_problem(path, "dossier-manifest", words, "请重新索取原件", contents.MANIFEST)]
    return []


def _listed(data: bytes | None) -> dict[str, str] | None:
    try:
        rows = json.loads(data or b"")["files"]
        return {str(row["name"]): str(row["sha256"]) for row in rows}
    except (ValueError, KeyError, TypeError):
        return None


def _problem(path: Path, code: str, message: str, remedy: str, member: str | None = None) -> Problem:
    return Problem(code=code, message=message, remedy=remedy, file=str(path), path=member)
