"""Two trained models for all tests that need one or another."""

from __future__ import annotations

import pytest

from tests.trained import trained_on_the_example


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory):
    """A finished run on the example's corpus."""
    return trained_on_the_example(tmp_path_factory, seed=1)


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory):
    """A run on the same corpus from another seed."""
    return trained_on_the_example(tmp_path_factory, seed=2)
