"""Which of the two trainings is the model, by what rule, and what the test part says of both."""

from __future__ import annotations

from dataclasses import dataclass

from openbeian.reports import decimal
from openbeian.studio.runs.figures import Json
from openbeian.studio.runs.measured import Measured
from openbeian.studio.runs.text_claims import finding, kept
from openbeian.studio.runs.text_plots import NAMES


@dataclass(frozen=True)
class Trained:
    """One training: name, whether it is the model, then validation, test, BLEU and self-BLEU as they are written."""

    name: str
    is_kept: bool
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """The choice in words, the rule, and a row for each training."""

    title: str
    conclusion: str
    rule: str
    rows: tuple[Trained, ...]


def choice(run: Json, measured: Measured) -> Choice | None:
    """Return the choice; None for a model that has no second training, and for a run without figures."""
    if run["family"] != "text-gan" or not measured.figures:
        return None
    conclusion = str(measured.results["conclusion"])
    compared: Json | None = measured.results.get("comparison")
    chosen = str(run["model"]["kept"])
    rows = tuple(_trained(run, name, compared[name], is_kept=name == chosen) for name in NAMES if compared)
    return Choice(finding(run), conclusion, _rule(run), rows)


def _rule(run: Json) -> str:
    seen, margin = run["model"]["validation"], run["recipe"]["objective"]["margin"]
    ours, theirs = (seen.get(f"fresh_reverse_nll_{name}") for name in NAMES)
    if ours is None or theirs is None:
        return "对抗训练没有留下可比的权重，没有什么可选。"
    gain = ours - theirs
    said = f"好 {decimal(gain, 3)}" if gain > 0 else f"差 {decimal(-gain, 3)}"
    return (
        f"规则在训练前定好：换了种子重新取样，对抗权重在验证部分上每字至少好 {margin:g} 奈特才留下，否则留下按似然训练的。"
        f"这次{said}，所以留下{kept(run)}。测试部分没有参与选择。"
    )


def _trained(run: Json, name: str, best: Json, *, is_kept: bool) -> Trained:
    fresh = run["model"]["validation"].get(f"fresh_reverse_nll_{name}")
    return Trained(
        NAMES[name],
        is_kept,
        (
            decimal(fresh, 3) if fresh is not None else "—",
            f"{decimal(best['reverse_nll'], 3)}（温度 {best['temperature']:g}）",
            decimal(best["bleu"], 3),
            decimal(best["self_bleu"], 3),
        ),
    )
