"""Protection: custody of keys, sealed fields, pseudonyms, labels of generated content, backup and restore."""

from openbeian.protection.backup import backup, restore
from openbeian.protection.keys import secret, signing_key
from openbeian.protection.labels import AigcLabel, LabelVerdict, is_explicit, label_text, provider_code, read_label
from openbeian.protection.png import check_png, with_label
from openbeian.protection.pseudonyms import pseudonym
from openbeian.protection.sealing import FieldCipher

__all__ = [
    "AigcLabel",
    "FieldCipher",
    "LabelVerdict",
    "backup",
    "check_png",
    "is_explicit",
    "label_text",
    "provider_code",
    "pseudonym",
    "read_label",
    "restore",
    "secret",
    "signing_key",
    "with_label",
]
