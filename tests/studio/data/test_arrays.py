"""One .npz file: persons are held out whole, and nothing in it is executed."""

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from openbeian.studio.data.images import load_images

pytestmark = [pytest.mark.studio, pytest.mark.req("M2", "M8")]
OLIVETTI = Path(__file__).resolve().parents[4] / "shared" / "data" / "olivetti" / "olivetti_faces.npz"
IMAGES = np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)


def save(path: Path, **arrays) -> Path:
    np.savez(path, **arrays)
    return path


class Trap:
    """Would leave a file behind when unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_the_last_fifth_of_the_persons_is_held_out(tmp_path):
    data = load_images(str(save(tmp_path / "a.npz", images=IMAGES, person=np.arange(40) // 4)), size=8, channels=1)
    assert sorted(set(data.test.persons.tolist())) == [8, 9]
    assert sorted(set(data.train.persons.tolist())) == list(range(8))
    assert data.train.labels is None


def test_without_persons_a_tenth_of_each_class_is_held_out_in_any_order(tmp_path):
    labels = np.array(["猫", "狗"])[np.arange(40) % 2]
    data = load_images(str(save(tmp_path / "a.npz", images=IMAGES, labels=labels)), size=8, channels=1)
    assert data.test.labels.bincount().tolist() == [2, 2]
    assert set(data.train.classes) == {"猫", "狗"}
    turned = load_images(str(save(tmp_path / "b.npz", images=IMAGES[::-1], labels=labels[::-1])), size=8, channels=1)
    assert turned.card.sha256 == data.card.sha256


def test_colour_and_a_last_axis_of_one_are_read(tmp_path):
    coloured = save(
        tmp_path / "c.npz", images=np.repeat(IMAGES[..., None], 3, axis=3), person=np.array(["甲", "乙"] * 20)
    )
    assert load_images(str(coloured), size=8, channels=3).train.pixels.shape == (20, 3, 8, 8)
    assert (
        load_images(str(save(tmp_path / "d.npz", images=IMAGES[..., None])), size=8, channels=1).train.pixels.shape[1]
        == 1
    )


@pytest.mark.parametrize(
    ("arrays", "code"),
    [
        ({"pictures": IMAGES}, "data-format"),
        ({"images": IMAGES / 255}, "data-format"),
        ({"images": IMAGES[0]}, "data-format"),
        ({"images": IMAGES[:, None]}, "data-format"),
        ({"images": IMAGES[:0]}, "data-format"),
        ({"images": IMAGES, "labels": np.zeros(39, dtype=int)}, "data-format"),
        ({"images": IMAGES, "labels": np.zeros(40)}, "data-format"),
        ({"images": IMAGES, "person": np.zeros(40, dtype=int)}, "data-too-few"),
        ({"images": IMAGES[:8]}, "data-too-few"),
        ({"images": IMAGES, "person": np.arange(40) // 4, "labels": np.arange(40) // 32}, "data-empty-class"),
    ],
)
def test_arrays_that_do_not_fit_are_named(tmp_path, fault_of, arrays, code):
    path = save(tmp_path / "a.npz", **arrays)
    fault = fault_of(path)
    assert (fault.code, fault.file) == (code, str(path))


def test_objects_are_refused_and_never_executed(tmp_path, fault_of):
    trap = Trap(tmp_path / "sprung")
    path = save(tmp_path / "a.npz", images=np.array([trap] * 40, dtype=object))
    fault = fault_of(path)
    assert fault.code == "data-format"
    assert "Python 对象" in fault.message
    for name in ("a.pkl", "a.pt", "b.npz"):
        (tmp_path / name).write_bytes(pickle.dumps(trap))
        assert fault_of(tmp_path / name).code in {"data-format", "data-unreadable"}
    assert not (tmp_path / "sprung").exists()


def test_a_broken_file_or_one_of_another_kind_is_named(tmp_path, fault_of):
    good = save(tmp_path / "a.npz", images=IMAGES).read_bytes()
    for damaged in (b"", good[:100], good[:-40], good[:300] + b"\0" * 200 + good[500:]):
        (tmp_path / "a.npz").write_bytes(damaged)
        assert fault_of(tmp_path / "a.npz").code == "data-unreadable"
    (tmp_path / "a.csv").write_text("1,2")
    assert fault_of(tmp_path / "a.csv").code == "data-format"


def test_a_header_that_promises_more_than_memory_is_refused(tmp_path, fault_of):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive, archive.open("images.npy", "w") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": (1 << 50, 8, 8)})
    assert fault_of(tmp_path / "a.npz").code == "data-format"


@pytest.mark.skipif(not OLIVETTI.is_file(), reason="the Olivetti faces are not beside this checkout")
def test_eight_of_forty_real_persons_are_held_out():
    data = load_images(str(OLIVETTI), size=64, channels=1)
    assert (len(data.train), len(data.test)) == (320, 80)
    assert sorted(set(data.test.persons.tolist())) == list(range(32, 40))
