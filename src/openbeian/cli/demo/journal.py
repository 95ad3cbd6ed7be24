"""What the demonstration has done so far, so that a stopped one goes on and a finished one starts anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from openbeian.files import write_whole
from openbeian.manifest import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

Facts = dict[str, object]


class Journal:
    """Facts of finished steps, written atomically after each one.

    A run is numbered; run *n* works in its own folder and files its own service, so that a second demonstration
    adds to the office instead of replacing what the first one left there.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "journal.json"
        folder.mkdir(parents=True, exist_ok=True)
        self._data = self._read()
        if self._data["complete"]:
            self._data = {"run": int(str(self._data["run"])) + 1, "complete": False, "facts": {}}
        self.folder = folder / f"run-{self.run}"
        self.folder.mkdir(exist_ok=True)

    @property
    def run(self) -> int:
        """The number of this run, from 1."""
        return int(str(self._data["run"]))

    @property
    def facts(self) -> dict[str, Facts]:
        """Results of finished steps by name."""
        return self._data["facts"]  # type: ignore[return-value]

    def once(self, name: str, step: Callable[[], Facts]) -> Facts:
        """Run a step unless an earlier, stopped run has finished it; return its result either way."""
        if name not in self.facts:
            self.facts[name] = step()
            self._write()
        return self.facts[name]

    def finish(self) -> None:
        """Mark this run complete; the next one gets a new number."""
        self._data["complete"] = True
        self._write()

    def _read(self) -> dict[str, object]:
        if not self._path.exists():
            return {"run": 1, "complete": False, "facts": {}}
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
        except ValueError as broken:
            raise Fault(
                "demo-journal", "演示的进度文件读不懂", "删除这个文件后重来，已提交的案卷不受影响", file=str(self._path)
            ) from broken
        return dict(data)

    def _write(self) -> None:
        write_whole(self._path, json.dumps(self._data, ensure_ascii=False, indent=1))
