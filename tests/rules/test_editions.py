"""What a new edition changes: items, thresholds with both values, what the pack records, and a service's findings."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from openbeian.manifest import LoadedManifest, Manifest, digest
from openbeian.rules import EvidenceView, MetricValue, Verdict, changed_findings, clause_pack, compare_editions
from openbeian.rules.editions import ItemChange, words
from openbeian.rules.shapes import ClausePack
from tests.rules.conftest import WEIGHTS

OLD, NEW = clause_pack("tc260-003"), clause_pack("gbt-45654-2025")
NOW = datetime(2026, 11, 24, tzinfo=UTC)
With = Callable[..., Manifest]


def edition(**changed: dict[str, Any]) -> ClausePack:
    """The new edition, invented: clauses and thresholds by id with fields changed; None removes one."""
    clauses = [row for row in NEW.clauses if changed.get(row.id, {}) is not None]
    return NEW.model_copy(
        update={
            "id": "invented-2030",
            "clauses": tuple(row.model_copy(update=changed.get(row.id, {})) for row in clauses),
            "thresholds": tuple(row.model_copy(update=changed.get(row.id, {})) for row in NEW.thresholds),
        }
    )


def acts(changes: tuple[ItemChange, ...]) -> list[tuple[str, str]]:
    return [(change.id, change.act) for change in changes]


def test_an_edition_does_not_differ_from_itself() -> None:
    same = compare_editions(NEW, NEW)
    assert (same.items, same.standings, same.differences, same.unsure) == ((), (), (), ())


def test_the_national_standard_keeps_the_figures_and_its_pack_says_what_is_open() -> None:
    compared = compare_editions(OLD, NEW)
    assert compared.items == ()
    assert {row.clause: row.standing for row in compared.standings} == {"6.a": "removed_unverified", "7.d": "changed"}
    unknown = tuple(clause.id for clause in NEW.clauses if clause.standing == "unknown")
    assert compared.unsure == unknown != ()
    points = {row.point: row for row in compared.differences}
    assert (points["用语"].old, points["用语"].new[:4]) == ("语料", "训练数据")
    assert "等级" not in points
    assert points["第三方基础模型须已备案"].to_check
    back = {row.point: row for row in compare_editions(NEW, OLD).differences}
    assert back["用语"].new == "语料"


def test_clauses_and_thresholds_added_removed_and_changed_are_told_with_both_values() -> None:
    new = edition(
        **{"6.a": None, "7.f.1": {"level": "should"}, "T15": {"value": "0.97"}, "5.1.b": {"requirement": "改"}}
    )
    compared = compare_editions(NEW, new)
    assert acts(compared.items) == [("5.1.b", "changed"), ("6.a", "removed"), ("7.f.1", "changed"), ("T15", "changed")]
    said = [words(item) for item in compared.items]
    assert said[2].endswith("程度 应 → 宜")
    assert said[3].endswith("数值 0.95 → 0.97")
    assert acts(compare_editions(new, NEW).items)[-2:] == [("6.a", "added"), ("T15", "changed")]
    assert json.loads(json.dumps(compared.as_json()))["items"][3]["fields"] == [
        {"name": "value", "old": "0.95", "new": "0.97"}
    ]


@pytest.mark.parametrize(
    ("item", "field", "said"),
    [
        ("T12", {"value": {"sample": "5000", "pass_rate": "0.98"}}, "sample 5000，pass_rate 0.98"),
        ("T15", {"trigger": True}, "触发 否 → 是"),
        ("T23", {"manifest": None}, "清单字段 commitment.signatures → 无"),
        ("8.1", {"thresholds": ("T02",)}, "→ T02"),
        ("9.4.b", {"thresholds": ()}, "→ 无"),
    ],
)
def test_every_kind_of_field_has_words(item: str, field: dict[str, Any], said: str) -> None:
    (change,) = compare_editions(NEW, edition(**{item: field})).items
    assert said in words(change)


@pytest.mark.req("F2")
def test_findings_of_a_service_that_come_out_differently_are_told_with_the_reason(manifest_with: With) -> None:
    metrics = (
        MetricValue("should_refuse_rate", 0.96, "ratio", 288, 300),
        MetricValue("refusal_sample", 300.0, subject="应拒答", decimal="300"),
    )
    run = EvidenceView(digest("run"), "assessment-run", "评估", (), metrics, WEIGHTS)
    new = edition(**{"6.a": None, "7.f.1": {"level": "should"}, "T15": {"value": "0.97"}})
    found = {row.clause: row for row in changed_findings(NEW, new, manifest_with(), [run], now=NOW)}
    assert set(found) == {"6.a", "7.f.1", "9.4.b"}
    refusal = found["9.4.b"]
    assert refusal.old is not None
    assert refusal.new is not None
    assert (refusal.old.verdict, refusal.new.verdict) == (Verdict.CONFORMS, Verdict.FAILS)
    assert refusal.because[0].endswith("数值 0.95 → 0.97")
    assert found["6.a"].new is None
    assert found["7.f.1"].new is not None
    assert found["7.f.1"].new.is_warning


def test_the_two_editions_give_the_example_the_same_verdicts(loaded: LoadedManifest) -> None:
    assert changed_findings(OLD, NEW, loaded.manifest, [], now=NOW) == ()
