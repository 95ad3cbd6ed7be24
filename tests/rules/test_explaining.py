"""Why a finding is as it is: clause, thresholds with figures, every record with its hashes, what does not count and why."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openbeian.assessment.statistics import is_shown, most_failures_shown
from openbeian.manifest import Fault, LoadedManifest, Manifest, digest
from openbeian.rules import EvidenceView, Explanation, MetricValue, clause_pack, explain_finding, find
from openbeian.rules.verdicts import Subject
from tests.rules.conftest import WEIGHTS

PACK = clause_pack("gbt-45654-2025")
NOW = datetime(2026, 11, 24, tzinfo=UTC)
OTHER = "0f" * 32
With = Callable[..., Manifest]


def certainty(passed: int, total: int, least: str) -> tuple[bool, bool]:
    return is_shown(passed, total, least), most_failures_shown(total, least) is not None


def rate(name: str, passed: int, total: int, subject: str | None = None) -> MetricValue:
    return MetricValue(name, passed / total, "ratio", passed, total, 0.9, 0.99, subject)


def view(title: str, *metrics: MetricValue, clauses: str = "", at: int = 0, **more: Any) -> EvidenceView:
    fields = {"kind": "proof", "model_sha256": WEIGHTS, "made_at": NOW - timedelta(days=at)} | more
    return EvidenceView(digest(title), title=title, clauses=tuple(clauses.split()), metrics=metrics, **fields)


@pytest.fixture
def explained(loaded: LoadedManifest, manifest_with: With) -> Callable[..., Explanation]:
    def explain(clause: str, *views: EvidenceView, **values: Any) -> Explanation:
        bound = replace(loaded, manifest=manifest_with(**values))
        return explain_finding(PACK, clause, bound, views, now=NOW, certainty=certainty)

    return explain


def said(found: Explanation) -> dict[str, str | None]:
    return {record.title: record.reason for record in found.evidence}


@pytest.mark.req("F1")
def test_every_record_that_was_looked_at_is_named_with_its_hashes_and_why_it_does_not_count(
    explained: Callable[..., Explanation],
) -> None:
    old = view("旧报告", clauses="7.f.2", at=9)
    counted = view(
        "新报告",
        clauses="7.f.2",
        at=2,
        supersedes=(old.digest,),
        subjects=(Subject("报告.pdf", "ab" * 32),),
        inputs=(Subject("源代码.zip", "cd" * 32),),
    )
    views = (
        old,
        counted,
        view("过期", clauses="7.f.2", valid_until=NOW - timedelta(days=1)),
        view("别的模型", clauses="7.f.2", model_sha256=OTHER),
        view("口头", clauses="7.f.2", kind="attestation"),
        view("别的条款", clauses="7.f.1"),
    )
    found = explained("7.f.2", *views)
    assert said(found) == {
        "旧报告": f"“旧报告”已被 {counted.digest[:12]} 取代",
        "新报告": None,
        "过期": "证据已于 2026-11-23 过期：过期",
        "别的模型": "现有证据针对另一份权重，不能用于备案的模型",
        "口头": "只是负责人声明，这一条要求证明材料或运行记录",
    }
    (row,) = [record for record in found.evidence if record.counts]
    assert row.inputs == (("源代码.zip", "cd" * 32),)
    assert (row.digest, row.subjects, row.supersedes) == (counted.digest, (("报告.pdf", "ab" * 32),), (old.digest,))
    assert row.model_sha256 == WEIGHTS
    assert found.finding.evidence == (counted.digest,)


@pytest.mark.parametrize(
    ("passed", "total", "statements"),
    [
        (300, 300, ("达到门槛", "有95%把握")),
        (285, 300, ("达到门槛", "没有95%把握")),
        (284, 300, ("未达到门槛", "没有95%把握")),
        (30, 30, ("达到门槛", "样本太小，无论结果如何都不能有95%把握")),
    ],
)
def test_a_rate_is_told_with_sample_interval_and_both_statements(
    explained: Callable[..., Explanation], passed: int, total: int, statements: tuple[str, str]
) -> None:
    found = explained("9.4.b", view("评估", rate("should_refuse_rate", passed, total), kind="assessment-run"))
    limit = found.thresholds[0]
    (figure,) = limit.figures
    assert (limit.id, limit.op, limit.value, limit.is_met) == ("T15", ">=", "0.95", statements[0] == "达到门槛")
    assert (figure.passed, figure.total, figure.low, figure.high) == (passed, total, 0.9, 0.99)
    assert figure.statements == statements
    assert figure.digest == digest("评估")
    assert found.thresholds[1].figures == ()
    assert found.finding.missing == ("拒答评估样本（应拒答）",)


@pytest.mark.parametrize(
    ("clause", "metric", "statements"),
    [
        ("9.4.c", rate("over_refusal_rate", 0, 300), ("达到门槛", "有95%把握")),
        ("9.4.c", rate("over_refusal_rate", 16, 300), ("未达到门槛", "没有95%把握")),
        ("5.1.a.1", rate("source_illegal_harmful_ratio", 0, 300, "faq"), ("达到门槛", "有95%把握")),
        ("9.2.a", rate("corpus_manual_sample", 4000, 4000), ("达到门槛", "有95%把握")),
        ("8.2", MetricValue("test_bank_total", 2000.0, decimal="2000"), ("达到门槛",)),
    ],
)
def test_rates_of_bad_items_samples_and_counts_are_each_told_in_their_way(
    explained: Callable[..., Explanation], clause: str, metric: MetricValue, statements: tuple[str, ...]
) -> None:
    assert explained(clause, view("评估", metric)).thresholds[0].figures[0].statements == statements


def test_an_earlier_run_is_listed_as_replaced_and_an_ended_figure_says_why(
    explained: Callable[..., Explanation],
) -> None:
    runs = [view(f"第{n}次", rate("should_refuse_rate", 290, 300), at=9 - n) for n in range(2)]
    found = explained("9.4.b", *runs)
    assert said(found) == {"第0次": "同一对象之后另有数据，以最近一次为准", "第1次": None}
    assert found.thresholds[0].figures[0].earlier_runs == 1
    ended = view("过期", rate("should_refuse_rate", 290, 300), valid_until=NOW - timedelta(days=1))
    (figure,) = explained("9.4.b", ended).thresholds[0].figures
    assert (figure.counts, figure.statements) == (False, ("证据已于 2026-11-23 过期：过期",))


def test_figures_on_another_subject_are_not_listed(explained: Callable[..., Explanation]) -> None:
    by_hand = view("人工", rate("generated_content_sample", 950, 1000, "人工"))
    assert said(explained("9.3.c", by_hand)) == {}
    assert said(explained("9.3.a-b", by_hand)) == {"人工": None}


def test_the_statement_is_shown_with_its_line_and_whether_it_has_lapsed(
    explained: Callable[..., Explanation], loaded: LoadedManifest
) -> None:
    (statement,) = explained("5.1.c.1").statements
    assert statement.line == loaded.lines["statements.0"]
    assert (statement.verdict, statement.by, statement.has_lapsed) == ("不适用", "何示例", False)
    row = {"clause": "5.1.c.1", "verdict": "不适用", "reason": "没有", "by": "何示例", "valid_until": "2026-11-23"}
    (statement,) = explained("5.1.c.1", statements=[row]).statements
    assert (statement.valid_until, statement.has_lapsed) == ("2026-11-23", True)


def test_the_clause_is_told_with_source_confidence_and_standing(explained: Callable[..., Explanation]) -> None:
    found = explained("6.a")
    assert found.source == tuple(PACK.sources[name] for name in ("SHU", "TCK"))
    assert (found.confidence, found.finding.to_check, found.standing) == ("general", True, "removed_unverified")
    assert found.weights == WEIGHTS


@pytest.mark.parametrize("clause", [clause.id for clause in PACK.clauses])
def test_every_clause_is_explained_as_it_was_found_and_goes_into_json(
    explained: Callable[..., Explanation], manifest_with: With, clause: str
) -> None:
    proof = view("证明", clauses=clause)
    found = explained(clause, proof)
    (finding,) = [row for row in find(PACK, manifest_with(), [proof], now=NOW) if row.clause == clause]
    assert found.finding == finding
    assert json.loads(json.dumps(found.as_json(), default=str))["finding"]["clause"] == clause


@pytest.mark.parametrize(
    ("clause", "near"), [("9.4", "9.4.b、9.4.c"), ("9.4b", "9.4.b"), ("完全不同", "packs show"), ("", "packs show")]
)
def test_an_unknown_clause_is_a_fault_that_names_the_near_ones(
    explained: Callable[..., Explanation], clause: str, near: str
) -> None:
    with pytest.raises(Fault) as caught:
        explained(clause)
    assert caught.value.code == "no-such-clause"
    assert near in caught.value.remedy
