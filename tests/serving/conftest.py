"""Run folders of untrained models of pictures, written by hand: what is served is their shape, not their quality."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openbeian.manifest import sha256_file
from tests.live import served

RECIPES: dict[str, dict[str, Any]] = {
    "image-gan": {
        "name": "tiny-gan",
        "title": "小模型",
        "family": "image-gan",
        "data": {"size": 12},
        "generator": {"noise": 4, "channels": [4, 4]},
    },
    "image-vae": {
        "name": "tiny-vae",
        "title": "小模型",
        "family": "image-vae",
        "data": {"size": 8, "is_conditional": False},
        "network": {"network": "plain", "width": 4, "levels": [2]},
    },
}


def write_run(folder: Path, family: str = "image-gan", classes: str = "0123456789", **changes: Any) -> Path:
    """Write a finished run with random weights; `changes` go into its record."""
    import torch

    from openbeian.studio.recipes import as_plain
    from openbeian.studio.recipes.reading import RECIPES as KINDS
    from openbeian.studio.runs.folder import RUN, SCHEMA, WEIGHTS
    from openbeian.studio.training.checkpoint import write_tensors
    from openbeian.studio.training.gan import players
    from openbeian.studio.training.vae import autoencoder

    recipe = KINDS.validate_python(RECIPES[family])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        network = players(recipe, len(classes))[0] if family == "image-gan" else autoencoder(recipe)
    folder.mkdir(parents=True, exist_ok=True)
    write_tensors(folder / WEIGHTS, network.state_dict())
    facts = {
        "schema": SCHEMA,
        "name": recipe.name,
        "family": family,
        "recipe": as_plain(recipe),
        "outcome": "finished",
        "data": {"classes": list(classes) if family == "image-gan" else []},
        "weights_sha256": sha256_file(folder / WEIGHTS),
        "results": {},
        **changes,
    }
    (folder / RUN).write_text(json.dumps(facts), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory):
    """Serve a model of digits as `digits`, the same with a provider as `labelled`, one without classes as `free`."""
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed: make studio")
    from openbeian.serving import create_app

    folder = tmp_path_factory.mktemp("pictures")
    digits, free = write_run(folder / "digits"), write_run(folder / "free", "image-vae")
    with (
        served(create_app(digits)) as first,
        served(create_app(digits, producer=PRODUCER)) as second,
        served(create_app(free)) as third,
    ):
        yield {"digits": first, "labelled": second, "free": third}


PRODUCER = "001191110000100000001X10000"


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a run into a folder of the test."""
    return lambda *arguments, **changes: write_run(tmp_path / "run", *arguments, **changes)
