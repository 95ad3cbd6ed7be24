"""What every step of the demonstration stands on: folders, keys, the movable clock, the office's accounts, and saying what holds."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from openbeian.cli.console import out
from openbeian.cli.demo.journal import Journal
from openbeian.dossier import OfficeClient
from openbeian.evidence import Record, SigningKey, Store, StoredRecord
from openbeian.manifest import Fault, LoadedManifest, set_value
from openbeian.office import clock
from openbeian.protection import signing_key
from openbeian.rules import load_checked

EXAMPLE = "customer-service"
COPIED = ("service.yaml", "faq.yaml", "keywords.yaml", "bank.yaml", "data-card.md", "proofs")


class NotHeld(Fault):
    """A step whose result is not what it must be."""

    def __init__(self, what: str) -> None:
        super().__init__("demo-not-held", f"这一步没有成立：{what}", "请把 .openbeian/demo 文件夹附在问题报告里")


def hold(condition: object, what: str) -> None:
    """Print that something holds, or stop the demonstration."""
    if not condition:
        raise NotHeld(what)
    out.print(f"   [green]✓[/] {what}")


def example_folder() -> Path:
    """Return the folder of the example: in a checkout beside the sources, in an installed package inside it."""
    package = Path(__file__).resolve().parents[2]
    for folder in (package / "examples" / EXAMPLE, package.parents[1] / "examples" / EXAMPLE):
        if folder.is_dir():
            return folder
    raise Fault("no-example", "找不到示例文件夹", "从仓库的检出运行", file=str(package))


@dataclass
class Stage:
    """One run of the demonstration."""

    home: Path
    journal: Journal
    office_url: str = ""
    model_url: str = ""
    _clients: dict[str, OfficeClient] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The run's working folder, the provider's side."""
        return self.journal.folder

    @property
    def manifest_path(self) -> Path:
        """The run's service.yaml."""
        return self.folder / "service.yaml"

    @property
    def store(self) -> Store:
        """The provider's evidence store of this run."""
        return Store(self.folder / "evidence")

    @property
    def key(self) -> SigningKey:
        """The provider's evidence key."""
        return signing_key(self.home / "keys", "evidence")

    @property
    def run_folder(self) -> Path:
        """Where the model is trained."""
        return self.folder / "replies"

    def now(self) -> datetime:
        """Return the demonstration's instant."""
        return clock.now(self.home, is_demo=True)

    def skip_days(self, days: int) -> None:
        """Move the demonstration's clock forward."""
        clock.move_forward(self.home, timedelta(days=days))

    def manifest(self) -> LoadedManifest:
        """Return the manifest as it stands."""
        return load_checked(self.manifest_path)

    def keep(self, record: Record) -> StoredRecord:
        """Sign a record and keep it in the run's store."""
        return self.store.add(record, self.key)

    def as_(self, user: str) -> OfficeClient:
        """Return the office as this demonstration account sees it; `public` has no account."""
        if user not in self._clients:
            self._clients[user] = OfficeClient(self.office_url, None if user == "public" else self._token(user))
        return self._clients[user]

    def accounts(self) -> dict[str, Any]:
        """Return the demonstration accounts by user name."""
        return dict(json.loads((self.home / "demo" / "accounts.json").read_text(encoding="utf-8")))

    def _token(self, user: str) -> str:
        return str(self.accounts()[user]["token"])

    def copy_example(self) -> None:
        """Copy the example into the run's folder; a second run files a service of its own."""
        for name in COPIED:
            source, target = example_folder() / name, self.folder / name
            if target.exists():
                continue
            (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
        if self.journal.run > 1 and not self.manifest().manifest.service.id.endswith(f"-{self.journal.run}"):
            facts = self.manifest().manifest.service
            set_value(self.manifest_path, "service.id", f"{facts.id}-{self.journal.run}")
            set_value(self.manifest_path, "service.name", f"{facts.name}（第{self.journal.run}次演示）")
