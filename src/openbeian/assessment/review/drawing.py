"""What a review task is drawn from: the answers of a run, or the rows of a corpus."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import chain, count
from pathlib import Path
from typing import Any

from openbeian.assessment.review.task import Item, Policy, Population, Task, draw_task
from openbeian.assessment.runs import ANSWERS, PLAN, RESULT, read_plan
from openbeian.manifest import Fault, sha256_file

Answer = dict[str, Any]
UNCLASSED = "（未分类）"


def read_answers(run: Path) -> list[Answer]:
    """Return the answers of a finished run, one mapping a question.

    Raises:
        Fault: `run-unfinished` when the folder holds no finished run, `run-damaged` when its answers cannot be read.
    """
    path = run / ANSWERS
    if not path.exists() or not (run / RESULT).exists():
        raise Fault(
            "run-unfinished", "这里没有已完成的评估", "给出评估的运行目录，如 …/assessment/runs/1", file=str(run)
        )
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
        assert all(isinstance(row["id"], str) and isinstance(row["text"], str) for row in rows)
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise Fault("run-damaged", "评估的应答记录被改动或损坏", "从备份恢复这个文件", file=str(path)) from error
    return rows


def draw_from_run(
    run: Path, population: Population, size: int, *, per_stratum: int = 0, policy: Policy | None = None
) -> Task:
    """Draw answers of one bank for review; the seed follows from the run's own seed and from its answers.

    Raises:
        Fault: as `read_answers` and `draw_task`.
    """
    rows = [row for row in read_answers(run) if row["expect"] == population.value]
    plan = read_plan(run)
    if plan is None:
        raise Fault("run-damaged", "评估没有计划文件", "从备份恢复", file=str(run / PLAN))
    items = [(Item(row["id"], row["class2"] or UNCLASSED, row.get("question", ""), row["text"]), row) for row in rows]
    source = {"run_seed": plan.seed, "answers_sha256": sha256_file(run / ANSWERS), "bank": plan.bank}
    return draw_task(
        population,
        [item for item, row in items if row["reason"] is None],
        size,
        source=source,
        per_stratum=per_stratum,
        policy=policy,
        silent=[item for item, row in items if row["reason"] is not None],
    )


def draw_from_corpus(paths: Iterable[Path], size: int, *, per_stratum: int = 0) -> Task:
    """Draw rows of a corpus for review (9.2 a); a stratum is one file, the seed follows from the files' digests.

    Raises:
        Fault: `missing-extra`, `review-empty`, and as `corpus_files` and `read_rows`.
    """
    try:
        from openbeian.screening.reading import corpus_files, read_rows
    except ModuleNotFoundError as error:
        raise Fault("missing-extra", "读取语料需要 pyarrow", "pip install 'openbeian[scale]'") from error
    items: list[Item] = []
    source: dict[str, str] = {}
    for path in corpus_files(list(paths)):
        name = _stratum_name(path.name, source)
        source[name] = sha256_file(path)
        items += [
            Item(f"{name}:{row.number}", name, row.text)
            for row in read_rows(path)
            if not row.rejected and row.text.strip()
        ]
    return draw_task(Population.CORPUS, items, size, source=source, per_stratum=per_stratum)


def _stratum_name(name: str, taken: Iterable[str]) -> str:
    """Keep two files of the same name in different folders apart."""
    known = set(taken)
    return next(each for each in chain((name,), (f"{name}#{n}" for n in count(2))) if each not in known)
