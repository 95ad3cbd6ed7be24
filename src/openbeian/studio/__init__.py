"""The studio: training of the reference models, every figure with its data, seed and judge. The only floor that imports torch.

Importing this package does not import torch; using it without the extra `studio` is a fault that says what to install.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

from openbeian.manifest import Fault
from openbeian.studio.replies.run_folder import RunResult, to_record

if TYPE_CHECKING:
    from openbeian.studio.replies.model import ReplyModel
    from openbeian.studio.replies.training import train_replies

__all__ = ["ReplyModel", "RunResult", "to_record", "train_replies"]

_NEEDS_TORCH = {"ReplyModel": "openbeian.studio.replies.model", "train_replies": "openbeian.studio.replies.training"}


def __getattr__(name: str) -> Any:
    """Load what needs torch only when it is asked for."""
    module = _NEEDS_TORCH.get(name)
    if module is None:
        raise AttributeError(name)
    if importlib.util.find_spec("torch") is None:
        raise Fault("missing-extra", "没有安装 PyTorch，不能训练或运行模型", "运行 make studio")
    return getattr(importlib.import_module(module), name)
