"""Packs by their id: read from the package, given their shape, kept."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from functools import cache
from importlib import resources
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from openbeian.manifest import Fault
from openbeian.rules.shapes import (
    CalendarPack,
    ClausePack,
    FormField,
    FormPack,
    FormSection,
    LabelPack,
    LawPack,
    Pack,
    Requirement,
    RequirementPack,
    RiskPack,
    Threshold,
)

__all__ = [
    "CalendarPack",
    "ClausePack",
    "FormField",
    "FormPack",
    "FormSection",
    "LabelPack",
    "LawPack",
    "Pack",
    "Requirement",
    "RequirementPack",
    "RiskPack",
    "Threshold",
    "calendar_packs",
    "clause_pack",
    "clause_pack_ids",
    "clause_remedy",
    "form_pack",
    "load_pack",
    "pack_ids",
    "read_pack",
    "requirements",
    "risk_pack",
]

# The process pack adds itself from its own module, which the package imports.
KINDS: dict[str, type[Pack]] = {
    "clauses": ClausePack,
    "risks": RiskPack,
    "form": FormPack,
    "requirements": RequirementPack,
    "laws": LawPack,
    "labelling": LabelPack,
    "calendar": CalendarPack,
}
CALENDARS = "calendar/cn/"
NEAR = 5
LIKENESS = 0.5


def pack_ids() -> tuple[str, ...]:
    """Return the ids of all packs, the years of the calendar last."""
    return (*_files(""), *_files(CALENDARS))


def calendar_packs() -> tuple[CalendarPack, ...]:
    """Return the published years."""
    packs = [load_pack(pack_id) for pack_id in _files(CALENDARS)]
    return tuple(pack for pack in packs if isinstance(pack, CalendarPack))


def _files(folder: str) -> list[str]:
    names = [entry.name for entry in (resources.files("openbeian.rules") / "packs" / folder).iterdir()]
    return sorted(folder + name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


@cache
def load_pack(pack_id: str) -> Pack:
    """Return a pack by its id.

    Raises:
        Fault: `no-such-pack`, or `pack-broken` when the file does not have the shape of its kind.
    """
    tree = read_pack(f"{pack_id}.yaml")
    shape = KINDS.get(str(tree.get("kind")), Pack)
    try:
        return shape.model_validate(tree)
    except ValidationError as errors:
        raise Fault("pack-broken", f"规则包 {pack_id} 的内容不合规定：{errors}", "恢复安装时的文件") from errors


@cache
def read_pack(name: str) -> dict[str, Any]:
    """Read one file of the packs' folder as plain data."""
    path = resources.files("openbeian.rules") / "packs" / name
    try:
        tree = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as reason:
        raise Fault("no-such-pack", f"没有规则包 {name}", f"现有：{'、'.join(pack_ids())}") from reason
    except YAMLError as reason:
        raise Fault("pack-broken", f"规则包 {name} 不是可读的 YAML", "恢复安装时的文件") from reason
    return dict(tree)


def clause_pack(pack_id: str) -> ClausePack:
    """Return a pack of clauses; a fault when the id names another kind."""
    pack = load_pack(pack_id)
    if not isinstance(pack, ClausePack):
        raise Fault("no-such-pack", f"{pack_id} 不是条款规则包", "用 openbeian packs list 查看")
    return pack


def clause_pack_ids() -> tuple[str, ...]:
    """Return the ids of the packs of clauses: the editions of the rule."""
    return tuple(pack_id for pack_id in _files("") if isinstance(load_pack(pack_id), ClausePack))


def clause_remedy(pack_id: str, wanted: str, known: Collection[str]) -> str:
    """Return what to do about a clause that a pack does not have: the ids below it, else those that look like it."""
    below = [name for name in known if wanted and name.startswith(f"{wanted}.")]
    near = (below or difflib.get_close_matches(wanted, known, NEAR, LIKENESS))[:NEAR]
    return f"相近的有：{'、'.join(near)}" if near else f"用 openbeian packs show {pack_id} 查看"


def risk_pack() -> RiskPack:
    """Return the 31 risks."""
    pack = load_pack("risks")
    assert isinstance(pack, RiskPack)
    return pack


def form_pack() -> FormPack:
    """Return the filing form."""
    pack = load_pack("filing-form")
    assert isinstance(pack, FormPack)
    return pack


def requirements() -> tuple[Requirement, ...]:
    """Return the duties of the founding document."""
    pack = load_pack("founding")
    assert isinstance(pack, RequirementPack)
    return pack.requirements
