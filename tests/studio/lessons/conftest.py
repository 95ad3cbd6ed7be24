"""Small data for lessons, and few samples."""

import json
from itertools import product

import numpy as np
import pytest

from openbeian.studio.lessons import chapter15, pictures


@pytest.fixture(autouse=True)
def _few_samples(monkeypatch):
    monkeypatch.setattr(pictures, "SAMPLES", 8)
    monkeypatch.setattr(chapter15, "SAMPLES", 8)


@pytest.fixture
def lines(tmp_path):
    """Sixty short texts for three occasions."""
    path = tmp_path / "lines.jsonl"
    rows = [
        {"occasion": occasion, "text": f"{first}{second}{occasion}好"}
        for occasion, first, second in product(("春节", "中秋", "生日"), "祝愿盼望", "您你他她我")
    ]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def digits(tmp_path):
    """Forty pictures of the digits' size, with nothing on them."""
    path = tmp_path / "pictures.npz"
    np.savez(path, images=np.random.default_rng(0).integers(256, size=(40, 28, 28), dtype=np.uint8))
    return path
