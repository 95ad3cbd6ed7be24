"""A folder of pictures of one's own, with everything that goes wrong in one."""

import os
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from openbeian.studio.data.images import load_images
from tests.studio.data.conftest import paint

pytestmark = [pytest.mark.studio, pytest.mark.req("M8")]


def load(folder, size=8, channels=3, **options):
    return load_images(str(folder), size=size, channels=channels, **options)


def sides(data):
    """The colours of the pictures on either side: a name for each."""
    return [{tuple(picture[:, 4, 4].tolist()) for picture in part.pixels} for part in (data.train, data.test)]


def test_subfolders_are_classes_and_each_stands_on_both_sides(classes):
    told = []
    data = load(classes, progress=lambda done, total: told.append((done, total)))
    assert data.train.classes == ("cat", "dog")
    assert len(data.train) + len(data.test) == 24
    assert set(data.test.labels.tolist()) == {0, 1}
    assert told == [(number, 24) for number in range(1, 25)]
    assert (data.card.name, data.card.origin, data.card.skipped, data.card.cropped) == ("own", "未说明", (), 0)


def test_a_picture_keeps_its_side_when_others_are_added(tmp_path):
    for number in range(100):
        paint(tmp_path / f"{number:03}.bmp", number)
    before = sides(load(tmp_path))
    assert load(tmp_path).train.labels is None
    for number in range(100, 200):
        paint(tmp_path / f"{number:03}.bmp", number)
    after = sides(load(tmp_path))
    assert before[0] <= after[0]
    assert before[1] <= after[1]
    assert 8 <= len(after[1]) <= 32


def test_corrupt_pictures_are_skipped_and_named(classes):
    (classes / "cat" / "00.png").write_bytes((classes / "cat" / "00.png").read_bytes()[:45])
    (classes / "dog" / "zero.jpg").write_bytes(b"")
    (classes / "dog" / "script.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n")
    (classes / "dog" / "gone.webp").symlink_to("nowhere")
    data = load(classes)
    assert data.card.skipped == ("cat/00.png", "dog/gone.webp", "dog/script.png", "dog/zero.jpg")
    assert len(data.train) + len(data.test) == 23


def test_too_many_corrupt_pictures_are_a_fault_with_counts(classes, fault_of):
    for number in range(10):
        (classes / "cat" / f"x{number}.png").write_bytes(b"x")
    fault = fault_of(classes)
    assert fault.code == "data-unreadable"
    assert "34" in fault.message
    assert "10" in fault.message
    assert "cat/x0.png" in fault.message


def test_a_pipe_is_not_waited_for_and_other_files_and_hidden_ones_are_passed_over(classes):
    os.mkfifo(classes / "cat" / "pipe.png")
    for name in ("notes.txt", ".hidden.png", "__MACOSX/._a.png", ".git/b.png"):
        (classes / name).parent.mkdir(exist_ok=True)
        (classes / name).write_bytes(b"no picture")
    assert load(classes).card.skipped == ("cat/pipe.png",)


def test_mixed_sizes_are_cut_to_the_middle_and_counted(classes):
    wide = np.zeros((10, 30, 3), dtype=np.uint8)
    wide[:, 10:20] = (250, 0, 0)
    Image.fromarray(wide).save(classes / "cat" / "wide.png")
    paint(classes / "dog" / "large.jpg", 3, (400, 300), quality=95)
    data = load(classes)
    assert data.card.cropped == 2
    pixels = torch.cat([data.train.pixels, data.test.pixels])
    assert any((picture == torch.tensor([250, 0, 0], dtype=torch.uint8)[:, None, None]).all() for picture in pixels)


def test_an_empty_class_a_broken_one_and_a_lonely_one_are_named(classes, fault_of):
    (classes / "bird").mkdir()
    fault = fault_of(classes)
    assert fault.code == "data-empty-class"
    assert "bird" in fault.file
    (classes / "bird" / "a.png").write_bytes(b"x")
    assert "读不出来" in fault_of(classes).message
    paint(classes / "bird" / "b.png", 1)
    fault = fault_of(classes)
    assert fault.code == "data-too-few"
    assert "bird" in fault.message


def test_a_picture_beside_the_classes_and_a_folder_without_pictures_are_faults(classes, fault_of, tmp_path):
    (tmp_path / "empty").mkdir()
    assert fault_of(tmp_path / "empty").code == "data-too-few"
    paint(classes / "loose.png", 1)
    fault = fault_of(classes)
    assert fault.code == "data-format"
    assert "loose.png" in fault.message


