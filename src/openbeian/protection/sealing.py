"""Sealing of single fields: AES-256-GCM with the key's id in the envelope, bound to the row it belongs to (T1a)."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from openbeian.manifest import Fault

NONCE_BYTES = 12
VERSION = "v1"


class FieldCipher:
    """Seals and opens texts. Keys are 32 bytes by id; new texts are sealed with the current one, old ones still open."""

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        self._keys = dict(keys)
        self._current = current
        if current not in self._keys:
            raise Fault("no-such-key", f"没有密钥 {current}", "检查密钥文件夹")

    def seal(self, plain: str, *, bound_to: str) -> str:
        """Return the sealed text; `bound_to` (model/row/field) must be the same on opening."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        body = AESGCM(self._keys[self._current]).encrypt(nonce, plain.encode(), self._bound(self._current, bound_to))
        return f"{VERSION}:{self._current}:{base64.b64encode(nonce + body).decode()}"

    def open(self, sealed: str, *, bound_to: str) -> str:
        """Return the plain text.

        Raises:
            Fault: `seal-broken` when the text was altered, moved to another row, or its key is gone.
        """
        version, _, rest = sealed.partition(":")
        key_id, _, body = rest.partition(":")
        key = self._keys.get(key_id)
        if version != VERSION or key is None:
            raise Fault("seal-broken", "密封的内容打不开：没有它的密钥", "从备份恢复密钥")
        try:
            raw = base64.b64decode(body, validate=True)
            return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], self._bound(key_id, bound_to)).decode()
        except (binascii.Error, InvalidTag, ValueError) as reason:
            raise Fault("seal-broken", "密封的内容被改动过，或被移到了别的记录", "从备份恢复这条记录") from reason

    @staticmethod
    def _bound(key_id: str, bound_to: str) -> bytes:
        return f"openbeian/{VERSION}/{key_id}/{bound_to}".encode()
