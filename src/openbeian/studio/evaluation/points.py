"""Points in a feature space, checked before anything is said about their distances."""

from __future__ import annotations

from torch import Tensor

from openbeian.manifest import Fault


def check_points(points: Tensor, fewest: int) -> None:
    """Refuse points no figure can rest on.

    Args:
        points: (n, d), any floating type.
        fewest: how many are needed.

    Raises:
        Fault: `points-shape`, `points-too-few` or `points-not-finite`.
    """
    if points.ndim != 2 or not points.is_floating_point():
        raise Fault("points-shape", f"特征要是 (n, d) 的浮点数，这里是 {tuple(points.shape)}", "先用评审模型取特征")
    if len(points) < fewest:
        raise Fault(
            "points-too-few", f"只有 {len(points)} 个点，至少要 {fewest} 个", "多生成一些样本，或换大一点的参照集"
        )
    if not bool(points.isfinite().all()):
        bad = int((~points.isfinite()).any(1).sum())
        raise Fault("points-not-finite", f"{bad} 个点的特征不是有限数（NaN 或无穷）", "检查生成的图片和权重")
