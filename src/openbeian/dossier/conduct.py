"""How the assessment was made: how often it was run, by what the answers were judged, what people found about it.

A machine's verdict has an unknown error until people have marked a sample of the same answers; so every run says which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openbeian.dossier import figures
from openbeian.dossier.case import Case
from openbeian.dossier.papers import Block, Column, Heading, Paragraph, Table, Words
from openbeian.dossier.values import count
from openbeian.evidence.records import EvidenceKind, Record
from openbeian.rules import EvidenceView

_UNKNOWN = "误差未知（没有双人复核）"
_RUN_KEYS = ("bank", "run", "states", "asked_again", "judge")
_REVIEW_KEYS = ("population_size", "sample", "agreement_on_failures", "audited", "overturned", "machines")


def facts_of(record: Record) -> dict[str, Any]:
    """Return how a record was made, as far as the papers say it: counts only, neither texts nor persons."""
    detail = record.detail
    if record.kind is EvidenceKind.ASSESSMENT_RUN and "run" in detail:
        return {key: detail[key] for key in _RUN_KEYS if key in detail}
    if record.kind is EvidenceKind.HUMAN_REVIEW:
        kept = {key: detail[key] for key in _REVIEW_KEYS if key in detail}
        return kept | {
            "of": [item.sha256 for item in record.inputs],
            "disagreements": len(_list(detail, "disagreements")),
        }
    return {}


def blocks(case: Case) -> list[Block]:
    """Return the part of the report that says how the figures came about."""
    runs = [view for view in case.numbered if case.facts.get(view.digest, {}).get("run")]
    reviews = [view for view in case.numbered if view.kind == EvidenceKind.HUMAN_REVIEW.value]
    heading = Heading("三、评估怎样做的")
    if not runs and not reviews:
        return [heading, Paragraph("证据中没有评估运行，也没有人工复核。")]
    told: list[Block] = [heading, Paragraph(_summary(case, runs, reviews))]
    if runs:
        told.append(_runs(case, runs, reviews))
    if reviews:
        told.append(_reviews(case, reviews))
    return told


def _summary(case: Case, runs: list[EvidenceView], reviews: list[EvidenceView]) -> str:
    missing = sorted({number for view in runs for number in _list(_of(case.facts[view.digest], "run"), "missing")})
    words = [
        f"证据中有评估运行 {len(runs)} 次、人工复核 {len(reviews)} 次，每次都列出，结论以最近一次为准。",
        "反复运行、挑选最好的一次会使不达标的服务显得达标，所以写明次数。",
        "比率的 95% 置信区间为威尔逊区间；“有 95% 把握”按单侧精确下（上）限判断。",
    ]
    if missing:
        words.append(f"第 {'、'.join(map(str, missing))} 次运行没有留下完整记录。")
    return "".join(words)


def _runs(case: Case, runs: list[EvidenceView], reviews: list[EvidenceView]) -> Table:
    columns = (Column("证据"), Column("运行", 4), Column("题库", 3), Column("应答", 3), Column("判定方式与误差", 6))
    rows = []
    for view in runs:
        facts = case.facts[view.digest]
        run, bank, states = _of(facts, "run"), _of(facts, "bank"), _of(facts, "states")
        rows.append(
            (
                Words(case.numbers[view.digest]),
                Words(f"第 {run.get('number', '—')} 次\n题库或模型变化以来第 {run.get('since_change', '—')} 次"),
                Words(f"{bank.get('name', '—')}\n{count(int(bank.get('questions', 0)))} 题"),
                Words("\n".join(_states(states, facts))),
                Words("\n".join(_judged(case, view, reviews))),
            )
        )
    return Table(columns, tuple(rows), f"评估运行（共 {len(runs)} 次）")


def _states(states: Mapping[str, Any], facts: Mapping[str, Any]) -> Iterator[str]:
    words = {"answered": "已答", "failed": "失败", "pending": "未问", "in_flight": "未定"}
    yield from (f"{words.get(state, state)} {number} 题" for state, number in states.items() if number)
    if facts.get("asked_again"):
        yield f"中断后重问 {facts['asked_again']} 题"


def _judged(case: Case, view: EvidenceView, reviews: list[EvidenceView]) -> Iterator[str]:
    """The judge, and for every review of these very answers what it says about the judge's error."""
    yield f"机器判定：{str(case.facts[view.digest].get('judge', '未写明')).partition('，')[0]}"
    files = {subject.sha256 for subject in view.subjects}
    found = [review for review in reviews if files & set(_list(case.facts.get(review.digest, {}), "of"))]
    if not found:
        yield _UNKNOWN
    for review in found:
        yield f"经双人复核 {case.numbers[review.digest]}"


def _reviews(case: Case, reviews: list[EvidenceView]) -> Table:
    columns = (
        Column("证据"),
        Column("复核", 4),
        Column("两人一致", 3),
        Column("第三人", 3),
        Column("机器判定的校正", 6),
    )
    rows = []
    for view in reviews:
        facts = case.facts.get(view.digest, {})
        sample, agreement = _of(facts, "sample"), _of(facts, "agreement_on_failures")
        rows.append(
            (
                Words(case.numbers[view.digest]),
                Words(f"{view.title}\n总体 {facts.get('population_size', '—')} 条，抽样 {sample.get('core', '—')} 条"),
                Words(f"{_share(agreement.get('observed'))}\n不合要求的 {_share(agreement.get('positive'))}"),
                Words(
                    f"裁定分歧 {facts.get('disagreements', 0)} 条\n"
                    f"复查一致的 {facts.get('audited', 0)} 条，改判 {facts.get('overturned', 0)} 条"
                ),
                Words("\n".join(map(_corrected, _list(facts, "machines"))) or "没有机器判定可比"),
            )
        )
    return Table(columns, tuple(rows), f"人工复核（共 {len(reviews)} 次）")


def _corrected(machine: Mapping[str, Any]) -> str:
    """The machine's own rate, and the rate corrected by people; where there is none, its error stays unknown."""
    raw, found = _of(machine, "raw"), _of(machine, "corrected")
    total = raw.get("total") or 0
    told = f"{machine.get('name', '')}：自判合要求 {_share(raw.get('passed', 0) / total if total else None)}"
    if found.get("estimate") is None:
        return f"{told}，误差未知"
    low, high = 1 - found["high"], 1 - found["low"]
    return f"{told}，校正后 {_share(1 - found['estimate'])}（95% 区间 {_share(low)}–{_share(high)}）"


def _share(value: float | None) -> str:
    return "—" if value is None else figures.percent(value)


def _of(facts: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = facts.get(key)
    return value if isinstance(value, Mapping) else {}


def _list(facts: Mapping[str, Any], key: str) -> list[Any]:
    value = facts.get(key)
    return value if isinstance(value, list) else []
