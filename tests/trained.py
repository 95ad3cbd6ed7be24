"""Reply models trained on the example's corpus, each seed once for all processes of a test run."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.shared import made_once

if TYPE_CHECKING:
    from openbeian.studio import RunResult

FAQ = Path(__file__).resolve().parents[1] / "examples" / "customer-service" / "faq.yaml"


def trained_on_the_example(factory: pytest.TempPathFactory, *, seed: int) -> RunResult:
    """Return a finished run without sentence vectors, which cost three times the rest; or skip with the reason."""
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed: make studio")
    from openbeian.studio import RunResult, train_replies
    from openbeian.studio.replies.settings import ReplySettings

    settings = ReplySettings(vectors="no")
    folder = made_once(factory, f"replies-{seed}", lambda made: train_replies(FAQ, made, seed=seed, settings=settings))
    return RunResult.load(folder)
