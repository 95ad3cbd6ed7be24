"""Everything that is needed to go on with the same bits, in one file that is there whole or not at all."""

from __future__ import annotations

import errno
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from openbeian.files import write_whole
from openbeian.manifest import Fault, reason_of
from openbeian.studio.runs.folder import CHECKPOINT


@dataclass(frozen=True)
class Progressed:
    """How far a run is: steps done, CPU seconds spent, steps planned, and the digest of what it is a run of."""

    done: int
    spent: float
    steps: int | None
    run_of: str


def save_checkpoint(folder: Path, progressed: Progressed, tensors: Mapping[str, Tensor]) -> None:
    """Write the checkpoint in place of the last one. Raises as `write_tensors`."""
    write_tensors(folder / CHECKPOINT, tensors, {"progressed": json.dumps(asdict(progressed))})


def load_checkpoint(folder: Path) -> tuple[Progressed, dict[str, Tensor]]:
    """Read the last checkpoint of a run.

    Raises:
        Fault: `no-checkpoint` when there is none; `weights-broken` when it cannot be read.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        raise Fault("no-checkpoint", "没有可以接着训练的存档", "去掉 --resume 重新训练", file=str(folder))
    tensors, notes = read_tensors(path)
    try:
        return Progressed(**json.loads(notes["progressed"])), tensors
    except (KeyError, ValueError, TypeError) as reason:
        raise _broken(path) from reason


def write_tensors(path: Path, tensors: Mapping[str, Tensor], notes: Mapping[str, str] | None = None) -> None:
    """Write named tensors as safetensors.

    Raises:
        Fault: `disk-full` when there is no room, `run-unwritable` for any other reason; what was there before is as it was.
    """
    content = save({name: tensor.contiguous() for name, tensor in sorted(tensors.items())}, dict(notes or {}))
    write_file(path, content)


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file of a run whole. Raises as `write_tensors`."""
    try:
        write_whole(path, content)
    except OSError as reason:
        is_full = reason.errno in {errno.ENOSPC, errno.EDQUOT}
        code, said, remedy = (
            ("disk-full", "磁盘已满，写不下去；上一次存档还在", "腾出空间后用 --resume 接着训练")
            if is_full
            else ("run-unwritable", f"写不进去：{reason_of(reason)}；上一次存档还在", "检查文件夹和权限")
        )
        raise Fault(code, said, remedy, file=str(path)) from reason


def make_folder(folder: Path) -> None:
    """Make the folder of a run.

    Raises:
        Fault: `run-unwritable`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as reason:
        raise Fault(
            "run-unwritable", f"建不了文件夹：{reason_of(reason)}", "换一个 --out", file=str(folder)
        ) from reason


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read named tensors and the notes beside them.

    Raises:
        Fault: `weights-broken` for a file that is no safetensors; a pickle is refused without being opened.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError) as reason:
        raise _broken(path) from reason


def _broken(path: Path) -> Fault:
    return Fault("weights-broken", "权重不是 safetensors，或没有写完", "重新训练，或换回原来的文件", file=str(path))
