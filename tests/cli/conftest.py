"""The command line as its users meet it: a process of its own, with a home of its own."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Command:
    """Runs `openbeian` in a folder with its own state."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        clean = {
            key: value for key, value in os.environ.items() if not key.startswith(("OPENBEIAN_", "DJANGO_", "COV_"))
        }
        return {**clean, "OPENBEIAN_HOME": str(self.folder / "home"), "OMP_NUM_THREADS": "1", "COLUMNS": "200"}

    def start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "openbeian.cli", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "openbeian.cli", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """The command in an empty folder that holds a copy of the example."""
    shutil.copytree(ROOT / "examples" / "customer-service", tmp_path / "example")
    return Command(tmp_path)
