"""Turns a manifest, its findings and its evidence into the papers an office accepts, and hands them in.

The names load when they are first used: handing in needs no typesetter.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openbeian.dossier.annexes import Annex, Sheet, keyword_annex, question_annex
    from openbeian.dossier.attaching import Attached, read_attached
    from openbeian.dossier.building import Dossier, DossierFile, build, to_record
    from openbeian.dossier.handin import Attachment, OfficeClient, OfficeRefusal, Round
    from openbeian.dossier.verifying import Checked, check, verify

_HOMES = {
    "Annex": "annexes",
    "Attached": "attaching",
    "Checked": "verifying",
    "Attachment": "handin",
    "Dossier": "building",
    "DossierFile": "building",
    "OfficeClient": "handin",
    "OfficeRefusal": "handin",
    "Round": "handin",
    "Sheet": "annexes",
    "build": "building",
    "check": "verifying",
    "keyword_annex": "annexes",
    "question_annex": "annexes",
    "read_attached": "attaching",
    "to_record": "building",
    "verify": "verifying",
}

__all__ = [
    "Annex",
    "Attached",
    "Attachment",
    "Checked",
    "Dossier",
    "DossierFile",
    "OfficeClient",
    "OfficeRefusal",
    "Round",
    "Sheet",
    "build",
    "check",
    "keyword_annex",
    "question_annex",
    "read_attached",
    "to_record",
    "verify",
]


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"openbeian.dossier.{_HOMES[name]}"), name)
