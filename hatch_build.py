"""Builds the compiled core of the scan where there is a C compiler; without one the package is pure Python and scans slower."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CORE = Path("src", "openbeian", "screening", "core")
PURE = "OPENBEIAN_BUILD_PURE"  # set it to build without the compiled core


class CoreHook(BuildHookInterface):
    """Compile `scanner.c` beside its source, for a wheel as for an editable install."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and mark the wheel as one for this platform when it worked."""
        if self.target_name != "wheel":
            return
        if os.environ.get(PURE) or not compile_core(Path(self.root) / CORE):
            self.app.display_warning(f"openbeian ({version}): no compiled core, scanning falls back to numpy")
            (Path(self.root) / CORE / "scanner.so").unlink(missing_ok=True)
            return
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"


def compile_core(folder: Path) -> bool:
    """Compile the core; return whether it worked. The library is replaced whole, so that a running scan keeps its own."""
    compiler = shlex.split(os.environ.get("CC") or next(filter(shutil.which, ("cc", "gcc", "clang")), ""))
    if not compiler or platform.system() == "Windows":
        return False
    # The instructions of every x86 server since 2009: byte shuffles of SSSE3, 32-bit products of SSE4.1.
    target = ["-march=x86-64-v2"] if platform.machine() in {"x86_64", "AMD64"} else []
    with tempfile.TemporaryDirectory(dir=folder) as work:
        built = Path(work) / "scanner.so"
        command = [
            *compiler,
            "-std=c11",
            "-O3",
            *target,
            "-shared",
            "-fPIC",
            "-o",
            str(built),
            str(folder / "scanner.c"),
        ]
        try:
            result = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError:
            return False
        if result.returncode == 0:
            built.replace(folder / "scanner.so")
    return result.returncode == 0
