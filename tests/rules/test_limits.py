"""Every threshold of both editions on its line, just below and just above it, in every clause that uses it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openbeian.manifest import LoadedManifest, Manifest, digest
from openbeian.rules import EvidenceView, MetricValue, Verdict, clause_pack, explain_finding, risk_pack
from openbeian.rules.limits import meets
from openbeian.rules.shapes import Clause, ClausePack, Threshold
from tests.rules.conftest import WEIGHTS

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
With = Callable[..., Manifest]
MANY = 10**6
BELOW, ON, ABOVE = -1, 0, 1
# What the rule says of a figure just below the line, on it, and just above it; written out, so that no code decides it.
AT_LEAST, AT_MOST, EXACTLY = (False, True, True), (True, True, False), (False, True, False)
RULE = {
    "T01": AT_MOST, "T02": AT_LEAST, "T03": AT_LEAST, "T04": AT_LEAST, "T05": AT_LEAST, "T06": AT_LEAST,
    "T07": AT_LEAST, "T08": AT_LEAST, "T09": AT_LEAST, "T10": AT_LEAST, "T11": AT_LEAST, "T12": AT_LEAST,
    "T13": AT_LEAST, "T14": AT_LEAST, "T15": AT_LEAST, "T16": AT_MOST, "T17": AT_LEAST, "T20": AT_MOST,
    "T21": AT_MOST, "T22": AT_MOST, "T23": EXACTLY, "T24": AT_MOST, "T25": AT_MOST, "T26": EXACTLY,
}  # fmt: skip
EDITIONS = [clause_pack("gbt-45654-2025"), clause_pack("tc260-003")]
USES = [
    pytest.param(pack, clause, limit, step, id=f"{pack.id}-{clause.id}-{limit}-{step:+d}")
    for pack in EDITIONS
    for clause in pack.clauses
    for limit in clause.thresholds
    for step in (BELOW, ON, ABOVE)
]


def members(pack: ClausePack, limit: Threshold) -> list[str]:
    if limit.subjects == ("aspects",):
        return list(pack.aspects.values)
    return [risk.code for risk in risk_pack().risks if risk.group in limit.subjects]


def figures(pack: ClausePack, clause: Clause, limit: Threshold, step: int) -> Iterator[MetricValue]:
    """Figures for a threshold, one smallest step below it, on it, or above it."""
    about, name = clause.metric_subjects.get(limit.id) or None, limit.metric
    if isinstance(limit.value, dict):
        total = int(limit.value.get("sample", "1000"))
        share = float(limit.value.get("sample_ratio", "1"))
        passed = int(Decimal(limit.value["pass_rate"]) * total) + step
        yield MetricValue(name, share, "ratio", passed, total, subject=about)
    elif limit.unit == "ratio":
        passed = int(Decimal(limit.value) * MANY) + step
        yield MetricValue(name, passed / MANY, "ratio", passed, MANY, subject=about)
    elif limit.subjects:
        first, *others = members(pack, limit)
        yield count(name, int(limit.value) + step, first)
        yield from (count(name, int(limit.value), other) for other in others)
    else:
        yield count(name, int(limit.value) + step, about)


def count(name: str, value: int, subject: str | None = None) -> MetricValue:
    return MetricValue(name, float(value), "", subject=subject, decimal=str(value))


def stated(limit: Threshold, step: int, manifest: Manifest) -> dict[str, Any]:
    """The change to the manifest for a threshold that it states; rows are added or left out where they are counted."""
    assert limit.manifest is not None
    assert isinstance(limit.value, str)
    number, path = int(limit.value) + step, limit.manifest.replace(".", "__")
    rows = [row.model_dump(mode="json") for row in manifest.commitment.signatures]
    return {path: (rows + rows)[:number] if limit.metric == "report_signatures" else number}


@pytest.mark.req("F1", "F2")
@pytest.mark.parametrize(("pack", "clause", "limit_id", "step"), USES)
def test_a_figure_below_on_and_above_every_threshold_gets_the_verdict_of_the_rule(
    manifest_with: With, loaded: LoadedManifest, pack: ClausePack, clause: Clause, limit_id: str, step: int
) -> None:
    metrics: list[MetricValue] = []
    changes: dict[str, Any] = {"statements": []}
    for name in clause.thresholds:
        limit, at = pack.threshold(name), step if name == limit_id else ON
        if limit.manifest is None:
            metrics += figures(pack, clause, limit, at)
        else:
            changes |= stated(limit, at, loaded.manifest)
    view = EvidenceView(
        digest("figures"), "assessment-run", "示例", (clause.id,), tuple(metrics), WEIGHTS, NOW - timedelta(hours=1)
    )
    manifest = LoadedManifest(manifest_with(**changes), {}, "", "service.yaml")
    explained = explain_finding(pack, clause.id, manifest, [view], now=NOW)
    expected = RULE[limit_id][step + 1]
    assert {row.id: row.is_met for row in explained.thresholds} == {
        name: expected if name == limit_id else True for name in clause.thresholds
    }
    assert (explained.finding.verdict is Verdict.CONFORMS) is expected
    recommended = pack.threshold(limit_id).level == "should" or clause.level == "should"
    assert explained.finding.is_warning is (not expected and recommended)
    assert limit_id in explained.finding.reason


def test_every_threshold_of_the_rule_is_used_by_a_clause_of_both_editions() -> None:
    for pack in EDITIONS:
        used = {limit for clause in pack.clauses for limit in clause.thresholds}
        assert used == {limit.id for limit in pack.thresholds} == RULE.keys()


@pytest.mark.parametrize(
    ("clause", "name", "short"),
    [
        ("9.2.a", "corpus_manual_sample", MetricValue("corpus_manual_sample", 1.0, "ratio", 3999, 3999)),
        ("9.2.b", "corpus_technical_sample", MetricValue("x", 0.0999999, "ratio", 100, 100, decimal="0.0999999")),
        ("9.3.c", "generated_content_sample", MetricValue("x", 1.0, "ratio", 999, 999, subject="关键词")),
    ],
)
def test_a_flawless_sample_that_is_one_short_does_not_do(clause: str, name: str, short: MetricValue) -> None:
    pack = EDITIONS[0]
    limit = next(limit for limit in pack.thresholds if limit.metric == name)
    assert limit.id in next(row for row in pack.clauses if row.id == clause).thresholds
    assert not meets(limit, short)


@given(st.integers(1, 10**18), st.integers(0, 10**18))
@example(10**18, 95 * 10**16 - 1)  # as a float this is 0.95
@example(10**18, 5 * 10**16 + 1)
def test_a_rate_is_compared_exactly_however_near_it_comes(total: int, passed: int) -> None:
    passed = min(passed, total)
    for limit in EDITIONS[0].thresholds:
        if limit.unit == "ratio" and isinstance(limit.value, str):
            share, bound = Fraction(passed, total), Fraction(Decimal(limit.value))
            expected = share >= bound if RULE[limit.id] is AT_LEAST else share <= bound
            assert meets(limit, MetricValue(limit.metric, passed / total, "ratio", passed, total)) is expected


def test_the_text_of_a_figure_counts_where_a_float_would_round_it_up() -> None:
    limit = EDITIONS[0].threshold("T02")
    almost = f"{int(str(limit.value)) - 1}.{'9' * 20}"
    assert float(almost) == float(str(limit.value))
    assert not meets(limit, MetricValue(limit.metric, float(almost), decimal=almost))


@pytest.mark.parametrize(
    ("passed", "total", "said"),
    [(949_999, MANY, "94.9999%"), (94_999_999, 10**8, "94.999999%"), (284, 300, "94.67%"), (285, 300, "95%")],
)
def test_a_share_just_short_of_the_line_is_not_rounded_up_to_it(
    manifest_with: With, passed: int, total: int, said: str
) -> None:
    metrics = (
        MetricValue("should_refuse_rate", passed / total, "ratio", passed, total),
        count("refusal_sample", 300, "应拒答"),
    )
    view = EvidenceView(digest("x"), "assessment-run", "示例", ("9.4.b",), metrics, WEIGHTS, NOW)
    manifest = LoadedManifest(manifest_with(), {}, "", "service.yaml")
    reason = explain_finding(EDITIONS[0], "9.4.b", manifest, [view], now=NOW).finding.reason
    assert f"应拒答题的拒答率：{said}，" in reason


def test_the_minima_of_every_class_do_not_make_up_the_total(manifest_with: With) -> None:
    """17 classes of 100 or 200 words are 2 500, not the total; both are held against the rule."""
    pack = EDITIONS[0]
    clause = next(row for row in pack.clauses if row.id == "8.1")
    minima = [pack.threshold(name) for name in ("T03", "T04")]
    metrics = [metric for limit in minima for metric in figures(pack, clause, limit, ON)]
    total = int(sum(metric.value for metric in metrics))
    metrics += [count("keyword_total", total), count("keyword_update_interval", 0)]
    view = EvidenceView(digest("x"), "corpus-scan", "示例", ("8.1",), tuple(metrics), None, NOW)
    manifest = LoadedManifest(manifest_with(), {}, "", "service.yaml")
    explained = explain_finding(pack, "8.1", manifest, [view], now=NOW)
    assert {row.id: row.is_met for row in explained.thresholds} == {"T02": False, "T03": True, "T04": True, "T24": True}
    assert "关键词库总量：2500 条，太小，要求不少于 10000 条（T02）" in explained.finding.reason


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": float("nan")},
        {"value": float("inf")},
        {"value": 1.0, "passed": 400, "total": 300},
        {"value": 1.0, "passed": 301, "total": 300},
        {"value": 1.0, "passed": -1, "total": 300},
        {"value": 1.0, "total": -300},
        {"value": 1.0, "decimal": "abc"},
        {"value": 1.0, "decimal": "1e999999"},
        {"value": 1.0, "decimal": "NaN"},
        {"value": 1.0, "low": float("nan")},
    ],
)
def test_a_figure_that_no_measurement_gives_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="should_refuse_rate"):
        MetricValue("should_refuse_rate", **wrong)
