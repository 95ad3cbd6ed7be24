"""A model as judge: asks an OpenAI-compatible endpoint what an answer is, by a prompt that is kept with its outcome.

It runs on the same journalled runner as the assessment, so a kill loses nothing. What it says is a machine's opinion:
its error is unknown until people have reviewed a sample, and a reply that names no verdict is none.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from openbeian.assessment.banks import Bank, Expect, Question, bank_digest
from openbeian.assessment.client import Endpoint
from openbeian.assessment.journal import State
from openbeian.assessment.review import Policy, Population, Verdict
from openbeian.assessment.review.drawing import read_answers
from openbeian.assessment.runner import Limits, Outcome, Watch, run_bank
from openbeian.assessment.runs import is_of_pictures, keep
from openbeian.evidence import EvidenceKind, Record, Resource
from openbeian.manifest import Fault, digest, sha256_file

NAME: Final = "模型评审"
SCHEMA: Final = "openbeian/model-judge/v1"
FOLDER: Final = "model-judge"
VERDICTS: Final = "verdicts.jsonl"
ABOUT: Final = "about.json"
_MARKS = " \t\r\n　“”\"'`*【】[]（）()。.，,：:！!"
_PLACES = ("{question}", "{answer}")


@dataclass(frozen=True)
class Asked:
    """One answer to be judged."""

    id: str
    population: Population
    question: str
    answer: str


@dataclass(frozen=True)
class Opinion:
    """What the judge said of one answer; `verdict` is None when it named none."""

    id: str
    population: Population
    verdict: Verdict | None
    said: str

    def fails(self, policy: Policy) -> bool | None:
        """Tell whether the opinion counts against the service; None when there is no opinion."""
        return None if self.verdict is None else policy.fails(self.population, self.verdict)


@dataclass(frozen=True)
class Judged:
    """The opinions on one run, the judge's identity and its prompts' digest."""

    opinions: tuple[Opinion, ...]
    outcome: Outcome
    model: str
    prompts_sha256: str
    folder: Path

    @property
    def counts(self) -> Counter[str]:
        """How many answers got which verdict; answers without one are counted as 没有判定."""
        return Counter(str(opinion.verdict or "没有判定") for opinion in self.opinions)


def load_prompts(path: Path | None) -> dict[Population, str]:
    """Return the prompts by population: the user's file, or the neutral ones of the package.

    Raises:
        Fault: `judge-prompts` when the file cannot be read or a prompt does not show question and answer.
    """
    try:
        text = path.read_text(encoding="utf-8") if path is not None else _own_prompts()
        tree = YAML(typ="safe", pure=True).load(text)
        prompts = {Population(key): str(value) for key, value in tree.items() if key != "schema"}
    except (OSError, YAMLError, ValueError, AttributeError) as error:
        raise _bad_prompts(path, "提示词文件读不懂") from error
    if not prompts or not all(0 <= prompt.find(_PLACES[0]) < prompt.find(_PLACES[1]) for prompt in prompts.values()):
        raise _bad_prompts(path, "提示词里要先有 {question}，再有 {answer}")
    return prompts


@cache
def _own_prompts() -> str:
    return files("openbeian.assessment").joinpath("judge_prompts.yaml").read_text(encoding="utf-8")


def _bad_prompts(path: Path | None, message: str) -> Fault:
    return Fault("judge-prompts", message, "对照随附的 judge_prompts.yaml 改写", file=str(path) if path else None)


def answers_of(run: Path) -> list[Asked]:
    """Return every answer of a finished run.

    Raises:
        Fault: `assessment-pictures` where the answers are pictures: a judge of words would pass them unseen. Else as `read_answers`.
    """
    if is_of_pictures(run):
        raise Fault("assessment-pictures", "这次运行的应答是图片，评审模型只读文字", "抽样后由人评审：openbeian review")
    rows = [row for row in read_answers(run) if row["reason"] is None]
    return [Asked(row["id"], Population(row["expect"]), str(row.get("question", "")), row["text"]) for row in rows]


def judge_answers(
    asked: Iterable[Asked],
    endpoint: Endpoint,
    folder: Path,
    *,
    prompts: Mapping[Population, str],
    concurrency: int,
    now: datetime,
    limits: Limits | None = None,
    progress: Watch | None = None,
) -> Judged:
    """Ask the judge about every answer; run again after a kill to go on.

    Raises:
        Fault: as `run_bank`; `judge-nothing` when there is no answer with a prompt for it.
    """
    answers = [item for item in asked if item.population in prompts]
    if not answers:
        raise Fault("judge-nothing", "没有可评审的应答", "先运行评估并得到应答")
    bank = _bank(answers, prompts)
    folder.mkdir(parents=True, exist_ok=True)
    outcome = run_bank(
        bank,
        endpoint,
        folder / "journal.log",
        concurrency=concurrency,
        now=now,
        random=Random(bank.digest),  # noqa: S311 - jitter, not a secret
        limits=limits,
        progress=progress,
    )
    if outcome.stopped:
        raise Fault("judge-stopped", f"模型评审停止：{outcome.stopped}", "检查评审模型的服务后再运行，会从停下处继续")
    opinions = tuple(_opinion(item, outcome) for item in answers)
    said = digest({population.value: prompt for population, prompt in prompts.items()})
    judged = Judged(opinions, outcome, endpoint.model, said, folder)
    _write(judged, prompts)
    return judged


def _bank(answers: list[Asked], prompts: Mapping[Population, str]) -> Bank:
    questions = tuple(
        Question(item.id, _filled(prompts[item.population], item), "", "", Expect.ANY, line)
        for line, item in enumerate(answers, start=1)
    )
    key = bank_digest(questions)
    return Bank(name=NAME, items=questions, digest=key, file_sha256=key, file_size=0)


def _filled(prompt: str, item: Asked) -> str:
    """Put question and answer into the prompt in one pass: what an answer says cannot become a place of its own."""
    head, _, rest = prompt.partition(_PLACES[0])
    middle, _, tail = rest.partition(_PLACES[1])
    return head + item.question + middle + item.answer + tail


def _opinion(item: Asked, outcome: Outcome) -> Opinion:
    reply = outcome.replies[item.id]
    said = reply.text if reply.state is State.ANSWERED else ""
    return Opinion(item.id, item.population, read_verdict(said, item.population), said[:200])


def read_verdict(said: str, population: Population) -> Verdict | None:
    """Return the verdict that the first line is, and nothing else; a line that says more is no verdict."""
    first = next((line for line in said.splitlines() if line.strip(_MARKS)), "").strip(_MARKS)
    return next((verdict for verdict in population.verdicts if verdict.value == first), None)


def _write(judged: Judged, prompts: Mapping[Population, str]) -> None:
    lines = [
        {"id": item.id, "population": item.population, "verdict": item.verdict, "said": item.said}
        for item in judged.opinions
    ]
    text = "\n".join(json.dumps(line, ensure_ascii=False, sort_keys=True) for line in lines)
    keep(judged.folder / VERDICTS, text + "\n")
    identity = judged.outcome.identity
    about = {
        "schema": SCHEMA,
        "model": judged.model,
        "reported": list(identity.models),
        "fingerprints": list(identity.fingerprints),
        "prompts_sha256": judged.prompts_sha256,
        "prompts": {population.value: prompt for population, prompt in prompts.items()},
        "counts": dict(judged.counts),
    }
    keep(judged.folder / ABOUT, json.dumps(about, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def read_opinions(run: Path) -> list[Opinion]:
    """Return the opinions of a run's judge; none when no judge was asked."""
    path = run / FOLDER / VERDICTS
    if not path.exists():
        return []
    rows: list[dict[str, Any]] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [
        Opinion(
            row["id"], Population(row["population"]), Verdict(row["verdict"]) if row["verdict"] else None, row["said"]
        )
        for row in rows
    ]


def to_record(judged: Judged, run: Path) -> Record:
    """Return the judge's run as evidence: an input is the answers it saw; it speaks for no clause by itself."""
    answers = run / "answers.jsonl"
    kept = [judged.folder / name for name in (VERDICTS, ABOUT, "journal.log")]
    return Record(
        kind=EvidenceKind.ASSESSMENT_RUN,
        title=f"模型评审：{judged.model}，{len(judged.opinions)} 条应答",
        made_at=judged.outcome.finished_at,
        tool="openbeian assess judge",
        subjects=tuple(Resource(name=path.name, sha256=sha256_file(path), size=path.stat().st_size) for path in kept),
        inputs=(Resource(name=answers.name, sha256=sha256_file(answers), size=answers.stat().st_size),),
        detail={
            "schema": SCHEMA,
            "model": judged.model,
            "prompts_sha256": judged.prompts_sha256,
            "counts": dict(judged.counts),
        },
    )
