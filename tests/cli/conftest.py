"""The command line as its users meet it: a process of its own, with a home of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_S = 300  # a command that hangs ends then, as a failed call


class Ready:
    """A process that has the command imported and forks itself for every call: a cold start costs a second, most of it imports."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen | None = None

    def _started(self) -> subprocess.Popen:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.cli.ready"],
                cwd=ROOT,
                env=environment(self._folder),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        return self._process

    def run(self, arguments: tuple[str, ...], folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess:
        process, out, err = self._started(), self._folder / "out", self._folder / "err"
        places = {"folder": str(folder), "out": str(out), "err": str(err), "longest_s": LONGEST_S}
        process.stdin.write(json.dumps({"arguments": arguments, "environment": variables, **places}) + "\n")
        process.stdin.flush()
        code = process.stdout.readline()
        assert code, "the waiting process ended"
        said = (path.read_text(encoding="utf-8") for path in (out, err))
        return subprocess.CompletedProcess(arguments, int(code), *said)

    def end(self) -> None:
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()


def environment(home: Path) -> dict[str, str]:
    """Return this process's environment without what is ours, with a home; an office's random passwords cost nothing."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("OPENBEIAN_", "DJANGO_", "COV_"))}
    return {
        **clean,
        "OPENBEIAN_HOME": str(home),
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "200",
        "DJANGO_SETTINGS_MODULE": "tests.office.cheap_passwords",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
    }


@dataclass
class Command:
    """Runs `openbeian` in a folder with its own state."""

    folder: Path
    ready: Ready

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.folder / "home")

    def start(self, *arguments: str) -> subprocess.Popen:
        """Start the command cold, as a user's shell does."""
        return subprocess.Popen(
            [sys.executable, "-m", "openbeian.cli", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run_cold(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run the command in a new interpreter: where two runs must agree although they hash differently."""
        return subprocess.run(
            [sys.executable, "-m", "openbeian.cli", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess:
        return self.ready.run(tuple(map(str, arguments)), self.folder, self.environment)


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ready]:
    """The command, imported once a worker."""
    waiting = Ready(tmp_path_factory.mktemp("ready"))
    yield waiting
    waiting.end()


@pytest.fixture
def command(tmp_path: Path, ready: Ready) -> Command:
    """The command in an empty folder that holds a copy of the example."""
    shutil.copytree(ROOT / "examples" / "customer-service", tmp_path / "example")
    return Command(tmp_path, ready)
