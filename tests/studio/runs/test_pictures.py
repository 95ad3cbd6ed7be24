"""Pictures of a run: every pixel where it belongs, sharp, the same bytes each time."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from openbeian.manifest import Fault
from openbeian.studio.runs import (
    class_grid_png,
    grid_png,
    nearest,
    neighbours_png,
    pairs_png,
    walk_png,
    write_png,
)

pytestmark = [pytest.mark.studio, pytest.mark.req("M2", "M3")]
PICTURES = arrays.arrays(np.uint8, st.tuples(st.integers(1, 9), st.just(4), st.just(5), st.sampled_from([1, 3])))


def opened(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


def noise(count: int, channels: int = 1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 6, 6, channels), dtype=np.uint8)


@settings(max_examples=25, deadline=None)
@given(PICTURES, st.integers(1, 5), st.integers(1, 3))
def test_each_picture_stands_in_its_place_each_pixel_a_square(pixels, columns, scale):
    sheet = opened(grid_png(pixels, columns, scale))
    small = sheet[::scale, ::scale]
    assert np.array_equal(small.repeat(scale, 0).repeat(scale, 1), sheet)
    across = min(columns, len(pixels))
    for index, picture in enumerate(pixels):
        row, column = divmod(index, across)
        found = small[row * 5 : row * 5 + 4, column * 6 : column * 6 + 5]
        assert np.array_equal(found.reshape(picture.shape), picture)


@pytest.mark.parametrize("channels", [1, 3])
def test_channels_may_come_first_or_last_or_be_left_out(channels):
    pixels = noise(4, channels)
    assert grid_png(pixels.transpose(0, 3, 1, 2), 2) == grid_png(pixels, 2)
    if channels == 1:
        assert grid_png(pixels[..., 0], 2) == grid_png(pixels, 2)


def test_a_class_grid_takes_the_first_of_each_class_in_order():
    pixels, labels = noise(30), np.arange(30) % 3
    sheet = opened(class_grid_png(pixels, labels, 4, each=5, scale=1))
    assert sheet.shape == (4 * 7 - 1, 5 * 7 - 1)
    for label in range(3):
        wanted = pixels[labels == label][:5, ..., 0]
        found = [sheet[label * 7 : label * 7 + 6, at * 7 : at * 7 + 6] for at in range(5)]
        assert np.array_equal(found, wanted)
    assert len(np.unique(sheet[21:])) == 1  # a class that nobody drew stays grey


def test_a_grid_without_a_number_of_columns_is_about_square():
    assert grid_png(noise(10)) == grid_png(noise(10), 4)


def test_a_walk_has_no_gaps():
    pixels = noise(8)
    assert np.array_equal(opened(walk_png(pixels, 4, 1))[:6], np.concatenate(pixels[:4, ..., 0], axis=1))


def test_neighbours_begin_with_a_copy_and_are_those_of_a_plain_search():
    training, samples = noise(40, seed=1), noise(12, seed=2)
    samples[7] = training[33]
    rows, distances = nearest(samples, training)
    plain = np.sqrt(((samples[:, None].astype(float) - training[None].astype(float)) ** 2).mean((2, 3, 4)))
    assert np.array_equal(rows, plain.argmin(1))
    assert distances == pytest.approx(plain.min(1))
    assert (rows[7], distances[7]) == (33, 0)
    sheet = opened(neighbours_png(samples, training, pairs=6, columns=3, scale=1))
    assert np.array_equal(sheet[:6, :6], samples[7, ..., 0])
    assert np.array_equal(sheet[:6, 7:13], training[33, ..., 0])


def test_the_same_pixels_give_the_same_bytes():
    assert grid_png(noise(9), 3) == grid_png(noise(9), 3)
    assert grid_png(noise(9), 3) != grid_png(noise(9, seed=1), 3)


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((2, 6, 6)), np.zeros((0, 6, 6), np.uint8), np.zeros((2, 6, 6, 2), np.uint8), np.zeros(6, np.uint8)],
)
def test_what_are_no_pictures_is_refused(wrong):
    with pytest.raises(ValueError, match=r"int|float"):
        grid_png(wrong, 2)


def test_sides_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="6"):
        pairs_png(noise(2), noise(3), 2)
    with pytest.raises(ValueError, match="36"):
        nearest(noise(2), np.zeros((2, 5, 5), np.uint8))
    with pytest.raises(ValueError, match="1"):
        class_grid_png(noise(2), [0], 1)


def test_a_picture_that_cannot_be_written_is_a_fault(tmp_path):
    png = grid_png(noise(1), 1)
    assert write_png(tmp_path / "a" / "grid.png", png).read_bytes() == png
    (tmp_path / "file").write_text("x")
    with pytest.raises(Fault) as fault:
        write_png(tmp_path / "file" / "grid.png", png)
    assert fault.value.code == "run-unwritable"
