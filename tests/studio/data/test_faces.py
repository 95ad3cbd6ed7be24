"""Drawn faces: the same seed the same bits, kept for the next run, and nobody held out is trained on."""

import os
import random
import subprocess
import sys
from hashlib import sha256

import numpy as np
import pytest
import torch

from openbeian.studio.data.faces import draw_face, read_faces
from openbeian.studio.data.images import load_images

pytestmark = [pytest.mark.studio, pytest.mark.req("M2", "M8")]


def load(**options):
    return load_images("faces", **{"size": 24, "channels": 1, "limit": 12, **options})


@pytest.fixture(scope="module")
def fresh():
    return load()


def test_classes_are_balanced_and_no_person_stands_on_both_sides(fresh):
    data = fresh
    assert data.train.pixels.shape == (12, 1, 24, 24)
    assert data.train.labels.bincount().tolist() == [3, 3, 3, 3]
    assert data.train.classes == ("光头", "短发", "长发", "帽子")
    assert len(data.test) == 3
    assert data.test.persons.min() > data.train.persons.max()
    assert "不含真实人物" in data.card.origin
    assert data.card.licence == "MIT"


def test_a_seed_is_a_set_of_faces_and_leaves_the_callers_randomness_alone():
    random.seed(5)
    before = random.getstate()
    assert np.array_equal(draw_face(7, 32, 1), draw_face(7, 32, 1))
    assert not np.array_equal(draw_face(7, 32, 1), draw_face(7, 32, 2))
    assert random.getstate() == before


def test_colour_and_a_class_can_be_seen():
    data = load(channels=3)
    assert data.train.pixels.shape == (12, 3, 24, 24)
    assert not torch.equal(data.train.pixels[:, 0], data.train.pixels[:, 2])
    bald, long = (data.train.of_class(label).floats()[:, :, :15].mean() for label in (0, 2))
    assert long < bald - 0.05  # hair is darker than paper


def test_kept_faces_are_the_drawn_ones_and_a_damaged_file_is_drawn_again(tmp_path, fresh):
    told = []
    first = load(folder=tmp_path / "new", progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (15, 15)
    (kept,) = (tmp_path / "new").iterdir()
    again = load(folder=tmp_path / "new", progress=lambda *_: pytest.fail("drawn again"))
    assert again.card == first.card == fresh.card
    assert torch.equal(again.train.pixels, fresh.train.pixels)

    good = kept.read_bytes()
    other = np.zeros((15, 24, 24, 3), dtype=np.uint8)
    for damage in (good[: len(good) // 2], b"", None):
        if damage is None:
            np.savez(kept, pixels=other, sha256=np.array("0" * 64))
        else:
            kept.write_bytes(damage)
        assert load(folder=tmp_path / "new").card == fresh.card
        assert kept.read_bytes() == good


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path, fresh):
    (tmp_path / "file").write_text("in the way")
    assert load(folder=tmp_path / "file").card == fresh.card


def test_two_processes_draw_the_same_bits_and_may_keep_them_at_once(tmp_path):
    code = "import sys; from hashlib import sha256; from pathlib import Path; from openbeian.studio.data.faces import read_faces;"
    code += "print(sha256(read_faces(24, wanted=12, folder=Path(sys.argv[1])).pixels.tobytes()).hexdigest())"
    hashing = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path],
        env={**os.environ, "PYTHONHASHSEED": hashing},
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        here = read_faces(24, wanted=12, folder=tmp_path).pixels
        assert other.communicate()[0].strip() == sha256(here.tobytes()).hexdigest()
    assert len(list(tmp_path.iterdir())) == 1


def test_without_the_package_it_says_what_to_install(monkeypatch, fault_of):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "resvg_py" else find(name, *rest)
    )
    fault = fault_of("faces")
    assert fault.code == "missing-extra"
    assert "resvg_py" in fault.message
