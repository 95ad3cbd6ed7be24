"""The implicit label inside a PNG file: XMP in an iTXt chunk, where the guide for pictures puts it (TC260-PG-20259A; `packs/labelling.yaml`)."""

from __future__ import annotations

import struct
import zlib
from xml.sax.saxutils import escape

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"XML:com.adobe.xmp"
NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/"
_AFTER_HEADER = len(SIGNATURE) + 4 + 4 + 13 + 4  # length, type, content and checksum of IHDR


def with_label(png: bytes, label: str) -> bytes:
    """Return a PNG file with a label in its metadata.

    Args:
        png: a file without XMP: a file may have one label only.
        label: as `AigcLabel.to_json` gives it.
    """
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:TC260="{NAMESPACE}"><TC260:AIGC>{escape(label)}</TC260:AIGC>'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    # Keyword; not compressed, by method 0; neither language nor translated keyword.
    chunk = _chunk(b"iTXt", KEYWORD + b"\0\0\0\0\0" + xmp.encode())
    return png[:_AFTER_HEADER] + chunk + png[_AFTER_HEADER:]


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
