"""With what and how a run was made, in words: facts for the report and the card, digests, the command that makes it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from openbeian.manifest import digest
from openbeian.reports import decimal, number
from openbeian.studio.runs.figures import Json
from openbeian.studio.runs.measured import Measured

_GAMES: Final = {
    "minimax": "极小极大损失",
    "non-saturating": "非饱和损失",
    "least-squares": "最小二乘损失",
    "hinge": "合页损失",
    "wasserstein": "Wasserstein 损失",
    "relativistic": "相对损失",
}
_OBSERVATIONS: Final = {
    "bernoulli": "伯努利似然",
    "gaussian": "高斯似然，方差取最优",
    "squared-error": "平方误差（方差固定为 1/2）",
}
_PARTS: Final = {
    "generator": "生成",
    "discriminator": "判别",
    "network": "自编码",
    "scorer": "排序和把关",
}


@dataclass(frozen=True)
class Fact:
    """One line: what, and what is to be said; `digest` is shown under it."""

    name: str
    words: str
    digest: str = ""


def facts(run: Json, measured: Measured) -> Iterator[Fact]:
    """Yield with what the run was made."""
    data, seconds, place = run["data"], run["cpu_seconds"], run["environment"]
    reference, unit = measured.results.get("reference"), measured.basis.unit
    yield Fact("配方", f"{run['name']}：{objective(run['recipe'])}")
    yield Fact("种子", str(run["seed"]))
    yield Fact("训练数据", f"{data['title']}，{number(data['train'])} {unit}", data["sha256"])
    if reference:
        own = "，和训练数据同出一套，训练时没有用" if reference["sha256"] == data["sha256"] else ""
        yield Fact("对照", f"{measured.basis.reference()}{own}", reference["sha256"])
    else:
        yield Fact("测试数据", f"{number(data['test'])} {unit}，训练时没有用")
    yield Fact("来源", data["origin"])
    yield Fact("许可", data["licence"])
    yield Fact(
        "网络", "，".join(f"{_PARTS.get(name, name)} {millions(count)}" for name, count in run["parameters"].items())
    )
    yield from _speaking(run)
    yield from _policy(run)
    yield Fact(
        "用时",
        f"训练 {decimal(seconds['training'] / 60, 1)} CPU 分钟"
        + (f"，评估 {decimal(seconds['evaluation'] / 60, 1)}；" if "evaluation" in seconds else "（含评估）；")
        + f"{number(run['steps'])} 步"
        + (f"，{decimal(run['epochs'], 1)} 遍数据" if "epochs" in run else ""),
    )
    yield Fact("权重", "safetensors", run["weights_sha256"])
    yield Fact(
        "环境",
        f"Python {place['python']}，torch {place['torch']}，{place['platform']}；"
        f"{place['device']}，{place['threads']} 线程，{place['precision']}",
    )
    judge = measured.judge()
    if judge:
        yield Fact(*_judge(judge), measured.results["judge"]["sha256"])
    yield Fact("代码", f"openbeian {run['code']['openbeian']}", run["code"]["sha256"])


def _judge(words: str) -> tuple[str, str]:
    """Return who judged, and what is known of it; the digest in the words stands under them anyway."""
    who, _, rest = words.partition("，")
    return (
        (who.partition(" ")[0], rest or "见摘要")
        if who.startswith("判别网络")
        else ("评审", words.removeprefix("评审是"))
    )


def _speaking(run: Json) -> Iterator[Fact]:
    """Yield how a model of texts speaks; nothing for another."""
    speaking: Json = run["recipe"].get("speaking") or {}
    if not speaking:
        return
    alphabet: Json = (run.get("model") or {}).get("alphabet") or {}
    known = f"{number(len(alphabet.get('characters') or ''))} 个字"
    known += f"，{number(len(alphabet['phrases']))} 个连写的词" if alphabet.get("phrases") else ""
    yield Fact("字表", known)
    passed = "重写" if speaking.get("is_redrawn", True) else "不管"
    yield Fact("怎么写", f"温度 {speaking['temperature']:g}；照抄超过 {speaking['longest_copy']} 字的{passed}")


def _policy(run: Json) -> Iterator[Fact]:
    """Yield by which thresholds a reply model answers; nothing for another."""
    policy: Json = run.get("policy") or {}
    if policy:
        words = f"把握 {policy['answer_from']:.3f} 起回答，不到就转人工；领域 {policy['hand_over_from']:.3f} 以下拒答"
        yield Fact("备案阈值", words)


def objective(recipe: Json) -> str:
    """Say in a line what was optimised."""
    objective = recipe.get("objective") or {}
    if isinstance(objective, str):
        return {"likelihood": "似然，判别器只把关", "adversarial": "似然，再做对抗轮"}.get(objective, objective)
    asked: Mapping[str, Any] = objective
    if "game" in asked:
        parts = [_GAMES.get(asked["game"], asked["game"])]
        parts += ["R1"] if asked.get("real_penalty") else []
        parts += ["R2"] if asked.get("fake_penalty") else []
        parts += ["插值梯度惩罚"] if asked.get("interpolated_penalty") else []
        if (recipe.get("discriminator") or {}).get("normalisation") == "spectral":
            parts.append("谱归一化")
        return _twice(asked) + " + ".join(parts)
    if "observation" in asked:
        levels = (recipe.get("network") or {}).get("levels") or ()
        depth = f"，{len(levels)} 层潜变量" if len(levels) > 1 else ""
        return f"{_OBSERVATIONS.get(asked['observation'], asked['observation'])} + KL{depth}"
    return str(recipe.get("title") or recipe.get("family") or "")


def _twice(asked: Mapping[str, Any]) -> str:
    """Say of texts how long each of the two trainings was planned."""
    if "likelihood_steps" not in asked:
        return ""
    played = asked["adversarial_steps"]
    return f"先按似然 {number(asked['likelihood_steps'])} 步，" + (
        f"再对抗 {number(played)} 步，" if played else "没有对抗，"
    )


def digests(run: Json, measured: Measured) -> Iterator[tuple[str, str]]:
    """Yield everything a figure rests on: name, sha256 in hex. That of a JSON value is over its canonical form (RFC 8785)."""
    yield "配方，全部取值", digest(run["recipe"])
    yield f"训练数据：{run['data']['title']}", run["data"]["sha256"]
    yield "权重", run["weights_sha256"]
    yield "训练代码", run["code"]["sha256"]
    results = measured.results
    if results.get("judge"):
        yield _judge(measured.judge())[0], results["judge"]["sha256"]
    if results.get("reference"):
        yield f"对照：{results['reference']['name']}", results["reference"]["sha256"]
    if results:
        yield "评估结果，全部数字", digest(dict(results))


def command(run: Json) -> str:
    """Return the command that makes the run again, to the same number of steps."""
    if "command" in run:
        return str(run["command"])
    words = [
        "openbeian",
        "train",
        str(run["name"]),
        "--seed",
        str(run["seed"]),
        "--steps",
        str(run["steps"]),
        "--out",
        "DIR",
    ]
    return shlex.join(words)


def again(run: Json) -> str:
    """Say what doing it again should give on this run's machine setting."""
    place = run["environment"]
    if place["threads"] == 1 and place["device"] != "cuda":
        return (
            "同样的代码和数据、同一种处理器、单线程：权重应当逐位相同，可与上面的摘要对照。"
            "换了处理器或 torch 版本，只能指望指标落在区间附近。"
        ) + ("" if "command" in run else "配方改过的，用运行目录里的 recipe.yaml 代替名字。")
    how = "显卡" if place["device"] == "cuda" else f" {place['threads']} 个线程"
    return f"这次用了{how}，加法的先后不固定，不保证权重逐位相同，只能指望指标落在区间附近；要逐位相同，用 CPU 单线程训练。"


def millions(count: int) -> str:
    """Write a number of parameters."""
    return f"{count / 1e6:.2f} M" if count >= 10_000 else number(count)


def moment(written: str) -> str:
    """Write the moment of a record to the minute, in UTC."""
    return f"{datetime.fromisoformat(written).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
