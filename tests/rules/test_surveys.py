"""Clauses about the assessment itself come out as its findings do: every verdict told, with proof, plan or reason."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from openbeian.manifest import LoadedManifest, Manifest
from openbeian.rules import EvidenceView, Finding, Verdict, clause_pack, explain_finding, find
from tests.rules.test_findings import NOW, PACK, on, statement, view

With = Callable[..., Manifest]
EDITIONS = ("gbt-45654-2025", "tc260-003")
SHOWN = view(clauses="5.1.b", kind="proof")
PLANNED = {"measures": "示例措施", "plan": "示例计划", "plan_until": date(2027, 1, 31), "plan_by": "何示例"}


def surveyed(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.clause.split(".")[0] in {"5", "6", "7", "8"}]


def admitted(*, but: str = "", **more: Any) -> list[dict[str, Any]]:
    """Return a statement of 不符合, with its plan, on every clause of the chapters except one."""
    clauses = [clause.id for clause in PACK.clauses if clause.id.split(".")[0] in {"5", "6", "7", "8"}]
    return [statement(clause, "不符合", **(PLANNED | more)) for clause in clauses if clause not in {but, "5.1.b"}]


@pytest.mark.req("F1")
@pytest.mark.parametrize("edition", EDITIONS)
def test_without_any_evidence_nothing_has_been_assessed(manifest_with: With, edition: str) -> None:
    found = {row.clause: row for row in find(clause_pack(edition), manifest_with(), [], now=NOW)}
    for clause in ("9.1.b", "9.1.b.1", "9.1.b.2", "9.1.b.3", "9.1.c"):
        assert (found[clause].verdict, found[clause].reason, found[clause].evidence) == (
            Verdict.FAILS,
            "没有证据",
            (),
        )


@pytest.mark.req("F1", "T1d")
@pytest.mark.parametrize("edition", EDITIONS)
def test_verdicts_are_counted_and_rest_on_the_evidence_of_all_of_them(manifest_with: With, edition: str) -> None:
    manifest = manifest_with(statements=[statement("5.2.b.1", "不适用")])
    findings = find(clause_pack(edition), manifest, [SHOWN], now=NOW)
    by_id = {row.clause: row for row in findings}
    verdicts = [row.verdict for row in surveyed(findings)]
    told = f"符合 1、不符合 {verdicts.count(Verdict.FAILS)}、不适用 {verdicts.count(Verdict.NOT_APPLICABLE)}"
    assert by_id["9.1.b"].reason == f"第 5–8 章 {len(verdicts)} 条逐条给出结论：{told}"
    assert by_id["9.1.b.1"].reason == "第 5–8 章结论为符合的 1 条都有证据"
    assert by_id["9.1.c"].reason == "所依的 9.1.b、9.1.b.1 符合"
    for clause in ("9.1.b", "9.1.b.1", "9.1.b.3", "9.1.c"):
        assert (by_id[clause].verdict, by_id[clause].evidence) == (Verdict.CONFORMS, (SHOWN.digest,))


@pytest.mark.req("F1")
def test_a_verdict_of_failing_without_measures_and_plan_is_named(manifest_with: With) -> None:
    found = on("9.1.b.2", manifest_with(statements=admitted(but="8.4")), SHOWN)
    assert found.verdict is Verdict.FAILS
    assert found.reason.endswith("1 条还没有写措施和计划：8.4")
    assert found.missing == ("已采取的措施和整改计划，或等效措施及其证明",)


@pytest.mark.req("F1")
@pytest.mark.parametrize("plan", [{"plan_by": None}, {"plan": None}, {"measures": None}])
def test_half_a_plan_is_not_one(manifest_with: With, plan: dict[str, Any]) -> None:
    found = on("9.1.b.2", manifest_with(statements=admitted(**plan)), SHOWN)
    assert found.verdict is Verdict.FAILS
    assert "等" in found.reason


@pytest.mark.req("F1")
def test_failing_clauses_that_are_all_planned_for_are_told_in_full(manifest_with: With) -> None:
    found = on("9.1.b.2", manifest_with(statements=admitted()), SHOWN)
    assert found.verdict is Verdict.CONFORMS
    assert found.reason.endswith("条都写明原因、措施和计划")


@pytest.mark.req("F1")
def test_what_can_be_computed_is_not_stated_away(manifest_with: With) -> None:
    manifest = manifest_with(statements=[statement("9.1.b.2", "不适用")])
    found = on("9.1.b.2", manifest, SHOWN)
    assert found.verdict is Verdict.FAILS
    assert found.reason.startswith("声明不适用，但已有数据：第 5–8 章结论为不符合的")
    assert on("9.1.b.2", manifest).verdict is Verdict.NOT_APPLICABLE


def test_a_proof_given_for_the_clause_itself_is_cited_beside_the_rest(manifest_with: With) -> None:
    own = view(clauses="9.1.b", kind="proof")
    assert on("9.1.b", manifest_with(), SHOWN, own).evidence == (SHOWN.digest, own.digest)
    assert on("9.1.b", manifest_with(), own).evidence == (own.digest,)


def test_the_explanation_lists_the_records_surveyed(manifest_with: With) -> None:
    loaded = LoadedManifest(manifest_with(), {}, "", "x")
    foreign: EvidenceView = view(clauses="5.1.c", kind="proof", weights="0f" * 32)
    explained = explain_finding(PACK, "9.1.b", loaded, [SHOWN, foreign], now=NOW)
    assert [(row.digest, row.counts) for row in explained.evidence] == [(SHOWN.digest, True)]
