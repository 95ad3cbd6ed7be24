"""Which encoding a text has, and reading it as UTF-8: what is broken becomes U+FFFD and is counted, nothing crashes."""

from __future__ import annotations

import codecs
import threading
from collections.abc import Generator, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from openbeian.screening.reading.account import Account
from openbeian.screening.reading.files import open_regular

UTF8: Final = "utf-8"
GB18030: Final = "gb18030"
ASCII: Final = "ascii"  # so far; what comes later decides
SPLITTABLE: Final = frozenset({UTF8, GB18030, ASCII})
SAMPLES: Final = 8
SAMPLE_BYTES: Final = 64 * 1024
REPLACEMENT: Final = "\ufffd".encode()
_BOMS: Final = (
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", GB18030),
)
_LONGEST_CHARACTER: Final = 4
_TELLING: Final = 4096  # bytes that tell the encoding of what follows them
_ERRORS: Final = "openbeian-counted"
_broken = threading.local()


def _count_broken(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    _broken.bytes = getattr(_broken, "bytes", 0) + error.end - error.start
    return "\ufffd", error.end


codecs.register_error(_ERRORS, _count_broken)


def sniff(head: bytes) -> tuple[str, int]:
    """Return the encoding of a text by its first bytes, and how many of them are a mark of it."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding, len(mark)
    return wide(head) or narrow(head), 0


def wide(head: bytes) -> str | None:
    """Return the UTF-16 that a text without a mark is in: its ASCII characters leave NULs on one side of each pair."""
    pairs = np.frombuffer(head[: len(head) // 2 * 2], np.uint8).reshape(-1, 2)
    nuls = np.count_nonzero(pairs == 0, axis=0)
    few, many = sorted(map(int, nuls))
    if many < 2 or few * 10 > many:
        return None
    encoding = "utf-16-le" if nuls[1] == many else "utf-16-be"
    if many * 3 >= len(pairs):
        return encoding
    return encoding if narrow(head) != UTF8 and _reads_as_text(head, encoding) else None


def _reads_as_text(head: bytes, encoding: str) -> bool:
    text = head[: len(head) // 2 * 2].decode(encoding, "replace")
    odd = sum(not (char.isprintable() or char.isspace()) or char == "\ufffd" for char in text[:4096])
    return odd * 50 <= min(len(text), 4096)


def narrow(sample: bytes) -> str:
    """Return UTF-8 when a sample holds at least as many of its characters as broken bytes, else GB18030.

    Chinese text in GB18030 reads as UTF-8 by chance at every seventh character, the rest is broken.
    """
    if sample.isascii():
        return ASCII
    sample = sample[: _character_end(sample)] or sample
    text = sample.decode(UTF8, "replace")
    broken = text.count("\ufffd") - sample.count(REPLACEMENT)
    return UTF8 if len(text) - _ascii_bytes(sample) - broken >= broken else GB18030


def _ascii_bytes(sample: bytes) -> int:
    return int(np.count_nonzero(np.frombuffer(sample, np.uint8) < 0x80))


def sniff_file(path: Path, size: int) -> str:
    """Return the encoding of a long file by samples from all over it.

    Raises:
        OSError: it cannot be read.
    """
    with open_regular(path) as file:
        head = file.read(SAMPLE_BYTES) or b""
        encoding, mark = sniff(head)
        if mark or encoding not in SPLITTABLE:
            return encoding
        samples = [head]
        for part in range(1, SAMPLES + 1):
            file.seek(max(0, (size - SAMPLE_BYTES) * part // SAMPLES))
            samples.append(_whole_lines(file.read(SAMPLE_BYTES) or b""))
    return narrow(b"".join(samples))


def _whole_lines(sample: bytes) -> bytes:
    """Drop the line that was cut at the beginning, unless the sample holds no other."""
    return sample[sample.find(b"\n") + 1 :]


def utf8_blocks(
    blocks: Iterator[bytes], account: Account, *, encoding: str = "", is_start: bool = True, is_mended: bool = False
) -> Iterator[bytes]:
    """Yield blocks as UTF-8; what is UTF-8 already is handed out as it is, for the caller to mend.

    Args:
        blocks: the raw bytes, in blocks of any size.
        account: takes the encoding and the broken bytes.
        encoding: what is known of it.
        is_start: the blocks begin where the file does, so that a byte order mark may stand there.
        is_mended: for a caller that cannot mend by lines: each block is whole characters, mended here at a lower speed.
    """
    first = _at_least(_TELLING, blocks)
    found, mark = sniff(first) if is_start else (narrow(first), 0)
    account.encoding = encoding or found
    rest: Iterator[bytes] = chain((first[mark:],), blocks)
    if account.encoding == ASCII:
        account.encoding, rest = yield from _ascii_until_more(rest)
    if account.encoding == UTF8 and not is_mended:
        yield from rest
    else:
        yield from _transcoded(rest, account)


def _ascii_until_more(blocks: Iterator[bytes]) -> Generator[bytes, None, tuple[str, Iterator[bytes]]]:
    """Yield ASCII as it is; the first block that holds more, with what follows it, decides how to read on."""
    for block in blocks:
        if not block.isascii():
            telling = block + _at_least(_TELLING, blocks)
            return narrow(telling), chain((telling,), blocks)
        yield block
    return ASCII, blocks


def _at_least(size: int, blocks: Iterator[bytes]) -> bytes:
    """Return the next blocks as one of at least `size` bytes, when there are as many."""
    parts: list[bytes] = []
    while size > 0 and (block := next(blocks, b"")):
        parts.append(block)
        size -= len(block)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _transcoded(blocks: Iterator[bytes], account: Account) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(account.encoding)(_ERRORS)
    for block in blocks:
        yield _counted(decoder, block, account, is_last=False)
    yield _counted(decoder, b"", account, is_last=True)


def _counted(decoder: codecs.IncrementalDecoder, block: bytes, account: Account, *, is_last: bool) -> bytes:
    _broken.bytes = 0
    text = decoder.decode(block, is_last)
    account.broken_bytes += _broken.bytes
    return text.encode(UTF8, "replace")


def _character_end(data: bytes) -> int:
    """Return where the last character that may be cut off begins, else the length."""
    for back in range(1, min(_LONGEST_CHARACTER, len(data) + 1)):
        byte = data[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) - back if length > back else len(data)
    return len(data)


def is_utf8(data: bytes) -> bool:
    """Tell whether bytes are UTF-8, at the speed of memory."""
    if data.isascii():
        return True
    ends = np.array([0, len(data)], np.int64)
    try:
        pa.LargeStringArray.from_buffers(1, pa.py_buffer(ends), pa.py_buffer(data)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def mended(data: bytes, account: Account) -> bytes:
    """Return bytes as UTF-8, with U+FFFD for what is broken, which is counted."""
    if is_utf8(data):
        return data
    text = data.decode(UTF8, "replace")
    good = data.count(REPLACEMENT)
    clean = text.encode(UTF8)
    account.broken_bytes += len(data) - (len(clean) - len(REPLACEMENT) * (text.count("\ufffd") - good))
    return clean
