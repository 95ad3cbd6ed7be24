"""Word documents: a row a paragraph, in the body, tables, text boxes, notes, comments, headers and footers.

The XML is read as a stream, so that memory stays constant; a document that declares entities is refused.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

import pyarrow as pa

from openbeian.manifest import Fault
from openbeian.screening.reading.batches import gathered
from openbeian.screening.reading.files import open_regular
from openbeian.screening.reading.raw import Reading
from openbeian.screening.reading.records import TOO_LONG

_COMPOUND_FILE: Final = bytes.fromhex("d0cf11e0a1b11ae1")  # what holds an encrypted docx, and the old doc
_PARTS: Final = re.compile(r"word/(document|comments|footnotes|endnotes|header|footer)\d*\.xml", re.IGNORECASE)
_CHUNK: Final = 2**16
_LARGEST_FILE: Final = 512 * 2**20
_IS_ENCRYPTED: Final = 1
_BREAKS: Final = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_DEEPEST: Final = 1000  # elements one inside the other
_SAVE_AS: Final = "用文字处理软件另存为 docx"


def docx_batches(reading: Reading) -> Iterator[pa.RecordBatch]:
    """Yield the paragraphs of a Word document.

    Raises:
        Fault: `corpus-locked` for one with a password, `corpus-macro`, `corpus-bomb`, `corpus-damaged`.
    """
    yield from gathered(_rows(reading), reading)


def _rows(reading: Reading) -> Iterator[tuple[int, str]]:
    try:
        with open_regular(reading.path) as file:
            if file.read(len(_COMPOUND_FILE)) == _COMPOUND_FILE:
                raise reading.fault("corpus-locked", "文档有密码保护，或是旧的 doc 格式", "去掉密码，另存为 docx")
            if reading.shard.size > _LARGEST_FILE:
                raise reading.fault("corpus-too-large", "文档太大", "拆分文件")
            with zipfile.ZipFile(file) as archive:
                yield from _paragraphs(archive, _checked_parts(archive, reading), reading)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        ValueError,
        NotImplementedError,
        RuntimeError,
        expat.ExpatError,
    ) as error:
        raise reading.fault("corpus-damaged", "不是能打开的 Word 文档，或已损坏", _SAVE_AS) from error
    reading.account.bytes_in = reading.shard.size


def _checked_parts(archive: zipfile.ZipFile, reading: Reading) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    parts = [member for member in members if _PARTS.fullmatch(member.filename)]
    if any(member.filename.lower().endswith("vbaproject.bin") for member in members):
        raise reading.fault("corpus-macro", "文档带有宏，不予打开", "另存为不带宏的 docx")
    if any(member.flag_bits & _IS_ENCRYPTED for member in parts):
        raise reading.fault("corpus-locked", "文档有密码保护", "去掉密码，另存为 docx")
    if sum(member.file_size for member in parts) > reading.options.most_unpacked(reading.shard.size):
        raise reading.fault("corpus-bomb", "文档解开后超过上限", "确认文件无误后拆分文件")
    if not parts:
        raise reading.fault("corpus-damaged", "文件里没有 Word 文档的正文", _SAVE_AS)
    return sorted(parts, key=lambda member: (not member.filename.lower().startswith("word/document"), member.filename))


def _paragraphs(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo], reading: Reading) -> Iterator[tuple[int, str]]:
    row = 0
    for part in parts:
        paragraphs = _Paragraphs(reading)
        with archive.open(part) as stream:
            more = True
            while more:
                chunk = stream.read(_CHUNK)
                more = bool(chunk)
                for text in paragraphs.feed(chunk, is_last=not more):
                    row += 1
                    if text is None:
                        reading.account.reject(row, TOO_LONG)
                    else:
                        yield row, text


class _Paragraphs:
    """Gathers the text of paragraphs from XML that comes in chunks."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._fed = 0
        self._depth = 0
        self._open: list[list[str]] = []  # a text box is a paragraph inside another
        self._sizes: list[int] = []
        self._done: list[str | None] = []
        self._inside: dict[str, int] = {"t": 0, "delText": 0, "pPr": 0, "Fallback": 0}

    def feed(self, chunk: bytes, *, is_last: bool) -> list[str | None]:
        """Return the paragraphs that a chunk ends; None for one that is too long."""
        self._done = []
        self._fed += len(chunk)
        self._parser.Parse(chunk, is_last)
        if self._fed - self._parser.CurrentByteIndex > self._reading.options.longest:
            raise self._fault("文档的 XML 里有一个标记过长")
        return self._done

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        del attributes
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._fault("文档的 XML 嵌套过深")
        local = name.rpartition(":")[2]
        if local in self._inside:
            self._inside[local] += 1
        elif local == "p" and not self._inside["Fallback"]:
            self._open.append([])
            self._sizes.append(0)
        elif local in _BREAKS and not self._inside["pPr"]:
            self._add(_BREAKS[local])

    def _end(self, name: str) -> None:
        self._depth -= 1
        local = name.rpartition(":")[2]
        if local in self._inside:
            self._inside[local] -= 1
        elif local == "p" and not self._inside["Fallback"]:
            is_long = self._sizes.pop() > self._reading.options.longest
            parts = self._open.pop()
            self._done.append(None if is_long else "".join(parts))

    def _characters(self, data: str) -> None:
        if self._inside["t"] or self._inside["delText"]:
            self._add(data)

    def _add(self, text: str) -> None:
        # a text box is written twice, the second time in a form for old programs
        if not self._open or self._inside["Fallback"]:
            return
        self._sizes[-1] += len(text)
        if self._sizes[-1] <= self._reading.options.longest:
            self._open[-1].append(text)

    def _doctype(self, *_: object) -> None:
        raise self._fault("文档的 XML 里声明了实体")

    def _fault(self, message: str) -> Fault:
        return self._reading.fault("corpus-damaged", f"{message}，不予打开", _SAVE_AS)
