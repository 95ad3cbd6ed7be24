"""Takes the inputs out of a paper: the attachment of a PDF, the custom part of a Word file. Nothing of it is trusted."""

from __future__ import annotations

import base64
import binascii
import re
import zlib

from openbeian.dossier import strictzip
from openbeian.dossier.word import INPUTS_PART
from openbeian.manifest import Fault

LARGEST_INPUTS = 64 * 1024**2
_ATTACHED = re.compile(rb"/Type/EmbeddedFile\b[^>]*?/Subtype/application#2Fjson\b.*?>>\s*>>\s*stream\r?\n", re.DOTALL)
_IN_WORD = re.compile(rb"<inputs [^>]*>([A-Za-z0-9+/=]*)</inputs>")
_FIRST = 4096  # the dictionary of a stream is short; longer ones are not ours
_END = b"\nendstream"


def of_pdf(data: bytes) -> bytes:
    """Return the inputs attached to a PDF of ours.

    Raises:
        Fault: `dossier-no-inputs` when there are none that can be read.
    """
    for found in _ATTACHED.finditer(data):
        if found.end() - found.start() > _FIRST:
            continue
        end = data.find(_END, found.end())
        if end >= 0:
            return _inflated(data[found.end() : end])
    raise _nothing()


def of_word(data: bytes) -> bytes:
    """Return the inputs in a Word file of ours.

    Raises:
        Fault: `dossier-resaved` when another program saved it, `dossier-no-inputs` when there are none.
    """
    try:
        part = strictzip.members(data).get(INPUTS_PART, b"")
    except ValueError as error:
        raise Fault(
            "dossier-resaved",
            "这份 Word 文件已被编辑、另存或损坏，与生成的原件不同",
            "Word 文件是供修改的稿本；核验请用原 PDF 或整个材料包",
        ) from error
    found = _IN_WORD.fullmatch(part)
    if found is None:
        raise _nothing()
    try:
        return base64.b64decode(found[1], validate=True)
    except binascii.Error as error:
        raise _nothing() from error


def _inflated(stream: bytes) -> bytes:
    """Inflate within a limit: a small stream can hold a huge one."""
    opened = zlib.decompressobj()
    try:
        data = opened.decompress(stream, LARGEST_INPUTS)
    except zlib.error as error:
        raise _nothing() from error
    if not opened.eof:
        raise _nothing()
    return data


def _nothing() -> Fault:
    return Fault("dossier-no-inputs", "文件里没有可读的输入，不是备案通生成的原件，或已被改动", "请重新索取原件")
