"""The example service, its text, and manifests with some fields changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from openbeian.manifest import LoadedManifest, Manifest, load_manifest

settings.register_profile("house", deadline=None)
settings.load_profile("house")

WEIGHTS = "d8" * 32


@pytest.fixture(scope="session")
def loaded(example: Path) -> LoadedManifest:
    return load_manifest(example / "service.yaml")


def with_values(manifest: Manifest, values: dict[str, Any]) -> Manifest:
    """The manifest with some fields, by dotted path, set to something else."""
    tree: Any = manifest.as_json()
    for path, value in values.items():
        *parents, last = path.split(".")
        place = tree
        for key in parents:
            place = place[int(key)] if isinstance(place, list) else place[key]
        place[int(last) if isinstance(place, list) else last] = value
    return Manifest.model_validate(tree)


@pytest.fixture(scope="session")
def bound(loaded: LoadedManifest) -> Manifest:
    """The example, bound to weights."""
    return with_values(loaded.manifest, {"technical.model.weights_sha256": WEIGHTS})


@pytest.fixture
def manifest_with(loaded: LoadedManifest) -> Callable[..., Manifest]:
    """The example, bound to weights, with `part__field=value` changed."""

    def changed(**values: Any) -> Manifest:
        paths = {path.replace("__", "."): value for path, value in values.items()}
        return with_values(loaded.manifest, {"technical.model.weights_sha256": WEIGHTS} | paths)

    return changed
