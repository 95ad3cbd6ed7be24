"""All clauses of both editions, each by the kinds of showing it takes: computed, evidenced, attested."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from openbeian.manifest import LoadedManifest, Manifest, digest
from openbeian.rules import EvidenceView, Finding, Verdict, clause_pack, find
from openbeian.rules.shapes import Clause, ClausePack
from tests.rules.conftest import WEIGHTS

NOW = datetime(2026, 11, 24, tzinfo=UTC)
EDITIONS = [clause_pack("gbt-45654-2025"), clause_pack("tc260-003")]
CASES = [pytest.param(pack, clause, id=f"{pack.id}-{clause.id}") for pack in EDITIONS for clause in pack.clauses]
With = Callable[..., Manifest]


def on(pack: ClausePack, clause: Clause, manifest: Manifest, *views: EvidenceView) -> Finding:
    single = pack.model_copy(update={"clauses": (clause,)})
    (found,) = find(single, manifest, views, now=NOW)
    return found


def record(clause: Clause, kind: str, weights: str | None = WEIGHTS) -> EvidenceView:
    return EvidenceView(digest(f"{kind} {clause.id}"), kind, f"示例{kind}", (clause.id,), (), weights)


def stated(clause: Clause, verdict: str, **more: Any) -> list[dict[str, Any]]:
    return [{"clause": clause.id, "verdict": verdict, "reason": "示例理由", "by": "何示例", **more}]


def needs_figures(pack: ClausePack, clause: Clause) -> bool:
    """Whether a threshold of the clause can only be met by a measurement, not by what the manifest says."""
    return any(pack.threshold(limit).manifest is None for limit in clause.thresholds)


def test_both_editions_have_the_76_clauses_and_every_kind_of_showing() -> None:
    assert [len(pack.clauses) for pack in EDITIONS] == [76, 76]
    for pack in EDITIONS:
        assert {kind for clause in pack.clauses for kind in clause.check} == {"auto", "evidence", "attest"}


@pytest.mark.req("F1")
@pytest.mark.parametrize(("pack", "clause"), CASES)
def test_without_evidence_a_clause_never_conforms_and_says_what_is_missing(
    manifest_with: With, pack: ClausePack, clause: Clause
) -> None:
    for statements in ([], stated(clause, "符合")):
        found = on(pack, clause, manifest_with(statements=statements))
        assert found.verdict is Verdict.FAILS
        assert found.missing
        assert found.reason
        assert found.is_warning is (clause.level == "should")
        assert found.to_check is clause.to_check


@pytest.mark.parametrize(("pack", "clause"), CASES)
def test_a_persons_word_alone_settles_a_clause_only_where_the_rule_takes_one(
    manifest_with: With, pack: ClausePack, clause: Clause
) -> None:
    manifest = manifest_with(statements=stated(clause, "符合"))
    found = on(pack, clause, manifest, record(clause, "attestation", None))
    takes_a_word = "attest" in clause.check and not needs_figures(pack, clause)
    assert (found.verdict is Verdict.CONFORMS) is takes_a_word
    assert bool(found.evidence) is ("attest" in clause.check)
    withdrawn = on(pack, clause, manifest_with(statements=[]), record(clause, "attestation", None))
    assert withdrawn.verdict is Verdict.FAILS


@pytest.mark.parametrize(("pack", "clause"), CASES)
def test_a_proof_that_names_the_clause_settles_it_unless_figures_are_asked_for(
    manifest_with: With, pack: ClausePack, clause: Clause
) -> None:
    proof = record(clause, "proof")
    found = on(pack, clause, manifest_with(statements=[]), proof)
    assert (found.verdict is Verdict.CONFORMS) is not needs_figures(pack, clause)
    assert found.evidence == (proof.digest,)
    foreign = on(pack, clause, manifest_with(statements=[]), record(clause, "proof", "0f" * 32))
    assert (foreign.verdict, foreign.evidence) == (Verdict.FAILS, ())


@pytest.mark.parametrize(("pack", "clause"), CASES)
def test_an_admitted_failure_carries_its_plan_and_a_recommendation_only_warns(
    manifest_with: With, pack: ClausePack, clause: Clause
) -> None:
    manifest = manifest_with(statements=stated(clause, "不符合", plan="年底前补"))
    found = on(pack, clause, manifest, record(clause, "proof"))
    assert (found.verdict, found.plan) == (Verdict.FAILS, "年底前补")
    assert found.is_warning is (clause.level == "should")


@pytest.mark.parametrize(("pack", "clause"), CASES)
def test_not_applicable_stands_unless_the_manifest_says_that_the_clause_applies(
    manifest_with: With, loaded: LoadedManifest, pack: ClausePack, clause: Clause
) -> None:
    found = on(pack, clause, manifest_with(statements=stated(clause, "不适用")))
    applies = clause.applies_when is not None and clause.applies_when.holds(loaded.manifest.as_json())
    assert found.verdict is (Verdict.FAILS if applies else Verdict.NOT_APPLICABLE)
    assert "示例理由" in found.reason or applies
