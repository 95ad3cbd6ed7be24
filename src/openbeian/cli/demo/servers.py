"""The servers of the demonstration: each its own process on loopback, each stopped by its own number."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Self

from openbeian.manifest import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

READY_WITHIN_S = 60.0
STOP_WITHIN_S = 10.0


def free_port(preferred: int | None = None) -> int:
    """Return `preferred` when nothing listens there, else a port the system offers."""
    for port in (preferred or 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise Fault("port-busy", "本机没有可用的端口", "关闭一些程序后再试")


def _end_with_parent() -> None:
    """Ask Linux to end this child when its parent dies, even by SIGKILL; no server outlives its demonstration."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


class Server:
    """One `openbeian` server process, ready when its `/livez` answers."""

    def __init__(self, name: str, arguments: Sequence[str], port: int, log: Path, environment: dict[str, str]) -> None:
        self.name = name
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._log = log
        self._command = [sys.executable, "-m", "openbeian.cli", *arguments, "--port", str(port)]
        self._environment = {**os.environ, "OMP_NUM_THREADS": "1", **environment}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process and wait until it answers; raise a fault with the end of its log when it does not."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                self._command,
                stdout=log,
                stderr=log,
                env=self._environment,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - one thread, one call
            )
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            with (
                contextlib.suppress(urllib.error.URLError, OSError),
                urllib.request.urlopen(f"{self.url}/livez", timeout=2),  # noqa: S310 - loopback
            ):
                return
            time.sleep(0.1)
        self.stop()
        tail = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-3:]
        raise Fault("server-not-ready", f"{self.name}没有启动：{' / '.join(tail)}", f"完整日志在 {self._log}")

    def stop(self) -> None:
        """End this process, politely first."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
