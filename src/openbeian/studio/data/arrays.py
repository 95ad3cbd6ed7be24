"""Pictures in one .npz file; nothing in it is ever executed."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from openbeian.manifest import Fault
from openbeian.studio.data.gathered import UNSTATED, Gathered, Labels, Mask, Pixels, indexed
from openbeian.studio.data.splits import by_content, by_person

LARGEST: Final = 1 << 33  # bytes of all arrays, unpacked
PERSON_SHARE: Final = 0.2
TEST_SHARE: Final = 0.1
BROKEN: Final = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    zipfile.BadZipFile,
    zlib.error,
    MemoryError,
    NotImplementedError,
)
PICKLE: Final = "pickle 能在读取时执行任意代码，这里不读"


def read_npz(path: Path) -> Gathered:
    """Read `images`, uint8 (n, height, width) or (n, height, width, 1 or 3), with optional `person` (n,) and `labels` (n,).

    With `person`, the last fifth of the persons is held out, so that no one is on both sides; else a tenth of each class.

    Raises:
        Fault: `data-unreadable` for a broken file, `data-format` for objects in it or arrays that do not fit together,
            `data-too-few` for a single person.
    """
    arrays = read_arrays(path)
    pixels = _images(arrays, path)
    persons, values = (_column(arrays, name, len(pixels), path) for name in ("person", "labels"))
    classes, labels = ((), None) if values is None else indexed(values)
    numbers = None if persons is None else _numbers(persons)
    return Gathered(
        name=path.stem,
        title=path.stem,
        origin=UNSTATED,
        licence=UNSTATED,
        pixels=pixels,
        in_test=_held_out(pixels, labels, numbers, path),
        labels=labels,
        classes=classes,
        persons=numbers,
    )


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read all arrays of an .npz file; objects are refused.

    Raises:
        Fault: `data-unreadable` or `data-format`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            total = sum(entry.file_size for entry in archive.infolist())
        if total > LARGEST:
            raise Fault(
                "data-format", f"展开后有 {total >> 30} GiB，太大", "拆成较小的文件，或改用图片文件夹", file=str(path)
            )
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except MemoryError as reason:
        raise Fault("data-format", "数组大到内存放不下", "拆成较小的文件，或改用图片文件夹", file=str(path)) from reason
    except BROKEN as reason:
        if "allow_pickle" in str(reason):
            raise Fault(
                "data-format", f"文件里有 Python 对象：{PICKLE}", "只保存 uint8 数组，再试", file=str(path)
            ) from reason
        raise Fault(
            "data-unreadable", "不是完整的 .npz 文件", "重新复制，或用 numpy.savez 重新保存", file=str(path)
        ) from reason


def _images(arrays: dict[str, NDArray[Any]], path: Path) -> Pixels:
    images = arrays.get("images")
    if images is None:
        raise Fault(
            "data-format",
            f"文件里没有名为 images 的数组，只有 {'、'.join(arrays) or '空文件'}",
            "把图片数组命名为 images",
            file=str(path),
        )
    if images.dtype != np.uint8:
        raise Fault("data-format", f"images 的类型是 {images.dtype}", "转成 0 到 255 的 uint8", file=str(path))
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    if images.size == 0 or not (images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)):
        raise Fault(
            "data-format",
            f"images 的形状是 {images.shape}",
            "应为（张数，高，宽）或（张数，高，宽，3），而且不能为空",
            file=str(path),
        )
    return images


def _column(arrays: dict[str, NDArray[Any]], name: str, count: int, path: Path) -> NDArray[Any] | None:
    column = arrays.get(name)
    if column is not None and (column.shape != (count,) or column.dtype.kind not in "iuUb"):
        raise Fault(
            "data-format",
            f"{name} 是 {column.dtype} 类型、形状 {column.shape}，与 {count} 张图片对不上",
            "每张图片一个整数或文字",
            file=str(path),
        )
    return column


def _numbers(persons: NDArray[Any]) -> Labels:
    return persons.astype(np.int64) if persons.dtype.kind in "iu" else indexed(persons)[1]


def _held_out(pixels: Pixels, labels: Labels | None, persons: Labels | None, path: Path) -> Mask:
    if persons is None:
        return by_content(pixels, labels, TEST_SHARE)
    if len(np.unique(persons)) < 2:
        raise Fault("data-too-few", "只有一个人的图片，留不出测试的人", "至少两个人，或去掉 person", file=str(path))
    return by_person(persons, PERSON_SHARE)
