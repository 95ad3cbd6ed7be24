"""What every test stands on: the example service, and one thread for numerical work."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBEIAN_HOME", "/nonexistent/tests-set-their-own-home")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def example() -> Path:
    """The folder of the customer-service example."""
    return ROOT / "examples" / "customer-service"
