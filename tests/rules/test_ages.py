"""What a finding is bound to beside the weights: the age of library and bank when it is made, and the corpus trained on."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openbeian.manifest import LoadedManifest, Manifest, digest
from openbeian.rules import EvidenceView, MetricValue, Verdict, clause_pack, explain_finding, find
from openbeian.rules.explaining import LimitExplained
from openbeian.rules.verdicts import Subject
from tests.rules.conftest import WEIGHTS

PACK = clause_pack("gbt-45654-2025")
NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
OTHER = "0f" * 32
With = Callable[..., Manifest]


def scan(version: str, days_ago: float, weights: str | None = None) -> EvidenceView:
    metric = MetricValue("keyword_update_interval", 0.0, "days", subject=version, decimal="0")
    made = NOW - timedelta(days=days_ago)
    return EvidenceView(digest(f"{version} {days_ago}"), "corpus-scan", "扫描", (), (metric,), weights, made)


@pytest.fixture
def age(manifest_with: With) -> Callable[..., LimitExplained]:
    """How the threshold on the age of the keyword library comes out."""

    def explained(*views: EvidenceView, now: datetime = NOW) -> LimitExplained:
        manifest = LoadedManifest(manifest_with(), {}, "", "service.yaml")
        rows = explain_finding(PACK, "8.1", manifest, views, now=now).thresholds
        return next(row for row in rows if row.id == "T24")

    return explained


@pytest.mark.req("F2")
@pytest.mark.parametrize(("days", "is_met"), [(0, True), (6, True), (7, True), (8, False), (400, False)])
def test_a_library_is_as_old_as_its_first_record_at_the_moment_of_finding(
    age: Callable[..., LimitExplained], days: int, is_met: bool
) -> None:
    found = age(scan("v1", days))
    assert found.is_met is is_met
    assert f"关键词库更新间隔：{days} 天（现版本自首次留下记录起）" in found.words
    assert age(scan("v1", 0), now=NOW + timedelta(days=days)).is_met is is_met


def test_scanning_the_same_version_again_makes_it_no_younger_and_a_new_version_does(
    age: Callable[..., LimitExplained],
) -> None:
    old, again, new = scan("v1", 30), scan("v1", 1), scan("v2", 2)
    assert not age(old, again).is_met
    assert age(old, new).is_met
    # Going back to an old version is no update either.
    assert not age(old, new, scan("v1", 0)).is_met


def test_of_figures_without_a_version_the_latest_stands_by_itself(age: Callable[..., LimitExplained]) -> None:
    def told(days: int, days_ago: int) -> EvidenceView:
        metric = MetricValue("keyword_update_interval", float(days), "days", decimal=str(days))
        made = NOW - timedelta(days=days_ago)
        return EvidenceView(digest(f"{days} {days_ago}"), "corpus-scan", "扫描", (), (metric,), None, made)

    assert age(told(30, 20), told(2, 5)).is_met
    assert not age(told(30, 20), told(2, 6)).is_met


def test_days_are_legal_days(age: Callable[..., LimitExplained]) -> None:
    first = EvidenceView(
        digest("x"), "corpus-scan", "扫描", (), scan("v1", 0).metrics, None, datetime(2026, 11, 16, 16, 30, tzinfo=UTC)
    )  # the 17th in Shanghai
    assert age(first, now=datetime(2026, 11, 24, 15, 59, tzinfo=UTC)).is_met
    assert not age(first, now=datetime(2026, 11, 24, 16, 0, tzinfo=UTC)).is_met


def test_a_version_seen_first_with_other_weights_is_as_old_as_that(age: Callable[..., LimitExplained]) -> None:
    assert not age(scan("v1", 30, OTHER), scan("v1", 1, WEIGHTS)).is_met


def test_a_clock_that_ran_ahead_makes_nothing_younger_than_new(age: Callable[..., LimitExplained]) -> None:
    assert age(scan("v1", -3)).words.startswith("关键词库更新间隔：0 天")


def test_a_scan_that_has_ended_gives_no_age(age: Callable[..., LimitExplained]) -> None:
    ended = EvidenceView(
        digest("e"), "corpus-scan", "扫描", (), scan("v1", 0).metrics, None, NOW, NOW - timedelta(minutes=1)
    )
    found = age(ended)
    assert not found.is_met
    assert "过期" in found.words


def corpus(kind: str, name: str, sha256: str, **more: Any) -> EvidenceView:
    metrics = (MetricValue("source_illegal_harmful_ratio", 0.0, "ratio", 0, 100, subject=name),)
    fields = {
        "metrics": metrics if kind == "corpus-scan" else (),
        "model_sha256": WEIGHTS if kind == "training-run" else None,
        "inputs": (Subject(name, sha256),),
        "made_at": NOW,
    } | more
    return EvidenceView(digest(f"{kind} {name} {sha256} {more}"), kind, f"示例{kind}", ("5.2.a",), **fields)


@pytest.mark.req("F2")
def test_a_scan_of_another_corpus_than_the_filed_weights_were_trained_on_does_not_count(manifest_with: With) -> None:
    def verdicts(*views: EvidenceView) -> tuple[Verdict, str]:
        found = next(row for row in find(PACK, manifest_with(), views, now=NOW) if row.clause == "5.1.a.1")
        return found.verdict, found.reason

    old, new = corpus("corpus-scan", "faq.yaml", "aa" * 32), corpus("corpus-scan", "faq.yaml", "bb" * 32)
    trained = corpus("training-run", "faq.yaml", "bb" * 32)
    assert verdicts(old)[0] is Verdict.CONFORMS
    verdict, reason = verdicts(old, trained)
    assert verdict is Verdict.FAILS
    assert "“示例corpus-scan”所查的 faq.yaml 不是训练这份权重所用的那一份" in reason
    assert verdicts(old, trained, new)[0] is Verdict.CONFORMS
    again = corpus("training-run", "faq.yaml", "dd" * 32, supersedes=(trained.digest,))
    assert verdicts(new, trained, again)[0] is Verdict.FAILS
    # Other names, and runs that made other weights, say nothing about the file.
    assert verdicts(old, corpus("training-run", "merged.jsonl", "cc" * 32))[0] is Verdict.CONFORMS
    assert verdicts(old, corpus("training-run", "faq.yaml", "bb" * 32, model_sha256=OTHER))[0] is Verdict.CONFORMS
