"""不符合 as a person admits it: with reason and plan, or an equivalent measure with proof (9.1 b)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from openbeian.evidence import EvidenceKind, Record
from openbeian.manifest import LoadedManifest, Manifest, Statement
from openbeian.rules import Finding, Verdict, check, clause_pack, explain_finding, find

PACK = clause_pack("gbt-45654-2025")
NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
With = Callable[..., Manifest]
PLANNED = {"measures": "已扫描依赖", "plan": "完成代码审计", "plan_by": "林示例", "plan_until": "2026-12-31"}
EQUIVALENT = {"equivalent": "由第三方每季渗透测试", "proof": "proofs/pentest.md"}


def admitted(**more: Any) -> dict[str, Any]:
    return {"clause": "7.i.3", "verdict": "不符合", "reason": "还没有做代码审计", "by": "何示例", **more}


def on(manifest: Manifest, *views: Any, clause: str = "7.i.3") -> Finding:
    return next(row for row in find(PACK, manifest, views, now=NOW) if row.clause == clause)


@pytest.mark.req("F1")
def test_a_plan_tells_what_was_done_what_is_planned_by_whom_and_until_when(manifest_with: With) -> None:
    found = on(manifest_with(statements=[admitted(**PLANNED)]))
    assert found.verdict is Verdict.FAILS
    assert found.reason == "还没有做代码审计（何示例声明）"
    assert found.plan == "已采取：已扫描依赖；计划：完成代码审计（责任人 林示例，2026-12-31 前完成）"


@pytest.mark.req("F1")
def test_an_equivalent_measure_tells_its_proof(manifest_with: With) -> None:
    found = on(manifest_with(statements=[admitted(**EQUIVALENT)]))
    assert found.verdict is Verdict.FAILS
    assert found.reason == "还没有做代码审计（何示例声明）"
    assert found.plan == "等效措施：由第三方每季渗透测试（证明 proofs/pentest.md）"


@pytest.mark.parametrize(
    ("told", "lacks"),
    [
        ({}, "已采取的措施、整改计划、完成日期、责任人"),
        ({"plan": "年底前补"}, "已采取的措施、完成日期、责任人"),
        ({**PLANNED, "plan_by": None}, "责任人"),
        ({**PLANNED, "measures": " "}, "已采取的措施"),
        ({"equivalent": "人工复核"}, "等效措施有效性的证明"),
    ],
)
def test_what_is_not_told_is_named_in_the_finding_and_on_its_line(
    manifest_with: With, told: dict[str, Any], lacks: str
) -> None:
    manifest = manifest_with(statements=[admitted(**told)])
    assert on(manifest).reason == f"还没有做代码审计（何示例声明）；还没有写{lacks}"
    loaded = LoadedManifest(manifest, {"statements.0": 200}, "", "service.yaml")
    (problem,) = check(loaded)
    assert (problem.code, problem.line) == ("admitted-without-remedy", 200)
    assert lacks in problem.message


@pytest.mark.parametrize("told", [PLANNED, EQUIVALENT])
def test_what_is_told_in_full_is_no_problem(manifest_with: With, told: dict[str, Any]) -> None:
    assert check(LoadedManifest(manifest_with(statements=[admitted(**told)]), {}, "", "service.yaml")) == []


@pytest.mark.parametrize(("now", "is_over"), [("2026-12-31T15:59", False), ("2026-12-31T16:00", True)])
def test_a_plan_that_is_over_is_said_from_the_next_legal_day_on(manifest_with: With, now: str, is_over: bool) -> None:
    manifest = manifest_with(statements=[admitted(**PLANNED)])
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = next(row for row in find(PACK, manifest, [], now=moment) if row.clause == "7.i.3")
    assert ("已逾期" in (found.plan or "")) is is_over


def record(verdict: str, kind: EvidenceKind, clauses: tuple[str, ...]) -> Any:
    made = Record(
        kind=kind, title="示例", made_at=NOW, tool="openbeian evidence attest", clauses=clauses,
        detail={"verdict": verdict, "clause": "7.i.3"},
    )  # fmt: skip
    return made.view("ab" * 32)


@pytest.mark.req("F1")
@pytest.mark.parametrize("kind", [EvidenceKind.PROOF, EvidenceKind.ATTESTATION])
@pytest.mark.parametrize("verdict", ["不符合", "不适用"])
@pytest.mark.parametrize("clauses", [(), ("7.i.3",)])
def test_the_proof_of_a_failure_never_makes_a_clause_conform_once_the_statement_is_gone(
    manifest_with: With, kind: EvidenceKind, verdict: str, clauses: tuple[str, ...]
) -> None:
    view = record(verdict, kind, clauses)
    assert (view.clauses, view.about) == ((), ("7.i.3",))
    for statements in ([], [{**admitted(), "verdict": "符合"}]):
        found = on(manifest_with(statements=statements), view)
        assert (found.verdict, found.evidence) == (Verdict.FAILS, ())
    stated = on(manifest_with(statements=[admitted(**PLANNED)]), view)
    assert (stated.verdict, stated.evidence) == (Verdict.FAILS, (view.digest,))


def test_why_shows_the_proof_of_an_equivalent_measure_and_that_it_cannot_show_conformity(manifest_with: With) -> None:
    view = record("不符合", EvidenceKind.PROOF, ())
    stated, gone = (
        explain_finding(PACK, "7.i.3", LoadedManifest(manifest_with(statements=rows), {}, "", "x"), [view], now=NOW)
        for rows in ([admitted(**EQUIVALENT)], [])
    )
    assert [row.counts for row in stated.evidence] == [True]
    assert [row.reason for row in gone.evidence] == ["是不符合或不适用的声明及其证明，不能证明符合"]
    (told,) = stated.statements
    assert told.remedy == "等效措施：由第三方每季渗透测试（证明 proofs/pentest.md）"


@pytest.mark.parametrize("rows", [("不符合", "符合"), ("符合", "不符合"), ("不适用", "不符合")])
def test_of_two_statements_on_a_clause_the_less_favourable_stands(manifest_with: With, rows: tuple[str, str]) -> None:
    proof = record("符合", EvidenceKind.PROOF, ("7.i.3",))
    statements = [{**admitted(**PLANNED), "verdict": verdict} for verdict in rows]
    assert on(manifest_with(statements=statements), proof).verdict is Verdict.FAILS


def test_a_manifest_filed_before_plans_had_a_day_keeps_its_canonical_form(manifest_with: With) -> None:
    plain = Statement.model_validate(admitted(plan="年底前补")).model_dump(mode="json")
    assert list(plain) == ["clause", "verdict", "reason", "by", "proof", "plan"]


def test_a_statement_on_an_unknown_clause_names_the_near_ones(manifest_with: With) -> None:
    rows = [{**admitted(), "clause": "9.4", "verdict": "不适用"}]
    (problem,) = check(LoadedManifest(manifest_with(statements=rows), {}, "", "service.yaml"))
    assert problem.code == "unknown-clause"
    assert problem.remedy == "相近的有：9.4.b、9.4.c"
