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


@pytest.fixture(scope="session")
def example() -> Path:
    """The folder of the customer-service example."""
    return ROOT / "examples" / "customer-service"
