"""The door to pictures: shapes, values, limits, digests."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.studio.data.images import ImageSet, load_images
from openbeian.studio.data.shaping import shaped
from tests.studio.data.conftest import small_set, write_idx_folder

pytestmark = pytest.mark.studio


@pytest.mark.req("M8")
def test_networks_see_floats_from_minus_one_to_one():
    pixels = torch.arange(256, dtype=torch.uint8).reshape(4, 1, 8, 8)
    images = ImageSet(pixels, torch.tensor([0, 1, 0, 1]), ("a", "b"), torch.tensor([5, 6, 7, 8]))
    floats = images.floats()
    assert floats.dtype == torch.float32
    assert (floats.min(), floats.max()) == (-1, 1)
    assert torch.equal(((floats + 1) * 127.5).round().to(torch.uint8), pixels)
    assert torch.equal(images.floats(torch.tensor([3, 1])), floats[[3, 1]])
    second = images.of_class(1)
    assert len(second) == 2
    assert torch.equal(second.pixels, pixels[[1, 3]])
    assert second.persons.tolist() == [6, 8]


@pytest.mark.req("M8")
def test_a_set_without_classes_or_another_class_is_a_fault():
    from openbeian.manifest import Fault

    pixels = torch.zeros(2, 1, 4, 4, dtype=torch.uint8)
    for images, label in ((ImageSet(pixels), 0), (ImageSet(pixels, torch.tensor([0, 0]), ("a",)), 1)):
        with pytest.raises(Fault) as caught:
            images.of_class(label)
        assert caught.value.code == "data-format"


@pytest.mark.req("M8")
@pytest.mark.parametrize(("size", "channels"), [(3, 1), (4096, 1), (28, 2), (28, 0)])
def test_an_impossible_shape_is_refused(fault_of, size, channels):
    assert fault_of("digits", size, channels).code == "data-format"


@pytest.mark.req("M8")
@pytest.mark.parametrize("source", ["digit", "no/such/folder", "nul\0byte", "x" * 5000, "", "~nobody-of-this-name/set"])
def test_a_source_that_is_not_there_is_named(fault_of, tmp_path, monkeypatch, source):
    monkeypatch.chdir(tmp_path)
    fault = fault_of(source)
    assert fault.code in {"data-missing", "data-unreadable"}
    if source == "digit":
        assert "digits" in fault.remedy


@pytest.mark.req("M8")
def test_the_limit_keeps_the_classes_in_proportion_and_the_test_set_whole(tmp_path, fault_of):
    train = [
        np.random.default_rng(0).integers(0, 256, (60, 8, 8), dtype=np.uint8),
        (np.arange(60) % 3 == 0).astype(np.uint8),
    ]
    source = str(write_idx_folder(tmp_path / "set", [*train, *small_set()[2:]]))
    whole = load_images(source, size=8, channels=1)
    some = load_images(source, size=8, channels=1, limit=30)
    assert some.train.labels.bincount().tolist() == [20, 10]
    assert torch.equal(some.test.pixels, whole.test.pixels)
    assert some.card.sha256 == load_images(source, size=8, channels=1, limit=30).card.sha256
    assert some.card.sha256 != load_images(source, size=8, channels=1, limit=30, seed=1).card.sha256
    assert load_images(source, size=8, channels=1, limit=1000).card == whole.card
    assert fault_of(source, limit=3).code == "data-too-few"


@pytest.mark.req("M8")
def test_the_same_pictures_have_the_same_digest_wherever_they_come_from(tmp_path):
    arrays = small_set()
    mixed = np.random.default_rng(1).permutation(30)
    moved = [arrays[0][mixed], arrays[1][mixed], *arrays[2:]]
    digests = {
        load_images(str(write_idx_folder(tmp_path / name, given, packed=packed)), size=8, channels=1).card.sha256
        for name, given, packed in (("plain", arrays, False), ("packed", arrays, True), ("mixed", moved, False))
    }
    assert len(digests) == 1
    arrays[1] = 1 - arrays[1]
    other = load_images(str(write_idx_folder(tmp_path / "other", arrays)), size=8, channels=1)
    assert other.card.sha256 not in digests
    assert other.card.size == 40 * 64


@pytest.mark.req("M8")
@settings(max_examples=40)
@given(height=st.integers(1, 20), width=st.integers(1, 20), size=st.integers(4, 20), value=st.integers(0, 255))
def test_any_picture_takes_the_shape_asked_for_and_one_grey_stays_that_grey(height, width, size, value):
    grey = np.full((2, height, width), value, dtype=np.uint8)
    for channels in (1, 3):
        assert np.array_equal(shaped(grey, size, channels), np.full((2, channels, size, size), value, dtype=np.uint8))
    coloured = np.repeat(grey[..., None], 3, axis=3)
    assert np.array_equal(shaped(coloured, size, 1), shaped(grey, size, 1))


@pytest.mark.req("M8")
def test_the_square_in_the_middle_is_kept():
    picture = np.zeros((1, 8, 16), dtype=np.uint8)
    picture[:, :, 4:12] = 200
    assert (shaped(picture, 8, 1) == 200).all()
    assert (shaped(picture.transpose(0, 2, 1), 4, 1) == 200).all()


@pytest.mark.req("M8")
def test_a_set_too_large_for_memory_is_refused_before_it_is_unpacked(fault_of, monkeypatch):
    monkeypatch.setattr("openbeian.studio.data.shaping.LARGEST", 1000)
    assert {fault_of(source).code for source in ("digits", "faces")} == {"data-format"}


@pytest.mark.req("M8")
def test_pictures_on_both_sides_are_counted(tmp_path):
    arrays = small_set()
    arrays[0][:3] = arrays[2][0]
    data = load_images(str(write_idx_folder(tmp_path / "set", arrays)), size=8, channels=1)
    assert data.card.doubled == 3
