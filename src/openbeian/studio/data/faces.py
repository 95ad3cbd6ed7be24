"""Cartoon faces drawn by code: no real person is shown, so nobody's consent is needed and nobody's face can leak.

Four classes that a person sees at 64 grey pixels, equally many of each: bald, short hair, long hair, hat. Beards, glasses, skin and
clothes are drawn independently of the class.
"""

from __future__ import annotations

import contextlib
import importlib
import random
from hashlib import sha256
from importlib.metadata import version
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import Any, Final

import numpy as np

from openbeian.files import write_whole
from openbeian.manifest import Fault
from openbeian.studio.data.arrays import read_arrays
from openbeian.studio.data.gathered import Gathered, Pixels, Progress, need
from openbeian.studio.data.shaping import check_fits
from openbeian.studio.data.splits import by_person

COUNT: Final = 2000
TEST_SHARE: Final = 0.2
DRAWING: Final = 1  # raised whenever the same seed draws another face
PACKAGES: Final = ("python_avatars", "resvg_py")

# The parts are named here, not taken from whatever the package has, so that a new version cannot change the classes.
TOPS: Final = {
    "光头": ("HairType.NONE", "HairType.SIDES"),
    "短发": tuple(
        f"HairType.{name}"
        for name in (
            "CAESAR", "CAESAR_SIDE_PART", "SHORT_CURLY", "SHORT_FLAT", "SHORT_ROUND", "SHORT_WAVED", "SHORT_DREADS_1", "PIXIE",
            "POMPADOUR", "QUIFF",
        )
    ),
    "长发": tuple(
        f"HairType.{name}"
        for name in (
            "BIG_HAIR", "BOB", "CURVY", "LONG_NOT_TOO_LONG", "MIA_WALLACE", "STRAIGHT_1", "STRAIGHT_2", "STRAIGHT_STRAND",
            "LOOSE_HAIR",
        )
    ),
    "帽子": tuple(f"HatType.{name}" for name in ("HAT", "WINTER_HAT_1", "WINTER_HAT_2", "WINTER_HAT_3", "WINTER_HAT_4")),
}  # fmt: skip
PARTS: Final = {
    "skin_color": ("SkinColor", "TANNED YELLOW PALE LIGHT BROWN DARK_BROWN BLACK"),
    "hair_color": ("HairColor", "AUBURN BLACK BLONDE BLONDE_GOLDEN BROWN BROWN_DARK RED"),
    "hat_color": ("ClothingColor", "BLACK BLUE_02 BLUE_03 GRAY_02 HEATHER PINK RED"),
    "eyebrows": ("EyebrowType", "DEFAULT DEFAULT_NATURAL FLAT_NATURAL RAISED_EXCITED SAD_CONCERNED UP_DOWN ANGRY"),
    "eyes": ("EyeType", "DEFAULT DEFAULT HAPPY SIDE SQUINT SURPRISED WINK CLOSED"),
    "nose": ("NoseType", "DEFAULT SMALL WIDE"),
    "mouth": ("MouthType", "DEFAULT SMILE BIG_SMILE TWINKLE SERIOUS SAD DISBELIEF"),
    "facial_hair": ("FacialHairType", "NONE NONE NONE NONE NONE NONE BEARD_LIGHT BEARD_MEDIUM MOUSTACHE_FANCY MOUSTACHE_MAGNUM"),
    "facial_hair_color": ("HairColor", "AUBURN BLACK BLONDE BROWN BROWN_DARK"),
    "accessory": ("AccessoryType", "NONE NONE NONE NONE NONE PRESCRIPTION_1 PRESCRIPTION_2 ROUND SUNGLASSES WAYFARERS"),
    "clothing": ("ClothingType", "BLAZER_SHIRT COLLAR_SWEATER HOODIE OVERALL SHIRT_CREW_NECK SHIRT_SCOOP_NECK SHIRT_V_NECK"),
    "clothing_color": ("ClothingColor", "BLACK BLUE_01 BLUE_02 BLUE_03 GRAY_01 GRAY_02 HEATHER PASTEL_GREEN PINK RED"),
}  # fmt: skip


