"""How a gateway runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HEARTBEAT_S = 60.0


@dataclass(frozen=True)
class GatewayConfig:
    """How a gateway runs. `label_prefix` is what is really configured; None takes the filed one."""

    manifest_path: Path
    upstream_url: str
    records_dir: Path
    office_url: str | None = None
    office_token: str | None = None
    library_path: Path | None = None
    label_prefix: str | None = None
    heartbeat_s: float = HEARTBEAT_S
