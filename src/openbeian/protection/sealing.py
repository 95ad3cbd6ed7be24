"""Sealing of single fields: AES-256-GCM with the key's id in the envelope, bound to the row it belongs to (T1a)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from openbeian.manifest import Fault

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = "v1"


class FieldCipher:
    """Seals and opens texts. Keys are 32 bytes by id; new texts are sealed with the current one, old ones still open."""

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        self._keys = dict(keys)
        self._current = current
        if current not in self._keys:
            raise Fault("no-such-key", f"没有密钥 {current}", "检查密钥文件夹")
        for key_id, key in self._keys.items():
            if len(key) != KEY_BYTES or not key_id or ":" in key_id:
                raise Fault("bad-key", f"密钥 {key_id!r} 不能用", "密钥为 32 字节，编号非空且不含冒号")

    def seal(self, plain: str, *, bound_to: str) -> str:
        """Return the sealed text; `bound_to` (model/row/field) must be the same on opening."""
        # A random nonce is safe for 2**32 texts under one key (NIST SP 800-38D, 8.3): change keys long before.
        nonce = secrets.token_bytes(NONCE_BYTES)
        body = AESGCM(self._keys[self._current]).encrypt(
            nonce, plain.encode("utf-8", "surrogatepass"), self._bound(self._current, bound_to)
        )
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
            return (
                AESGCM(key)
                .decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], self._bound(key_id, bound_to))
                .decode("utf-8", "surrogatepass")
            )
        except (InvalidTag, ValueError) as reason:
            raise Fault("seal-broken", "密封的内容被改动过，或被移到了别的记录", "从备份恢复这条记录") from reason

    def is_current(self, sealed: str) -> bool:
        """Tell whether the text is sealed with the current key, or waits for `reseal`."""
        return sealed.startswith(f"{VERSION}:{self._current}:")

    def reseal(self, sealed: str, *, bound_to: str) -> str:
        """Return the text sealed with the current key: with every row done, an old key can be taken away.

        Raises:
            Fault: `seal-broken`, as `open`.
        """
        return sealed if self.is_current(sealed) else self.seal(self.open(sealed, bound_to=bound_to), bound_to=bound_to)

    @staticmethod
    def _bound(key_id: str, bound_to: str) -> bytes:
        return f"openbeian/{VERSION}/{key_id}/{bound_to}".encode("utf-8", "surrogatepass")
