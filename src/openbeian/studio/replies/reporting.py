"""A run of the reply model in the form that report and card read: figures with their spread, what they rest on, the targets they are held against."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, Final

from openbeian.studio.evaluation.spread import QUANTILE, share
from openbeian.studio.replies.settings import ReplySettings
from openbeian.studio.runs.figures import Json

TITLE: Final = "客服答复（检索、似然头与判别器）"
MOST_POINTS: Final = 200  # of the curve in the record
_SHARES: Final = {
    "recall_at_1": "test", "recall_at_10": "test", "answered_share": "test", "own_refused": "test",
    "other_domain_not_answered": "refuse_test", "other_unseen_not_answered": "unseen",
}  # fmt: skip
"""Figures that are shares, and the count each is a share of."""


def spread_of(results: Mapping[str, float], errors: Mapping[str, float], counts: Mapping[str, int]) -> dict[str, Any]:
    """Return the 95 % interval of each figure that has one: Wilson's for shares, the standard error's for means and areas."""
    found = {
        name: [max(0.0, value - QUANTILE * errors[name]), min(1.0, value + QUANTILE * errors[name])]
        for name, value in results.items()
        if name in errors
    }
    cases = {name: counts[count] for name, count in _SHARES.items() if name in results and counts[count]}
    answered = round(results["answered_share"] * counts["test"])
    if answered:
        cases["answered_right"] = answered
    for name, count in cases.items():
        bounds = share(min(count, round(results[name] * count)), count)
        found[name] = [bounds.low, bounds.high]
    return found


def as_run(facts: Json) -> dict[str, Any]:
    """Return the record of a reply model's run as report and card read one.

    Args:
        facts: the content of its `run.json`.
    """
    counts, recipe = facts["counts"], facts["recipe"]
    steps = recipe["head_steps"] + recipe["gate_steps"] + recipe["rounds"] * recipe["round_steps"]
    name, digest = facts["data"]["name"], facts["data"]["sha256"]
    results = {
        key: value for key, value in facts["results"].items() if key != "answered_right" or key in facts["spread"]
    }
    return {
        **{key: facts[key] for key in ("seed", "recipe", "weights_sha256", "environment", "code", "made_at", "policy")},
        "name": "replies",
        "title": TITLE,
        "family": "replies",
        "outcome": "finished",
        "words": "",
        "steps": steps,
        "cpu_seconds": {"training": facts["cpu_seconds"]},
        "data": {
            "name": name,
            "title": name,
            "origin": f"问答表 {name}",
            "licence": "没有写明，由提供数据的人负责",
            "sha256": digest,
            "size": facts["data"]["size"],
            "train": counts["pairs"],
            "test": counts["test"],
            "classes": [],
            "skipped": [],
        },
        "parameters": {"scorer": facts["parameters"]},
        "targets": _targets(recipe, counts),
        "adversarial": facts["adversarial"],
        "risk_coverage": facts["risk_coverage"],
        "command": _command(facts),
        "results": {
            **results,
            "spread": facts["spread"],
            "floor": {key.removesuffix("_bm25"): value for key, value in results.items() if key.endswith("_bm25")},
            "reference": {"name": f"{name} 的检验问法", "sha256": digest, "count": counts["test"]},
            "samples": counts["test"],
            "counts": counts,
        },
    }


def _targets(recipe: Json, counts: Json) -> dict[str, Any]:
    """Return what the thresholds were chosen for on validation; the test says whether it came true."""
    targets = {
        "answered_right": {"least": recipe["target_accuracy"]},
        "own_refused": {"most": recipe["own_refused"]},
    }
    strangers = {"other_domain_not_answered": {"least": round(1 - recipe["other_answered"], 6)}}
    return targets | (strangers if counts["refuse_test"] else {})


def _command(facts: Json) -> str:
    """Return the command that trains it again, with every setting that is not the usual one."""
    usual = ReplySettings().model_dump(mode="json")
    changed = [
        f"training.{key}={facts['recipe'][key]}" for key, value in usual.items() if facts["recipe"][key] != value
    ]
    words = ["openbeian", "train", "replies", "--data", facts["data"]["name"], "--seed", str(facts["seed"])]
    return shlex.join([*words, *(word for said in changed for word in ("--set", said)), "--out", "DIR"])
