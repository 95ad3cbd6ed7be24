"""The model card of a run: a README with the front matter of the Hugging Face Hub, whose `model-index` carries the measured figures.

Format: https://huggingface.co/docs/hub/model-cards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from openbeian.reports import number
from openbeian.studio.runs.claims import claims
from openbeian.studio.runs.facts import again, command, facts, moment
from openbeian.studio.runs.families import family_of
from openbeian.studio.runs.figures import Figure, Json
from openbeian.studio.runs.measured import Measured

_MARKS: Final = re.compile(r"([\\`*_\[\]<>|#~$!])")
_ONE_LINE: Final = 10**9
_SAID_OF_DATA: Final = frozenset({"训练数据", "来源", "许可"})  # in a section of its own


def model_card(run: Json, *, licence: str | None = None) -> str:
    """Return the card.

    Args:
        run: the record, as in `run.json`.
        licence: of the weights, an identifier of the Hub such as `apache-2.0`; None leaves it open, and the card says so.

    Raises:
        ValueError: as `Measured.of`: precision without recall, a figure without what it rests on.
    """
    measured = Measured.of(run)
    head = f"---\n{_front(run, measured, licence)}---"
    sections = (f"## {title}\n\n{body}" for title, body in _sections(run, measured, licence) if body)
    return "\n\n".join((head, f"# {_plain(run['title'])}", *sections)) + "\n"


def _front(run: Json, measured: Measured, licence: str | None) -> str:
    """Return the YAML block; every text is quoted, so that every reader of YAML reads a text."""
    family, classes = family_of(run), (run["data"].get("classes") or None) and "class-conditional"
    front: dict[str, Any] = {
        "language": ["zh"],
        "license": licence,
        "library_name": "openbeian",
        "pipeline_tag": family.task,
        "tags": [tag for tag in ("openbeian", family.tag, classes) if tag],
        "model-index": _index(run, measured),
    }
    text, writer = StringIO(), YAML()
    writer.width = _ONE_LINE
    writer.allow_unicode = True
    writer.dump(_quoted({key: value for key, value in front.items() if value}), text)
    return text.getvalue()


def _index(run: Json, measured: Measured) -> list[dict[str, Any]]:
    if run["outcome"] != "finished" or not measured.figures:
        return []
    reference = measured.results["reference"]
    result = {
        "task": {"type": family_of(run).task},
        "dataset": {
            "type": reference["name"],
            "name": run["data"]["title"] if reference["sha256"] == run["data"]["sha256"] else reference["name"],
            "split": "test",
            "revision": reference["sha256"],
        },
        "metrics": [_metric(figure, measured) for figure in measured.figures],
    }
    return [{"name": run["name"], "results": [result]}]


def _metric(figure: Figure, measured: Measured) -> dict[str, Any]:
    """Return a figure with its interval and what it rests on."""
    args: dict[str, Any] = {"interval-95": list(figure.reach)} if figure.reach else {}
    if figure.floor is not None:
        args["floor"] = figure.floor
    args["rests-on"] = measured.rests_on(figure.kind)
    if figure.kind.is_judged:
        args["judge-sha256"] = measured.results["judge"]["sha256"]
    return {"type": figure.kind.key, "value": figure.value, "name": figure.kind.label, "args": args}


def _quoted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _quoted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_quoted(item) for item in value]
    return DoubleQuotedScalarString(value) if isinstance(value, str) else value


def _sections(run: Json, measured: Measured, licence: str | None) -> Iterator[tuple[str, str]]:
    yield "这是什么 Model", _about(run)
    yield "怎么用 Use", _use(run)
    yield "训练数据 Training data", _data(run, measured)
    yield "怎么训的 Training", _training(run, measured)
    yield "评估 Evaluation", _evaluation(run, measured)
    yield (
        "限度 Limits",
        _listed(
            f"**{claim.head}** {_plain(claim.words)}"
            for claim in claims(run, measured, family_of(run).claims)
            if claim.tone != "ok"
        ),
    )
    yield "重做一遍 Reproduce", f"```sh\n{command(run)}\n```\n\n{_plain(again(run))}"
    yield "许可 Licence", _licences(run, licence)


def _about(run: Json) -> str:
    stopped = (
        ""
        if run["outcome"] == "finished"
        else f"**不要使用：训练没有正常结束。** {_plain(str(run.get('words') or ''))}\n\n"
    )
    kind = family_of(run).title
    count = sum(run["parameters"].values())
    return f"{stopped}{_plain(kind)}，共 {number(count)} 个参数，由 OpenBeian 的配方 {_plain(run['name'])} 训练，{moment(run['made_at'])}。"


def _use(run: Json) -> str:
    classes: Sequence[str] = run["data"].get("classes") or ()
    known = f"\n\n类别：{_plain('、'.join(classes[:50]))}。" if classes else ""
    command, warning = family_of(run).usage(run)
    return f"```sh\n{command}\n```{known}\n\n{warning}"


def _data(run: Json, measured: Measured) -> str:
    data, unit = run["data"], measured.basis.unit
    lines = [
        f"**名称**：{_plain(data['title'])}",
        f"**来源**：{_plain(data['origin'])}",
        f"**许可**：{_plain(data['licence'])}",
        f"**多少**：训练 {number(data['train'])} {unit}，测试 {number(data['test'])} {unit}，{number(data['size'])} 字节",
        f"**SHA-256**：`{data['sha256']}`",
    ]
    skipped = data.get("skipped") or []
    lines += [f"**没有用上的**：{number(len(skipped))} {measured.basis.skipped}"] if skipped else []
    lines += [f"**裁成方形的图**：{number(data['cropped'])} 张"] if data.get("cropped") else []
    lines += [f"**测试图里也有的训练图**：{number(data['doubled'])} 张"] if data.get("doubled") else []
    return _listed(lines)


def _training(run: Json, measured: Measured) -> str:
    told = [fact for fact in facts(run, measured) if fact.name not in _SAID_OF_DATA]
    return _listed([f"**{_plain(fact.name)}**：{_told(fact.words, fact.digest)}" for fact in told])


def _evaluation(run: Json, measured: Measured) -> str:
    if run["outcome"] != "finished" or not measured.figures:
        return "没有做最后的评估。"
    rows = [("指标", "数值", "95% 区间", measured.basis.floor_name, "目标", "依据"), ("---",) * 6]
    rows += [
        (
            f"{figure.kind.label}，{figure.kind.direction}",
            figure.words,
            figure.interval or "没有",
            figure.kind.write(figure.floor) if figure.floor is not None else "",
            f"{figure.goal}：{figure.verdict[1]}" if figure.target else "",
            measured.rests_on(figure.kind),
        )
        for figure in measured.figures
    ]
    table = "\n".join(f"| {' | '.join(each if each == '---' else _plain(each) for each in row)} |" for row in rows)
    judge = measured.judge()
    note = f"\n\n{_plain(judge)}；{_plain(measured.basis.judge_note)}" if judge else ""
    found = family_of(run).finding(run)
    return (f"{_plain(found)}。\n\n" if found else "") + f"{table}{note}"


def _licences(run: Json, licence: str | None) -> str:
    weights = _plain(licence) if licence else "没有写明，由发布权重的人决定；发布前先看数据的许可是否容许"
    return _listed([f"**权重**：{weights}", f"**数据**：{_plain(run['data']['licence'])}", "**训练代码**：Apache-2.0"])


def _told(words: str, digest: str) -> str:
    return _plain(words) + (f"，`sha256:{digest}`" if digest else "")


def _listed(lines: Iterator[str] | Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _plain(text: str) -> str:
    """Return a text that Markdown shows as it is, on one line."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))
