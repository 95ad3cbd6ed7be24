"""Which core runs: the compiled one where it was built, unless the environment asks for the other."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol

from openbeian.manifest import Fault
from openbeian.screening.core.compiled import CompiledCore, TooManyCharacters, load
from openbeian.screening.core.pure import PureCore

if TYPE_CHECKING:
    import ctypes

    import numpy as np
    from numpy.typing import NDArray

    from openbeian.screening.core.alphabet import Found, Pattern

CORE: Final = "OPENBEIAN_SCREENING_CORE"  # pure, compiled, or not set: the better one there is
PURE, COMPILED = "pure", "compiled"


class Core(Protocol):
    """Finds the forms of one pattern."""

    def find(self, data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Found:
        """Return all mentions in the texts data[offsets[i]:offsets[i + 1]], which are valid UTF-8."""


def make_core(pattern: Pattern) -> Core:
    """Return a core for the pattern.

    Raises:
        Fault: `core-missing` when the environment asks for a compiled core and none was built.
    """
    library = _library()
    if core_name() == PURE or library is None:
        return PureCore(pattern)
    try:
        return CompiledCore(library, pattern)
    except TooManyCharacters:
        return PureCore(pattern)


def core_name() -> str:
    """Return which core runs here: `compiled` or `pure`."""
    wish = os.environ.get(CORE, "")
    if wish == COMPILED and _library() is None:
        raise Fault("core-missing", "没有编译的扫描核心", f"装好 C 编译器后重新安装，或去掉环境变量 {CORE}")
    return wish if wish in {PURE, COMPILED} else (PURE if _library() is None else COMPILED)


@cache
def _library() -> ctypes.CDLL | None:
    return load()