def test_links_in_a_circle_are_refused_and_a_link_to_another_disk_is_followed(classes, fault_of, tmp_path):
    for number in range(3):
        paint(tmp_path / "elsewhere" / f"{number}.png", 50 + number)
    (classes / "bird").symlink_to(tmp_path / "elsewhere")
    assert load(classes).train.classes == ("bird", "cat", "dog")
    (classes / "cat" / "self").symlink_to("self")
    (classes / "cat" / "up").symlink_to(classes)
    fault = fault_of(classes)
    assert fault.code == "data-unreadable"
    assert "绕回" in fault.message


def test_a_small_file_that_unpacks_to_more_than_memory_is_skipped(classes):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    for name, side in (("bomb.png", 60_000), ("large.png", 9_000)):
        head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
        data = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")
        (classes / "cat" / name).write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    assert load(classes).card.skipped == ("cat/bomb.png", "cat/large.png")


def test_what_would_not_fit_in_memory_is_refused(classes, fault_of, monkeypatch):
    monkeypatch.setattr("openbeian.studio.data.shaping.LARGEST", 1000)
    assert "内存" in fault_of(classes).message


@pytest.mark.parametrize(
    ("name", "picture", "options", "wanted"),
    [
        ("clear.png", Image.new("RGBA", (8, 8), (255, 0, 0, 0)), {}, (255, 255, 255)),
        ("half.webp", Image.new("RGBA", (8, 8), (0, 0, 0, 51)), {"lossless": True}, (204, 204, 204)),
        ("palette.png", Image.new("RGB", (8, 8), (10, 200, 30)).convert("P", palette=Image.Palette.ADAPTIVE), {}, (10, 200, 30)),
        ("hole.png", Image.new("P", (8, 8), 0), {"transparency": 0}, (255, 255, 255)),
        ("deep.png", Image.fromarray(np.full((8, 8), 0x80FF, dtype=np.uint16)), {}, (128, 128, 128)),
        ("bits.png", Image.new("1", (8, 8), 1), {}, (255, 255, 255)),
        ("ink.jpg", Image.new("CMYK", (8, 8), (0, 0, 0, 255)), {}, (0, 0, 0)),
        ("frames.webp", Image.new("RGB", (8, 8), (0, 0, 255)),
         {"save_all": True, "append_images": [Image.new("RGB", (8, 8), (255, 0, 0))], "lossless": True}, (0, 0, 255)),
        ("frames.png", Image.new("RGB", (8, 8), (0, 0, 255)),
         {"save_all": True, "append_images": [Image.new("RGB", (8, 8), (255, 0, 0))]}, (0, 0, 255)),
        ("CAPITALS.BMP", Image.new("L", (8, 8), 7), {}, (7, 7, 7)),
    ],
)  # fmt: skip
def test_a_picture_of_any_make_is_seen_as_a_person_sees_it(tmp_path, name, picture, options, wanted):
    from openbeian.studio.data.pictures import read_picture

    picture.save(tmp_path / name, **options)
    pixels, cropped = read_picture(tmp_path / name, 8, 3)
    assert np.abs(pixels.astype(int) - wanted).max() <= 1
    assert not cropped
    assert read_picture(tmp_path / name, 8, 1)[0].shape == (8, 8)


def test_a_picture_that_was_taken_sideways_stands_upright(tmp_path):
    from openbeian.studio.data.pictures import read_picture

    sideways = np.zeros((8, 8), dtype=np.uint8)
    sideways[:, :4] = 255  # the left half; turned by a quarter to the right it is the upper one
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(sideways).save(tmp_path / "a.png", exif=exif)
    upright, _ = read_picture(tmp_path / "a.png", 8, 1)
    assert upright[:4].min() == 255
    assert upright[4:].max() == 0


def test_names_from_an_old_chinese_archive_can_be_printed(tmp_path):
    for number in range(20):
        paint(tmp_path / f"{number}.png", number)
    (tmp_path / "0.png").rename(tmp_path / os.fsdecode("猫.png".encode("gb18030")))
    (tmp_path / os.fsdecode("坏.png".encode("gb18030"))).write_bytes(b"x")
    assert load(tmp_path).card.skipped == ("坏.png",)


def test_hundreds_of_files_with_bad_ones_are_read_in_a_fixed_order(tmp_path):
    good = paint(tmp_path / "seed.png", 1).read_bytes()
    for number in range(300):
        (tmp_path / f"{number:04}.png").write_bytes(b"bad" if number % 30 == 7 else good)
    data = load(tmp_path, channels=1)
    assert len(data.card.skipped) == 10
    assert len(data.train) + len(data.test) == 291
    assert 10 <= len(data.test) <= 50
    assert data.card == load(tmp_path, channels=1).card
