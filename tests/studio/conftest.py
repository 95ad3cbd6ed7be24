"""One trained model for all tests that need one."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="PyTorch is not installed: make studio"
)


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A finished run on the example's corpus."""
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed: make studio")
    from openbeian.studio import train_replies

    return train_replies(ROOT / "examples" / "customer-service" / "faq.yaml", tmp_path_factory.mktemp("run"), seed=1)
