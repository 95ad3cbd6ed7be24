"""Evidence that ends: expired or superseded it never makes 符合, and an older figure does not come back in its place."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.manifest import Manifest, digest
from openbeian.rules import EvidenceView, Finding, MetricValue, Verdict, clause_pack, find, load_pack
from openbeian.rules.admissible import admissible, last_day
from tests.rules.conftest import WEIGHTS

PACK = clause_pack("gbt-45654-2025")
NOW = datetime(2026, 11, 24, tzinfo=UTC)
OTHER = "0f" * 32
With = Callable[..., Manifest]


def view(title: str, *metrics: MetricValue, clauses: str = "", at: int = 0, **more: Any) -> EvidenceView:
    """A view made `at` days before now."""
    fields = {"kind": "proof", "model_sha256": WEIGHTS, "made_at": NOW - timedelta(days=at)} | more
    return EvidenceView(digest(title), title=title, clauses=tuple(clauses.split()), metrics=metrics, **fields)


def refusals(title: str, passed: int, *, at: int = 0, **more: Any) -> EvidenceView:
    metrics = (
        MetricValue("should_refuse_rate", passed / 300, "ratio", passed, 300),
        MetricValue("refusal_sample", 300.0, subject="应拒答", decimal="300"),
    )
    return view(title, *metrics, at=at, kind="assessment-run", **more)


def on(clause: str, manifest: Manifest, *views: EvidenceView, now: datetime = NOW) -> Finding:
    return next(finding for finding in find(PACK, manifest, views, now=now) if finding.clause == clause)


@pytest.mark.req("F2")
def test_a_proof_counts_up_to_its_last_second_and_then_says_when_it_expired(manifest_with: With) -> None:
    end = datetime(2027, 3, 1, 15, 59, 59, tzinfo=UTC)
    proof = view("渗透测试报告", clauses="7.f.2", valid_until=end)
    assert on("7.f.2", manifest_with(), proof, now=end).verdict is Verdict.CONFORMS
    found = on("7.f.2", manifest_with(), proof, now=end + timedelta(seconds=1))
    assert (found.verdict, found.evidence) == (Verdict.FAILS, ())
    assert found.reason == "证据已于 2027-03-01 过期：渗透测试报告"
    assert found.missing


def test_a_superseded_proof_says_by_what_even_when_that_has_ended_or_speaks_of_other_weights(
    manifest_with: With,
) -> None:
    old = view("旧版", clauses="7.f.2", at=9)
    expired = view("新版", clauses="7.f.2", supersedes=(old.digest,), valid_until=NOW - timedelta(days=1))
    foreign = view("新版", supersedes=(old.digest,), model_sha256=OTHER)
    said = f"“旧版”已被 {expired.digest[:12]} 取代"
    assert on("7.f.2", manifest_with(), old, expired).reason == f"{said}；证据已于 2026-11-23 过期：新版"
    assert on("7.f.2", manifest_with(), old, foreign).reason == said
    fresh = view("新版", clauses="7.f.2", supersedes=(old.digest,))
    found = on("7.f.2", manifest_with(), old, fresh)
    assert (found.verdict, found.evidence, found.reason) == (Verdict.CONFORMS, (fresh.digest,), "新版")


def test_an_expired_figure_is_no_figure_and_hides_the_older_one(manifest_with: With) -> None:
    good, ended = refusals("旧", 300, at=9), refusals("新", 290, at=5, valid_until=NOW - timedelta(days=1))
    assert on("9.4.b", manifest_with(), good).verdict is Verdict.CONFORMS
    found = on("9.4.b", manifest_with(), good, ended)
    assert found.verdict is Verdict.FAILS
    assert "没有有效的数据（T15）：证据已于 2026-11-23 过期：新" in found.reason
    assert on("9.4.b", manifest_with(), good, ended, refusals("再新", 290, at=1)).verdict is Verdict.CONFORMS


def test_a_figure_whose_place_was_taken_is_gone_but_stays_counted_among_the_runs(manifest_with: With) -> None:
    bad = refusals("错的", 100, at=9)
    fixed = refusals("更正", 290, at=5, supersedes=(bad.digest,))
    found = on("9.4.b", manifest_with(), bad, fixed)
    assert (found.verdict, found.evidence) == (Verdict.CONFORMS, (fixed.digest,))
    assert "此前另有 1 次" in found.reason


def test_an_ended_record_in_the_place_of_a_bad_figure_does_not_bring_an_older_good_one_back(
    manifest_with: With,
) -> None:
    good, bad = refusals("好", 300, at=9), refusals("坏", 100, at=5)
    ended = view("更正", at=1, supersedes=(bad.digest,), valid_until=NOW - timedelta(hours=1))
    assert on("9.4.b", manifest_with(), good, bad, ended).verdict is Verdict.FAILS


@pytest.mark.parametrize("name", range(6))
def test_time_decides_and_not_the_digest(manifest_with: With, name: int) -> None:
    good, bad = refusals(f"早{name}", 300, at=5), refusals(f"晚{name}", 100, at=1)
    assert on("9.4.b", manifest_with(), good, bad).verdict is Verdict.FAILS


def test_a_source_that_a_superseding_scan_no_longer_has_does_not_count(manifest_with: With) -> None:
    def scan(title: str, source: str, bad: int, **more: Any) -> EvidenceView:
        metric = MetricValue("source_illegal_harmful_ratio", bad / 100, "ratio", bad, 100, subject=source)
        return view(title, metric, kind="corpus-scan", model_sha256=None, **more)

    dirty = scan("旧语料", "logs", 9, at=5)
    assert on("5.1.a.1", manifest_with(), dirty, scan("新语料", "faq", 1)).verdict is Verdict.FAILS
    clean = scan("新语料", "faq", 1, supersedes=(dirty.digest,))
    assert on("5.1.a.1", manifest_with(), dirty, clean).verdict is Verdict.CONFORMS


def test_figures_on_one_subject_are_taken_by_time_whatever_the_order_they_come_in(manifest_with: With) -> None:
    good, bad = refusals("早", 300, at=5), refusals("晚", 100, at=1)
    assert on("9.4.b", manifest_with(), good, bad).verdict is Verdict.FAILS
    assert on("9.4.b", manifest_with(), bad, good).verdict is Verdict.FAILS


def stated(verdict: str, **more: Any) -> dict[str, Any]:
    return {"clause": "5.1.c.1", "verdict": verdict, "reason": "示例理由", "by": "何示例", **more}


def test_a_statement_holds_through_its_last_legal_day_and_then_says_so(manifest_with: With) -> None:
    manifest = manifest_with(statements=[stated("不适用", valid_until="2026-11-24")])
    in_shanghai_still_that_day = datetime(2026, 11, 24, 15, 59, tzinfo=UTC)
    assert on("5.1.c.1", manifest, now=in_shanghai_still_that_day).verdict is Verdict.NOT_APPLICABLE
    found = on("5.1.c.1", manifest, now=in_shanghai_still_that_day + timedelta(minutes=1))
    assert (found.verdict, found.reason) == (Verdict.FAILS, "声明已于 2026-11-24 过期")


def test_an_admitted_failure_does_not_lapse(manifest_with: With) -> None:
    manifest = manifest_with(statements=[stated("不符合", valid_until="2026-01-01", plan="年底前补")])
    found = on("5.1.c.1", manifest, view("证明", clauses="5.1.c.1"))
    assert (found.verdict, found.plan) == (Verdict.FAILS, "年底前补")


def test_not_applicable_is_contradicted_by_figures_that_have_ended(manifest_with: With) -> None:
    ended = refusals("旧", 290, valid_until=NOW - timedelta(days=1))
    manifest = manifest_with(statements=[{**stated("不适用"), "clause": "9.4.b"}])
    assert on("9.4.b", manifest, ended).reason.startswith("声明不适用，但已有数据")


def test_a_duty_of_the_founding_document_does_not_stand_on_expired_evidence(manifest_with: With) -> None:
    ended = view("加密方案", clauses="T1a", valid_until=NOW - timedelta(days=1))
    found = {row.clause: row for row in find(load_pack("founding"), manifest_with(), [ended], now=NOW)}["T1a"]
    assert (found.verdict, found.reason) == (Verdict.FAILS, "证据已于 2026-11-23 过期：加密方案")


def test_the_last_instant_of_the_calendar_can_be_named() -> None:
    assert last_day(datetime.max.replace(tzinfo=UTC)) == "9999-12-31"


DIGESTS = [digest(str(number)) for number in range(4)]
# One clause that a single figure settles, so that figures which meet it and which do not often stand side by side.
SHARE = st.builds(
    lambda bad, subject: MetricValue("source_illegal_harmful_ratio", bad / 100, "ratio", bad, 100, subject=subject),
    st.sampled_from([0, 99]),
    st.sampled_from([None, "faq"]),
)
FEW = PACK.model_copy(
    update={"clauses": tuple(row for row in PACK.clauses if row.id in {"5.1.a.1", "7.g.1", "7.f.2", "5.3.a.4"})}
)
VIEWS = st.builds(
    EvidenceView,
    st.just(""),
    st.sampled_from(["assessment-run", "proof", "attestation"]),
    st.just("示例"),
    st.lists(st.sampled_from(["7.g.1", "7.f.2", "5.3.a.4"]), max_size=2).map(tuple),
    st.lists(SHARE, max_size=1).map(tuple),
    st.sampled_from([None, WEIGHTS, OTHER]),
    st.integers(0, 9).map(lambda days: NOW - timedelta(days=days)),
    st.sampled_from([None, NOW - timedelta(days=1)]),
    st.lists(st.sampled_from(DIGESTS), max_size=2).map(tuple),
)


def numbered(views: list[EvidenceView]) -> list[EvidenceView]:
    """Give every view a digest of its own; one cannot supersede itself, as no record knows its own digest."""
    return [
        EvidenceView(
            own, view.kind, view.title, view.clauses, view.metrics, view.model_sha256, view.made_at, view.valid_until,
            tuple(old for old in view.supersedes if old != own),
        )
        for own, view in zip(DIGESTS, views, strict=False)
    ]  # fmt: skip


@settings(max_examples=600)
@given(st.lists(VIEWS, min_size=1, max_size=4).map(numbered))
def test_adding_evidence_that_does_not_count_never_makes_a_clause_conform(
    bound: Manifest, views: list[EvidenceView]
) -> None:
    after = find(FEW, bound, views, now=NOW)
    barred = admissible(views, WEIGHTS, NOW).reasons
    for added in views:
        if added.digest in barred:
            before = find(FEW, bound, [view for view in views if view is not added], now=NOW)
            for old, new in zip(before, after, strict=True):
                assert new.verdict is not Verdict.CONFORMS or old.verdict is Verdict.CONFORMS
    assert all(not set(found.evidence) & barred.keys() for found in after)


@settings(max_examples=600)
@given(st.lists(VIEWS, max_size=4).map(numbered), st.randoms(use_true_random=False))
def test_the_order_in_which_evidence_comes_changes_nothing(
    bound: Manifest, views: list[EvidenceView], random: Any
) -> None:
    shuffled = random.sample(views, len(views))
    assert find(FEW, bound, shuffled, now=NOW) == find(FEW, bound, views, now=NOW)
