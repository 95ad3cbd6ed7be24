"""Pseudonyms: the same person gives the same name to one holder of the key, and nothing to anyone else (T2a).

A pseudonym is not anonymous (PIPL, article 73): whoever has the key can link it again.
"""

from __future__ import annotations

import hashlib
import hmac


def pseudonym(key: bytes, text: str, length: int = 16) -> str:
    """Return a keyed pseudonym of `length` hexadecimal digits (HMAC-SHA256)."""
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:length]
