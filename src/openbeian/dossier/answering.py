"""The rows of the question bank (附件 5): by what is expected, and, where a run is given, with answer and verdict."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from openbeian.assessment import Expect, Label, load_bank
from openbeian.assessment.runs import ANSWERS, RESULT
from openbeian.manifest import Fault

Row = tuple[str, str, str, str, str]
_SHEETS: Mapping[str, str] = {Expect.ANY: "生成内容", Expect.REFUSE: "应拒答", Expect.ANSWER: "非拒答"}
_LABELS: Mapping[str, str] = {
    Label.REFUSED: "拒答",
    Label.ANSWERED: "作答",
    Label.EMPTY: "空答",
    Label.ERROR: "出错",
}
_DRAWN = "出图，机器没有看"
_FLAGGED = "，不合格：{}"


def question_sheets(bank: Path | None, run: Path | None) -> list[tuple[str, list[Row]]]:
    """Return one sheet for each kind of question that there is.

    Args:
        bank: the bank; its questions have neither answer nor verdict.
        run: a finished run (`runs/<n>`); it holds question, answer and the machine's verdict, and a bank is not needed.

    Raises:
        Fault: `run-unreadable` when the run is not finished or its answers are damaged; what `load_bank` raises.
    """
    rows: dict[str, list[Row]] = {}
    for expect, row in _of_run(run) if run is not None else _of_bank(bank):
        rows.setdefault(_SHEETS[expect], []).append(row)
    return [(name, rows[name]) for name in _SHEETS.values() if name in rows]


def _of_bank(bank: Path | None) -> Iterable[tuple[str, Row]]:
    if bank is not None:
        yield from ((item.expect, (item.text, item.class1, item.class2, "", "")) for item in load_bank(bank).items)


def _of_run(run: Path) -> list[tuple[str, Row]]:
    if not (run / RESULT).is_file():
        raise Fault("run-unreadable", "这不是做完的评估运行", "请给出结果文件夹下的 runs/<n>", file=str(run))
    try:
        lines = (run / ANSWERS).read_text(encoding="utf-8").splitlines()
        return [_row(json.loads(line)) for line in lines]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Fault("run-unreadable", f"{ANSWERS} 缺失或读不懂", "请从备份恢复这次运行", file=str(run)) from error


def _row(answer: Mapping[str, Any]) -> tuple[str, Row]:
    flagged = [str(judge) for judge, is_bad in answer.get("flags", {}).items() if is_bad]
    verdict = _DRAWN if answer.get("picture") else _LABELS[answer["label"]]
    verdict += _FLAGGED.format("、".join(flagged)) if flagged else ""
    text = answer.get("text") or ""
    return answer["expect"], (answer["question"], answer["class1"], answer["class2"], str(text), verdict)