def read_faces(
    size: int, *, wanted: int | None, folder: Path | None = None, seed: int = 0, progress: Progress | None = None
) -> Gathered:
    """Draw the faces, or take them from the folder where an earlier run kept them: the same bits either way.

    Args:
        size: pixels a side.
        wanted: training faces; a fifth of what is drawn is held out. 1,600 without.
        folder: where the drawn set is kept; two processes may share it.
        seed: of the drawing.
        progress: told (done, total).

    Raises:
        Fault: `missing-extra` without the packages.
    """
    for package, what in (
        *zip(PACKAGES, ("人脸部件（python_avatars）", "绘图库（resvg_py）"), strict=True),
        ("PIL", "图片库（Pillow）"),
    ):
        need(package, what)
    count = COUNT if wanted is None else ceil(wanted / (1 - TEST_SHARE))
    check_fits(count, size, 3, "faces")
    versions = " + ".join(f"{package} {version(package)}" for package in PACKAGES)
    key = sha256(f"{DRAWING} {versions} {count} {size} {seed}".encode()).hexdigest()[:12]
    pixels = _kept_or_drawn(folder and folder / f"faces-{count}-{size}-{key}.npz", count, size, seed, progress)
    persons = np.arange(count, dtype=np.int64)
    return Gathered(
        name="faces",
        title="程序绘制的卡通人脸",
        origin=f"由 {versions} 绘制，{count} 张，种子 {seed}；不含真实人物",
        licence="MIT",
        pixels=pixels,
        in_test=by_person(persons, TEST_SHARE),
        labels=persons % len(TOPS),
        classes=tuple(TOPS),
        persons=persons,
    )


def draw_face(number: int, size: int, seed: int = 0) -> Pixels:
    """Draw one face; equal arguments give equal pixels in every process.

    Args:
        number: which face; its class is the remainder by the number of classes.
        size: pixels a side.
        seed: of the whole set.

    Returns:
        uint8 (size, size, 3), over white.
    """
    from PIL import Image

    parts, resvg = _avatars(), importlib.import_module("resvg_py")
    chance = random.Random(f"{seed}:{number}")  # noqa: S311 - a drawing, not a secret
    top = chance.choice(tuple(TOPS.values())[number % len(TOPS)])
    chosen = {
        name: getattr(getattr(parts, kind), chance.choice(names.split())) for name, (kind, names) in PARTS.items()
    }
    kind, name = top.split(".")
    avatar = parts.Avatar(style=parts.AvatarStyle.TRANSPARENT, top=getattr(getattr(parts, kind), name), **chosen)
    png = resvg.svg_to_bytes(svg_string=avatar.render(), width=size, background="#ffffff", skip_system_fonts=True)
    with Image.open(BytesIO(bytes(png)), formats=("PNG",)) as picture:
        # The drawing is a little higher than wide; the lowest rows show only clothes.
        return np.asarray(picture.convert("RGB").crop((0, 0, size, size)))


def _avatars() -> Any:
    """Import the parts without moving the state of the module `random`, from which the package draws when it is imported."""
    state = random.getstate()
    try:
        return importlib.import_module("python_avatars")
    finally:
        random.setstate(state)


def _kept_or_drawn(path: Path | None, count: int, size: int, seed: int, progress: Progress | None) -> Pixels:
    kept = None if path is None else _kept(path, (count, size, size, 3))
    if kept is not None:
        return kept
    drawn = np.empty((count, size, size, 3), dtype=np.uint8)
    for number in range(count):
        drawn[number] = draw_face(number, size, seed)
        if progress is not None:
            progress(number + 1, count)
    if path is not None:
        _keep(path, drawn)
    return drawn


def _kept(path: Path, shape: tuple[int, ...]) -> Pixels | None:
    """Return the kept set, or None when there is none or not a single bit of it may be trusted."""
    try:
        arrays = read_arrays(path) if path.is_file() else {}
    except Fault:
        return None
    pixels, digest = arrays.get("pixels"), arrays.get("sha256")
    if pixels is None or digest is None or pixels.shape != shape or sha256(pixels.tobytes()).hexdigest() != str(digest):
        return None
    return pixels.astype(np.uint8, copy=False)


def _keep(path: Path, pixels: Pixels) -> None:
    content = BytesIO()
    np.savez_compressed(content, pixels=pixels, sha256=np.array(sha256(pixels.tobytes()).hexdigest()))
    with contextlib.suppress(OSError):  # a set that cannot be kept is drawn again next time
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content.getvalue())
