"""Sealed streams: a file of any size encrypted chunk by chunk, where nothing unchecked is ever read out.

Each chunk is AES-256-GCM under a key made for this file alone; its nonce is its number and whether it is the last, so
chunks cannot be exchanged, left out or cut off (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015).
"""

from __future__ import annotations

import hashlib
import io
import secrets
from typing import IO, TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

MAGIC = b"openbeian/sealed/v1\n"
KEY_BYTES = 32
SALT_BYTES = 32
TAG_BYTES = 16
CHUNK_BYTES = 1 << 20


class SealBroken(Exception):
    """The stream was altered or cut, or the key is another."""


class SealedWriter(io.RawIOBase):
    """Encrypts what is written into a file; `finish` writes the last chunk, without which nobody reads the file."""

    def __init__(self, file: IO[bytes], key: bytes) -> None:
        super().__init__()
        self._file = file
        self._header = MAGIC + secrets.token_bytes(SALT_BYTES)
        self._cipher = _cipher(key, self._header)
        self._number = 0
        self._waiting = bytearray()
        file.write(self._header)

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        """Take in all the bytes and return their number."""
        given = bytes(data)
        self._waiting += given
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(given)

    def finish(self) -> None:
        """Write what waits as the last chunk."""
        self._seal(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _seal(self, plain: bytes, *, is_last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), plain, self._header))
        self._number += 1


class SealedReader(io.RawIOBase):
    """Decrypts a file; every byte it gives out has been checked, and the end it gives is the written end.

    Raises:
        SealBroken: on opening or reading.
    """

    def __init__(self, file: IO[bytes], key: bytes) -> None:
        super().__init__()
        self._file = file
        self._header = file.read(len(MAGIC) + SALT_BYTES)
        if not self._header.startswith(MAGIC) or len(self._header) != len(MAGIC) + SALT_BYTES:
            raise SealBroken
        self._cipher = _cipher(key, self._header)
        self._number = 0
        self._next = file.read(CHUNK_BYTES + TAG_BYTES)
        self._plain = memoryview(b"")
        self._is_ended = False

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill the buffer as far as the current chunk goes; 0 at the end."""
        while not self._plain and not self._is_ended:
            self._open()
        target = memoryview(buffer).cast("B")
        count = min(len(target), len(self._plain))
        target[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        return count

    def _open(self) -> None:
        sealed, self._next = self._next, self._file.read(CHUNK_BYTES + TAG_BYTES)
        self._is_ended = not self._next
        try:
            plain = self._cipher.decrypt(_nonce(self._number, is_last=self._is_ended), sealed, self._header)
        except InvalidTag as reason:
            raise SealBroken from reason
        self._plain = memoryview(plain)
        self._number += 1


class HashingReader(io.RawIOBase):
    """Passes a file on and keeps the SHA-256 and the number of bytes of what passed."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file
        self._total = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """The hash so far, in lower-case hexadecimal."""
        return self._total.hexdigest()

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill the buffer from the file; 0 at its end."""
        target = memoryview(buffer).cast("B")
        data = self._file.read(len(target))
        target[: len(data)] = data
        self._total.update(data)
        return len(data)


def _cipher(key: bytes, header: bytes) -> AESGCM:
    """Return the cipher of one file: its key comes from the secret and the file's salt, so nonces may start at 0."""
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt=header[len(MAGIC) :], info=MAGIC).derive(key))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
