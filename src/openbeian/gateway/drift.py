"""What runs against what was filed: every fact of the process pack's `drift` list, with its weight."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from openbeian.manifest import Manifest
from openbeian.rules import Process


@dataclass(frozen=True, slots=True)
class Running:
    """Facts of the running service. A fact that the service does not tell is None and counts as different."""

    weights_sha256: str | None
    model_name: str | None
    label_text: str
    scope: str


@dataclass(frozen=True, slots=True)
class Drift:
    """One fact that runs otherwise than filed."""

    item: str
    name: str
    filed: str
    running: str
    is_material: bool

    def as_json(self) -> dict[str, Any]:
        """Return the difference as plain JSON."""
        return asdict(self)


def check_drift(filed: Manifest, running: Running) -> list[Drift]:
    """Return the facts that differ; which facts count, and how much, is pack data."""
    plain = filed.as_json()
    return [
        Drift(rule.item, rule.name_zh, str(_at(plain, rule.path)), str(getattr(running, rule.item)), rule.is_material)
        for rule in Process.load().pack.drift
        if hasattr(running, rule.item) and _at(plain, rule.path) != getattr(running, rule.item)
    ]


def _at(plain: Any, path: str) -> Any:
    for key in path.split("."):
        plain = plain.get(key) if isinstance(plain, dict) else None
    return plain
