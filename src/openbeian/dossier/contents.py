"""What lies in a dossier: the names of its members, what each is for, and the listing with their digests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from openbeian.dossier.codes import short_code
from openbeian.manifest import canonical_json
from openbeian.rules import form_pack

if TYPE_CHECKING:
    from openbeian.dossier.building import FileKind

INPUTS = "inputs.json"
MANIFEST = "manifest.json"
CONTENTS = "contents.json"
INPUTS_SCHEMA = "openbeian/dossier-inputs/v1"
CONTENTS_SCHEMA = "openbeian/dossier-contents/v1"

_KINDS: Mapping[str, FileKind] = {
    "备案表.pdf": "form-pdf",
    "备案表.docx": "form-docx",
    "登记表.pdf": "form-pdf",
    "登记表.docx": "form-docx",
    "自评估报告.pdf": "report-pdf",
    "自评估报告.docx": "report-docx",
    MANIFEST: "manifest",
    INPUTS: "inputs",
    CONTENTS: "contents",
}
ALWAYS = frozenset({INPUTS, MANIFEST})


def kind_of(name: str) -> FileKind:
    """Return what a member is for; every other name is an annex."""
    return _KINDS.get(name, "annex")


def duty_of(name: str, track: str) -> str:
    """Return which annex a member fulfils, as the track's pack calls it; the form has its own title."""
    pack = form_pack()
    annexes = {one.no: one.name for one in (pack.registration_annexes if track == "registration" else pack.annexes)}
    found = re.match(r"附件(\d+)-", name)
    if found is not None:
        return annexes.get(int(found[1]), name)
    return annexes.get(1, name) if kind_of(name).startswith("report") else annexes.get(0, pack.title)


def listing(members: Mapping[str, bytes]) -> bytes:
    """Return the listing of all members but itself; it follows from them alone, so writing it again checks it."""
    digest = sha256(members[INPUTS]).hexdigest()
    files = [
        {"name": name, "kind": kind_of(name), "sha256": sha256(data).hexdigest(), "size": len(data)}
        for name, data in sorted(members.items())
        if name != CONTENTS
    ]
    return canonical_json(
        {"schema": CONTENTS_SCHEMA, "digest": digest, "code": short_code(digest), "files": files},
    )
