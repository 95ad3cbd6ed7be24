"""The four files of MNIST: what is written is read, what is broken is named."""

import contextlib
import gzip
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from openbeian.manifest import Fault
from openbeian.studio.data.idx import IMAGES, LABELS, read_idx
from openbeian.studio.data.images import load_images
from tests.studio.data.conftest import NAMES, idx_bytes, small_set, write_idx_folder

pytestmark = [pytest.mark.studio, pytest.mark.req("M8")]
MNIST = Path(__file__).resolve().parents[4] / "shared" / "data" / "mnist"
GOOD = idx_bytes(small_set()[0])


@pytest.fixture
def folder(tmp_path):
    return write_idx_folder(tmp_path / "set", small_set())


@settings(max_examples=40)
@given(st.data(), st.booleans())
def test_what_is_written_is_read(tmp_path_factory, data, packed):
    dimensions = data.draw(st.sampled_from((1, 3)))
    shape = data.draw(st.tuples(*[st.integers(0, 6)] * dimensions))
    array = data.draw(arrays(np.uint8, shape))
    path = tmp_path_factory.getbasetemp() / "one.idx"
    path.write_bytes(gzip.compress(idx_bytes(array)) if packed else idx_bytes(array))
    assert np.array_equal(read_idx(path, LABELS if dimensions == 1 else IMAGES), array)


@settings(max_examples=40)
@given(content=st.binary(max_size=64), cut=st.integers(0, 200), packed=st.booleans())
def test_any_bytes_are_pictures_or_a_fault(tmp_path_factory, content, cut, packed):
    path = tmp_path_factory.getbasetemp() / "any.idx"
    good = gzip.compress(GOOD) if packed else GOOD
    for damaged in (content, good[:cut] + content, good[:4] + content):
        path.write_bytes(damaged)
        with contextlib.suppress(Fault):
            assert read_idx(path, IMAGES).ndim == 3


def test_the_official_split_is_kept(folder):
    train, train_labels, test, test_labels = small_set()
    data = load_images(str(folder), size=8, channels=1)
    for images, pixels, labels in ((data.train, train, train_labels), (data.test, test, test_labels)):
        wanted = sorted(zip((picture.tobytes() for picture in pixels), labels, strict=True))
        found = zip((picture.numpy().tobytes() for picture in images.pixels), images.labels.tolist(), strict=True)
        assert sorted(found) == wanted
    assert data.train.classes == ("0", "1")
    assert (data.card.name, data.card.origin, data.card.licence) == ("set", "未说明", "未说明")


def test_the_other_spelling_and_another_size_are_read(folder):
    for name in NAMES:
        (folder / name).rename(folder / name.replace("-idx", ".idx"))
    data = load_images(str(folder), size=16, channels=3)
    assert data.train.pixels.shape == (30, 3, 16, 16)


@pytest.mark.parametrize(
    ("name", "damage", "code", "words"),
    [
        (NAMES[0], lambda content: content[:-5], "data-unreadable", "不完整"),
        (NAMES[0], lambda content: content + b"x", "data-unreadable", "长"),
        (NAMES[0], lambda content: content[:9], "data-unreadable", "文件头"),
        (NAMES[0], lambda _: b"", "data-format", "不是 idx 图片文件"),
        (NAMES[0], lambda content: b"PK" + content[2:], "data-format", "0x504b0803"),
        (NAMES[1], lambda _: idx_bytes(np.zeros((30, 8, 8))), "data-format", "而是图片文件"),
        (NAMES[1], lambda _: idx_bytes(np.zeros(29)), "data-format", "29 个标签"),
        (NAMES[2], lambda _: idx_bytes(np.zeros((10, 9, 9))), "data-format", "9×9"),
        (NAMES[2], lambda content: content[:4] + b"\xff" * 12, "data-format", "2 GiB"),
        (NAMES[0], lambda content: gzip.compress(content)[:-30], "data-unreadable", "压缩"),
        (NAMES[0], lambda content: gzip.compress(content)[:200] + b"\0" * 900, "data-unreadable", "压缩"),
    ],
)
def test_a_damaged_file_is_named(folder, fault_of, name, damage, code, words):
    (folder / name).write_bytes(damage((folder / name).read_bytes()))
    fault = fault_of(folder)
    assert fault.code == code
    assert words in fault.message
    assert str(folder) in fault.file


def test_a_small_gzip_cannot_fill_the_memory(folder, fault_of):
    bomb = idx_bytes(np.zeros((0, 8, 8)))[:4] + (1).to_bytes(4, "big") * 3 + bytes(1 << 24)
    (folder / NAMES[0]).write_bytes(gzip.compress(bomb))
    assert fault_of(folder).code == "data-unreadable"


def test_a_missing_file_an_empty_set_and_a_class_only_in_the_test_are_faults(tmp_path, folder, fault_of):
    arrays_ = small_set()
    empty = write_idx_folder(tmp_path / "empty", [arrays_[0][:0], arrays_[1][:0], *arrays_[2:]])
    assert fault_of(empty).code == "data-too-few"
    few = write_idx_folder(tmp_path / "few", [arrays_[0][:4], arrays_[1][:4], *arrays_[2:]])
    assert fault_of(few).code == "data-too-few"
    other = write_idx_folder(tmp_path / "other", [*arrays_[:3], arrays_[3] + 5])
    assert fault_of(other).code == "data-empty-class"
    (folder / NAMES[3]).unlink()
    fault = fault_of(folder)
    assert fault.code == "data-missing"
    assert NAMES[3] in fault.message


@pytest.mark.skipif(not MNIST.is_dir(), reason="the full MNIST is not beside this checkout")
def test_the_real_set_is_recognised():
    data = load_images(str(MNIST), size=28, channels=1)
    assert (len(data.train), len(data.test)) == (60_000, 10_000)
    assert data.test.labels.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert "LeCun" in data.card.origin
    assert torch.unique(data.train.labels).tolist() == list(range(10))
