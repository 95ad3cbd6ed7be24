"""Anyone who has a run's folder draws its samples again and holds its records against its journal.

What is checked needs the folder and the bank alone: the seed follows from facts fixed beforehand, it stands in the journal before
the first question, the bank is the one that was planned, each answer is the one that ended its question, the figures
follow from the answers, and every review task is the one that the seed draws.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from openbeian.assessment.banks import Bank
from openbeian.assessment.journal import Replay, State, decode_lines, read_journal
from openbeian.assessment.judging import default_judge
from openbeian.assessment.measuring import Judged, measure
from openbeian.assessment.pictures import is_kept
from openbeian.assessment.reporting import metric_json
from openbeian.assessment.review import ReviewFolder
from openbeian.assessment.review.drawing import Answer, draw_from_run, read_answers
from openbeian.assessment.rulebook import rule_book
from openbeian.assessment.runner import outcome_of
from openbeian.assessment.runs import JOURNAL, Plan, is_of_pictures, read_plan, read_result
from openbeian.assessment.sampling import seed_from
from openbeian.manifest import Fault

REVIEWS: Final = "review"
SHOWN: Final = 12


@dataclass(frozen=True)
class Check:
    """One thing that was done again: what, whether it came out the same, and what was seen."""

    what: str
    is_same: bool
    seen: str


def replay(run: Path, bank: Bank | None = None) -> tuple[Check, ...]:
    """Do again what can be done again of a finished run; with the bank, also its digest and every figure.

    Raises:
        Fault: `run-unfinished`, `runs-damaged`, `no-such-pack` when the run's edition is not installed.
    """
    rows = read_answers(run)
    plan = read_plan(run)
    if plan is None:
        raise Fault("runs-damaged", "这一轮没有计划文件", remedy="从备份恢复", file=str(run))
    try:
        journal = read_journal(run / JOURNAL)
    except OSError as error:
        raise Fault("runs-damaged", "读不了运行日志", remedy="从备份恢复", file=str(run / JOURNAL)) from error
    checks = [_seed(plan), _head(run, plan), _whole(run), _answers(journal, rows), _states(run, journal, len(rows))]
    asked = [_bank(plan, bank), _figures(run, bank, journal, rows)] if bank else []
    drawn = [_pictures(run, journal)] if is_of_pictures(run) else []
    return (*checks, *drawn, *asked, *_reviews(run))


def _seed(plan: Plan) -> Check:
    facts = "、".join(f"{name}={value[:SHOWN]}" for name, value in sorted(plan.seed_facts.items()))
    is_bound = plan.seed_facts.get("bank") == plan.bank and plan.seed_facts.get("model") == plan.model
    return Check("种子由事先固定的事实得出", is_bound and seed_from(plan.seed_facts) == plan.seed, facts)


def _head(run: Path, plan: Plan) -> Check:
    """The first line of the journal is its head, so whatever it holds was written before the first question."""
    first = next((entry for entry, _ in decode_lines((run / JOURNAL).read_bytes())), {})
    wanted = {"t": "head", "seed": plan.seed, "bank": plan.bank, "model": plan.model}
    is_same = plan.is_pictures == is_of_pictures(run) and all(
        first.get(name) == value for name, value in wanted.items()
    )
    return Check("种子先于第一个问题写入运行日志", is_same, str(first.get("seed", "没有"))[:SHOWN])


def _whole(run: Path) -> Check:
    data = (run / JOURNAL).read_bytes()
    good = max((end for _, end in decode_lines(data)), default=0)
    cut = sorted(path.name for path in run.glob(f"{JOURNAL}.cut-*"))
    seen = f"{good} 字节完好" + (f"，另存有损坏的部分 {'、'.join(cut)}" if cut else "")
    return Check("运行日志逐行校验和相符", good == len(data), seen)


def _answers(journal: Replay, rows: Sequence[Answer]) -> Check:
    """Every answer is, word for word, the one terminal record of its question."""
    other = [row["id"] for row in rows if not _is_recorded(journal, row)]
    lost = journal.courses.keys() - {row["id"] for row in rows}
    seen = f"{len(rows)} 题" + (
        f"，不符 {len(other) + len(lost)} 题，如 {(other + sorted(lost))[0]}" if other or lost else ""
    )
    return Check("应答与运行日志逐题一致", not other and not lost, seen)


def _is_recorded(journal: Replay, row: Answer) -> bool:
    course = journal.courses.get(row["id"])
    end = course.end if course is not None else None
    if end is None:
        return False
    if end["state"] != State.ANSWERED:
        return end.get("reason") == row["reason"] and not row["text"]
    digest = sha256(row["text"].encode("utf-8", "surrogatepass")).hexdigest()
    return row["reason"] is None and end.get("text") == row["text"] and end.get("answer_sha256") == digest


def _pictures(run: Path, journal: Replay) -> Check:
    """Every picture of the journal is kept, byte for byte, and the words of its record name it."""
    ends = [course.end for course in journal.courses.values() if course.end is not None]
    drew = [end for end in ends if end["state"] == State.ANSWERED and end.get("action") != "refuse"]
    named = [(str(end.get("picture")), str(end.get("text"))) for end in drew]
    other = sorted(name for name, words in named if not is_kept(run, name) or name not in words)
    seen = f"{len(named)} 张" + (f"，缺失或不符 {len(other)} 张，如 {other[0]}" if other else "")
    return Check("图片都在，与应答所记的摘要相符", not other, seen)


def _states(run: Path, journal: Replay, questions: int) -> Check:
    counts = Counter(course.state for course in journal.courses.values())
    result = read_result(run)
    states = result.get("states")
    is_same = isinstance(states, dict) and all(states.get(state.value, 0) == counts[state] for state in State)
    seen = "、".join(f"{state.value} {count}" for state, count in sorted(counts.items()))
    return Check("各状态相加等于题数，与结果相符", is_same and counts.total() == questions, f"{seen}，共 {questions}")


def _bank(plan: Plan, bank: Bank) -> Check:
    return Check("题库就是计划中的那一份", bank.digest == plan.bank, bank.digest[:SHOWN])


def _figures(run: Path, bank: Bank, journal: Replay, rows: Sequence[Answer]) -> Check:
    """Judge every answer in the journal again by the shipped rules, and count again what the run came to.

    What the user's own machines said is taken from the answers: their files need not be there.
    """
    result, judge = read_result(run), default_judge()
    flags = {row["id"]: row.get("flags", {}) for row in rows}
    replies = outcome_of(bank, journal, datetime.min.replace(tzinfo=UTC)).replies
    judged = [
        Judged(question, replies[question.id], judge.judge(replies[question.id]), flags.get(question.id, {}))
        for question in bank.items
        if question.id in replies
    ]
    metrics = [metric_json(metric) for metric in measure(bank, judged, rule_book(str(result.get("edition"))))]
    differing = [str(metric["name"]) for metric in metrics if metric not in result.get("metrics", [])]
    is_same = not differing and len(metrics) == len(result.get("metrics", []))
    seen = f"{len(metrics)} 项" + (f"，不符 {len(differing)} 项，如 {differing[0]}" if differing else "")
    return Check("各项数字由应答重新算得", is_same, seen)


def _reviews(run: Path) -> Iterator[Check]:
    """Draw every review of the run again, wherever below it the review's folder lies."""
    for path in sorted((run / REVIEWS).glob("*")):
        task = ReviewFolder(path).task
        size, least = int(task.seed_facts["size"]), int(task.seed_facts["per_stratum"])
        again = draw_from_run(run, task.population, size, per_stratum=least, policy=task.policy)
        short = "、".join(
            f"{name} 缺 {stratum.shortfall}" for name, stratum in task.strata.items() if stratum.shortfall
        )
        seen = f"{len(task.items)} 条" + (f"；{short}" if short else "")
        yield Check(f"{task.population.word}的复核样本可重抽", again.digest == task.digest, seen)
