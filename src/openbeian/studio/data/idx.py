"""The four files of MNIST and its relatives (Fashion-MNIST, KMNIST): idx, plain or gzip, with their official split."""

from __future__ import annotations

import gzip
import zlib
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import BinaryIO, Final, cast

import numpy as np
from numpy.typing import NDArray

from openbeian.manifest import Fault, reason_of
from openbeian.studio.data.gathered import UNSTATED, Gathered, Labels, Pixels, indexed

LABELS, IMAGES = 0x0801, 0x0803  # two zero bytes, 08 for unsigned bytes, number of dimensions
KINDS: Final = {LABELS: "标签", IMAGES: "图片"}
LARGEST: Final = 1 << 31  # bytes of one file, unpacked: a small gzip can promise any amount
PARTS: Final = {
    "train-images": ("idx3", IMAGES), "train-labels": ("idx1", LABELS),
    "t10k-images": ("idx3", IMAGES), "t10k-labels": ("idx1", LABELS),
}  # fmt: skip
# A set that is known by its training pictures may say where it comes from although the files carry no word on it.
KNOWN: Final = {
    "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757": (
        "手写数字（MNIST）",
        "MNIST（LeCun、Cortes、Burges），由训练图片的摘要认出",
        "原发布页没有许可文本；通常按 CC BY-SA 3.0 流通",
    )
}


def is_idx_folder(folder: Path) -> bool:
    """Tell whether a folder holds at least one of the four files."""
    return any(_find(folder, part) is not None for part in PARTS)


def read_idx_folder(folder: Path) -> Gathered:
    """Read the four files; the test files are the held-out set.

    Raises:
        Fault: `data-missing` when one is not there, `data-unreadable` when one is broken, `data-format` when it is another
            kind of file or pictures and labels do not belong together, `data-too-few` when a part has no picture.
    """
    train, train_labels = _read_part(folder, "train")
    test, test_labels = _read_part(folder, "t10k")
    if train.shape[1:] != test.shape[1:]:
        raise Fault(
            "data-format",
            f"训练图片是 {_times(train)}，测试图片是 {_times(test)}，大小不同",
            "两组文件要出自同一套数据",
            file=str(folder),
        )
    title, origin, licence = KNOWN.get(sha256(train.tobytes()).hexdigest(), (folder.resolve().name, UNSTATED, UNSTATED))
    classes, labels = indexed(np.concatenate([train_labels, test_labels]))
    return Gathered(
        name=folder.resolve().name,
        title=title,
        origin=origin,
        licence=licence,
        pixels=np.concatenate([train, test]),
        in_test=np.arange(len(labels)) >= len(train),
        labels=labels,
        classes=classes,
    )


def read_idx(path: Path, magic: int) -> NDArray[np.uint8]:
    """Read one idx file of unsigned bytes, plain or gzip.

    Args:
        path: the file.
        magic: `LABELS` for (n,) or `IMAGES` for (n, height, width).

    Raises:
        Fault: `data-unreadable` for a cut, overlong or broken file, `data-format` for another kind.
    """
    try:
        with _opened(path) as file:
            shape = _shape(file, magic, path)
            size = prod(shape)
            content = file.read(size + 1)
    except (OSError, EOFError, zlib.error) as reason:
        why = f"：{reason_of(reason)}" if isinstance(reason, OSError) and reason.errno else "，压缩可能已损坏"
        raise Fault("data-unreadable", f"文件读不出来{why}", "重新复制这个文件", file=str(path)) from reason
    if len(content) < size:
        raise Fault(
            "data-unreadable",
            f"文件不完整：按文件头应有 {size} 字节，只有 {len(content)} 字节",
            "重新复制这个文件",
            file=str(path),
        )
    if len(content) > size:
        raise Fault("data-unreadable", f"文件比文件头写的 {size} 字节长", "重新复制这个文件", file=str(path))
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _read_part(folder: Path, part: str) -> tuple[Pixels, Labels]:
    pictures, labels = _path(folder, f"{part}-images"), _path(folder, f"{part}-labels")
    pixels, values = read_idx(pictures, IMAGES), read_idx(labels, LABELS)
    if len(pixels) != len(values):
        raise Fault(
            "data-format",
            f"有 {len(values)} 个标签，图片文件里却有 {len(pixels)} 张",
            "图片和标签要出自同一套数据",
            file=str(labels),
        )
    if pixels.size == 0:
        raise Fault("data-too-few", "文件里一张图片也没有", "换一套有图片的数据", file=str(pictures))
    return pixels, values.astype(np.int64)


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return cast("BinaryIO", gzip.open(path)) if packed else path.open("rb")


def _shape(file: BinaryIO, magic: int, path: Path) -> tuple[int, ...]:
    found = int.from_bytes(file.read(4), "big")
    if found != magic:
        kind = KINDS.get(found)
        raise Fault(
            "data-format",
            f"这不是 idx {KINDS[magic]}文件"
            + (f"，而是{kind}文件" if kind else f"（文件头 {found:#010x}，应为 {magic:#010x}）"),
            "检查四个文件的名字是否对调，或重新复制",
            file=str(path),
        )
    dimensions = magic & 0xFF
    head = file.read(4 * dimensions)
    if len(head) < 4 * dimensions:
        raise Fault("data-unreadable", "文件在文件头处就断了", "重新复制这个文件", file=str(path))
    shape = tuple(int(side) for side in np.frombuffer(head, dtype=">u4"))
    if prod(shape) > LARGEST:
        raise Fault(
            "data-format",
            f"文件头写着 {prod(shape)} 字节，超过 2 GiB",
            "换较小的一套数据，或改用图片文件夹",
            file=str(path),
        )
    return shape


def _path(folder: Path, part: str) -> Path:
    found = _find(folder, part)
    if found is None:
        raise Fault(
            "data-missing",
            f"缺少 {part}-{PARTS[part][0]}-ubyte（或 .gz）",
            "把四个 idx 文件放在同一个文件夹里",
            file=str(folder),
        )
    return found


def _find(folder: Path, part: str) -> Path | None:
    kind = PARTS[part][0]
    names = (f"{part}{dot}{kind}-ubyte{end}" for dot in "-." for end in ("", ".gz"))
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _times(pixels: Pixels) -> str:
    return f"{pixels.shape[1]}×{pixels.shape[2]}"
