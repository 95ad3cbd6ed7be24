"""A search whose trials take no time."""

from __future__ import annotations

import pytest

from openbeian.studio.tuning import tune
from tests.studio.tuning.quick import SPACE, QuickRunner


@pytest.fixture
def space(tmp_path):
    path = tmp_path / "space.yaml"
    path.write_text(SPACE, encoding="utf-8")
    return path


@pytest.fixture
def search(tmp_path, space):
    """Search with a quick runner; the folder is `out` unless said otherwise."""

    def call(run=None, out="out", **options):
        options = {"trials": 4, "steps": 180, "space": space, **options}
        return tune("digits-gan", out=tmp_path / out, run=run or QuickRunner(), **options)

    return call
