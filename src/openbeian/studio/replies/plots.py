"""The curves of a run as one SVG: losses by phase, and accuracy against the share answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from openbeian.studio.replies.measuring import RiskCoverage

WIDTH, HEIGHT, PAD = 560, 220, 44
FONT = "Noto Sans SC, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"
COLOURS = {"head": "#0958d9", "gate": "#ad4e00", "adversarial": "#237804"}
NAMES = {"head": "似然头", "gate": "判别器", "adversarial": "对抗轮的判别器"}


def curves_svg(
    rows: Sequence[Mapping[str, float | int | str]], curve: RiskCoverage, results: Mapping[str, float], total: int
) -> str:
    """Return both plots under each other; the titles say the finding.

    Args:
        rows: the losses by phase and step.
        curve: accuracy against the share answered.
        results: the figures of the run, with `answered_share` and `answered_right` at the filed thresholds.
        total: number of test questions.
    """
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {2 * HEIGHT}" role="img" '
        f'aria-label="训练曲线与风险-覆盖曲线" font-family="{FONT}" font-size="12"><rect width="100%" height="100%" fill="#fff"/>'
        + _losses(rows)
        + _risk_coverage(curve, results["answered_share"], results["answered_right"], total)
        + "</svg>\n"
    )


def _losses(rows: Sequence[Mapping[str, float | int | str]]) -> str:
    phases: dict[str, list[float]] = {}
    for row in rows:
        phases.setdefault(str(row["phase"]), []).append(float(row["loss"]))
    top = max((max(values) for values in phases.values()), default=1.0) or 1.0
    parts = [_title(0, "训练损失随步数下降"), _axes(0, "步", f"{top:.1f}")]
    for number, (phase, values) in enumerate(phases.items()):
        xs = np.linspace(PAD, WIDTH - 12, max(2, len(values)))
        points = " ".join(f"{x:.1f},{_y(0, v / top):.1f}" for x, v in zip(xs, values, strict=False))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[phase]}" stroke-width="1.5"/>')
        parts.append(
            f'<text x="{WIDTH - 16}" y="{52 + 16 * number}" text-anchor="end" fill="{COLOURS[phase]}">{NAMES[phase]}</text>'
        )
    return "".join(parts)


def _risk_coverage(curve: RiskCoverage, cut: float, at_cut: float, total: int) -> str:
    xs = PAD + curve.share * (WIDTH - PAD - 12)
    points = " ".join(f"{x:.1f},{_y(1, a):.1f}" for x, a in zip(xs, curve.accuracy, strict=True))
    line = PAD + cut * (WIDTH - PAD - 12)
    return (
        _title(1, f"按备案阈值回答 {cut:.0%} 的问题，答对 {at_cut:.0%}（检验问法 {total} 条）")
        + _axes(1, "回答的比例", "100%")
        + f'<polyline points="{points}" fill="none" stroke="#0958d9" stroke-width="2"/>'
        + f'<line x1="{line:.1f}" x2="{line:.1f}" y1="{_y(1, 1):.1f}" y2="{_y(1, 0):.1f}" stroke="#cf1322" stroke-dasharray="5 4"/>'
        + f'<text x="{min(line + 6, WIDTH - 80):.1f}" y="{_y(1, 0.08):.1f}" fill="#cf1322">备案阈值</text>'
    )


def _y(plot: int, value: float) -> float:
    return plot * HEIGHT + HEIGHT - 30 - value * (HEIGHT - 72)


def _title(plot: int, words: str) -> str:
    return (
        f'<text x="{PAD - 28}" y="{plot * HEIGHT + 24}" font-size="14" font-weight="600" fill="#1f1f1f">{words}</text>'
    )


def _axes(plot: int, x_name: str, top: str) -> str:
    low, high = _y(plot, 0), _y(plot, 1)
    return (
        f'<path d="M{PAD} {high:.1f}V{low:.1f}H{WIDTH - 12}" fill="none" stroke="#8c8c8c"/>'
        f'<text x="{PAD - 6}" y="{high + 4:.1f}" text-anchor="end" fill="#595959">{top}</text>'
        f'<text x="{PAD - 6}" y="{low + 4:.1f}" text-anchor="end" fill="#595959">0</text>'
        f'<text x="{WIDTH - 12}" y="{low + 18:.1f}" text-anchor="end" fill="#595959">{x_name}</text>'
    )
