"""What every test stands on: the example service, and one thread for numerical work."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("any machine", deadline=None)  # no test depends on how long anything takes
settings.load_profile("any machine")
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Settings make their keys when they are read; tests that keep state set a home of their own.
os.environ["OPENBEIAN_HOME"] = tempfile.mkdtemp(prefix="openbeian-tests-")

ROOT = Path(__file__).resolve().parent.parent


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin the longest tests first, after any shuffling: else one process is left with them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def example() -> Path:
    """The folder of the customer-service example."""
    return ROOT / "examples" / "customer-service"
