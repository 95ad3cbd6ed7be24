"""Ed25519 keys that sign evidence and ledger heads. How keys are made and kept is `protection.keys`."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from openbeian.manifest import Fault

NOTE_ALGORITHM = b"\x01"
KEY_BYTES = 32


def canonical_base64(text: str) -> bytes:
    """Return the bytes of a base64 text in its one canonical form.

    Raises:
        ValueError: also for a text that decodes but is not the form these bytes encode to, so that no two texts mean the same.
    """
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError(text)
    return raw


def _check(name: str, raw: bytes) -> None:
    """Refuse a name that a signed note cannot carry (c2sp.org/signed-note), and a key of another length."""
    if not name or not name.isprintable() or "+" in name or any(char.isspace() for char in name):
        raise Fault("bad-key-name", f"密钥名 {name!r} 不能用", "密钥名不含空白和加号")
    if len(raw) != KEY_BYTES:
        raise Fault("bad-key", "密钥长度不对", "Ed25519 密钥为 32 字节")


@dataclass(frozen=True)
class VerifyKey:
    """A named public key; its text form is a c2sp note verifier key: `name+hex id+base64`."""

    name: str
    raw: bytes

    def __post_init__(self) -> None:
        _check(self.name, self.raw)

    @property
    def note_id(self) -> bytes:
        """The four bytes that name this key in a signed note (c2sp.org/signed-note)."""
        return hashlib.sha256(self.name.encode() + b"\n" + NOTE_ALGORITHM + self.raw).digest()[:4]

    @property
    def key_id(self) -> str:
        """The SHA-256 of the raw key, in hexadecimal: the key id in DSSE envelopes."""
        return hashlib.sha256(self.raw).hexdigest()

    def text(self) -> str:
        """Return the key as one line to be published."""
        return f"{self.name}+{self.note_id.hex()}+{base64.b64encode(NOTE_ALGORITHM + self.raw).decode()}"

    @staticmethod
    def parse(text: str) -> VerifyKey:
        """Read a published key.

        Raises:
            Fault: `bad-public-key` when the text is damaged.
        """
        bad = Fault("bad-public-key", "公钥读不懂", "重新下载公布的公钥")
        name, _, rest = text.strip().partition("+")
        note_id, _, body = rest.partition("+")
        try:
            raw = canonical_base64(body)
        except ValueError as reason:
            raise bad from reason
        if raw[:1] != NOTE_ALGORITHM:
            raise bad
        try:
            key = VerifyKey(name, raw[1:])
        except Fault as reason:
            raise bad from reason
        if key.note_id.hex() != note_id:
            raise bad
        return key

    def pem(self) -> str:
        """Return the key as PEM (SubjectPublicKeyInfo), for tools that read no signed notes."""
        public = Ed25519PublicKey.from_public_bytes(self.raw)
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Tell whether the signature is this key's over the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """A named Ed25519 private key."""

    name: str
    raw: bytes

    def __post_init__(self) -> None:
        _check(self.name, self.raw)

    @staticmethod
    def generate(name: str) -> SigningKey:
        """Return a new key from the system's random source."""
        private = Ed25519PrivateKey.generate()
        return SigningKey(name, private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.raw)

    @property
    def public(self) -> VerifyKey:
        """The public half."""
        return VerifyKey(self.name, self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    @property
    def public_bytes(self) -> bytes:
        """The 32 raw bytes of the public half."""
        return self.public.raw

    @property
    def key_id(self) -> str:
        """The SHA-256 of the raw public key, in hexadecimal."""
        return self.public.key_id

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of a message."""
        return self._private.sign(message)

    def __repr__(self) -> str:
        """Return the name only: a key never reaches a log."""
        return f"SigningKey({self.name!r})"
