"""The studio: training of the reference models, every figure with its data, seed and judge. The only floor that imports torch.

Importing this package does not import torch; using it without the extra `studio` is a fault that says what to install.
"""

from __future__ import annotations

import importlib
import importlib.util
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openbeian.evidence import Record
from openbeian.manifest import Fault
from openbeian.studio.replies.run_folder import RunResult
from openbeian.studio.replies.run_folder import to_record as _replies_record
from openbeian.studio.runs.folder import is_run
from openbeian.studio.runs.record import to_record as _record

if TYPE_CHECKING:
    from openbeian.studio.interface import evaluate, load, train
    from openbeian.studio.models.images import ImageModel
    from openbeian.studio.replies.model import ReplyModel
    from openbeian.studio.replies.training import train_replies

__all__ = ["ImageModel", "ReplyModel", "RunResult", "evaluate", "load", "to_record", "train", "train_replies"]

_NEEDS_TORCH = {
    "ImageModel": "openbeian.studio.models.images",
    "ReplyModel": "openbeian.studio.replies.model",
    "evaluate": "openbeian.studio.interface",
    "load": "openbeian.studio.interface",
    "train": "openbeian.studio.interface",
    "train_replies": "openbeian.studio.replies.training",
}


def to_record(folder: Path, *, now: datetime) -> Record:
    """Return the evidence record of a finished run of any kind, bound to its weights."""
    return _record(folder, now=now) if is_run(folder) else _replies_record(folder, now=now)


def __getattr__(name: str) -> Any:
    """Load what needs torch only when it is asked for."""
    module = _NEEDS_TORCH.get(name)
    if module is None:
        raise AttributeError(name)
    if importlib.util.find_spec("torch") is None:
        raise Fault("missing-extra", "没有安装 PyTorch，不能训练或运行模型", "运行 make studio")
    return getattr(importlib.import_module(module), name)
