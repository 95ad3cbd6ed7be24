"""The implicit label inside a PNG file: XMP in an iTXt chunk, where the guide for pictures puts it (TC260-PG-20259A; `packs/labelling.yaml`)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from xml.sax.saxutils import escape

from openbeian.manifest import Fault

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"XML:com.adobe.xmp"
NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/"
_HEADER, _END = b"IHDR", b"IEND"
_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_LABELS = frozenset({KEYWORD, b"AIGC"})
_AROUND = 12  # length, kind and checksum around a chunk's content


def with_label(png: bytes, label: str) -> bytes:
    """Return a PNG file whose only implicit label is this one: a file may have one only (GB 45438-2025, 6.1).

    A label that stands where the guide has it gives way, and with it the XMP it stood in. Dots stay as they are.

    Args:
        png: a whole file.
        label: as `AigcLabel.to_json` gives it.

    Raises:
        Fault: `png-broken` for what is no whole PNG file.
    """
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:TC260="{NAMESPACE}"><TC260:AIGC>{escape(label)}</TC260:AIGC>'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    # Keyword; not compressed, by method 0; neither language nor translated keyword.
    mine = (b"iTXt", KEYWORD + b"\0\0\0\0\0" + xmp.encode())
    header, *others = _chunks(png)
    kept = [header, mine, *(chunk for chunk in others if not _is_label(*chunk))]
    return SIGNATURE + b"".join(_chunk(kind, content) for kind, content in kept)


def check_png(png: bytes) -> bytes:
    """Return the file again if it is one whole PNG: header, chunks with their checksums, end, nothing after it.

    Raises:
        Fault: `png-broken`.
    """
    for _ in _chunks(png):
        pass
    return png


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of each chunk; `png-broken` at the first thing that is none, or when it does not end."""
    if not png.startswith(SIGNATURE):
        raise _broken()
    at, expected = len(SIGNATURE), _HEADER
    while at + _AROUND <= len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        if kind != (expected or kind) or png[at : at + _AROUND + length] != _chunk(kind, content):
            raise _broken()
        yield kind, content
        at, expected = at + _AROUND + length, b""
        if kind == _END:
            break
    else:
        raise _broken()
    if at != len(png):
        raise _broken()


def _broken() -> Fault:
    return Fault("png-broken", "不是完整的 PNG 文件", "重新生成或下载")


def _is_label(kind: bytes, content: bytes) -> bool:
    return kind in _TEXTS and content.partition(b"\0")[0] in _LABELS


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
