"""Attesting: what a manifest says is kept once, what it says no more is superseded, an end is carried along."""

import shutil
from datetime import UTC, date, datetime, timedelta

import pytest

from openbeian.evidence import EvidenceKind, Record, SigningKey, Store, attest
from openbeian.manifest import Manifest, load_manifest
from openbeian.rules import Verdict, clause_pack, find, risk_pack

KEY = SigningKey("test", bytes(range(32)))
NOW = datetime(2026, 11, 24, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
CLAUSE = "7.i.4"


@pytest.fixture
def place(tmp_path, example):
    """A folder with the example, a proof, and a store; attests statements given as rows."""
    shutil.copytree(example, tmp_path / "example")
    (tmp_path / "example" / "plan.txt").write_text("第一版", encoding="utf-8")
    base = load_manifest(example / "service.yaml").manifest.as_json()

    class Place:
        folder, store = tmp_path / "example", Store(tmp_path / "store")

        def attest(self, *rows, now=NOW):
            manifest = Manifest.model_validate({**base, "statements": [*rows]})
            return attest(manifest, self.folder, self.store, KEY, now=now)

    return Place()


def row(verdict="符合", clause=CLAUSE, **more):
    return {"clause": clause, "verdict": verdict, "reason": "有应急预案", "by": "何示例", **more}


def test_the_same_words_and_file_are_kept_once(place):
    first, again = place.attest(row(proof="plan.txt")), place.attest(row(proof="plan.txt"), now=LATER)
    assert [stored.digest for stored in first] == [stored.digest for stored in again]
    assert len(place.store.list()) == 1


def test_a_new_file_for_the_clause_supersedes_the_earlier_one_and_a_third_the_whole_chain(place):
    (first,) = place.attest(row(proof="plan.txt"))
    (place.folder / "plan.txt").write_text("第二版", encoding="utf-8")
    (second,) = place.attest(row(proof="plan.txt"), now=LATER)
    assert second.record.supersedes == (first.digest,)
    (place.folder / "plan.txt").write_text("第一版", encoding="utf-8")
    (third,) = place.attest(row(proof="plan.txt"), now=LATER + timedelta(days=1))
    assert set(third.record.supersedes) == {first.digest, second.digest}


@pytest.mark.parametrize(
    "changed", [row("不适用"), row("不符合", plan="年底前补"), row(), row(valid_until="2027-01-01")]
)
def test_another_statement_on_the_clause_supersedes_its_proof(place, changed):
    (first,) = place.attest(row(proof="plan.txt"))
    (second,) = place.attest(changed, now=LATER)
    assert second.record.supersedes == (first.digest,)
    (back,) = place.attest(row(proof="plan.txt"), now=LATER + timedelta(days=1))
    assert set(back.record.supersedes) == {first.digest, second.digest}


def test_other_clauses_and_other_tools_are_left_alone(place):
    other = Record(kind=EvidenceKind.PROOF, title="渗透测试", made_at=NOW, tool="test", clauses=(CLAUSE,))
    place.store.add(other, KEY)
    place.attest(row(proof="plan.txt"), row(clause="7.f.1"))
    (place.folder / "plan.txt").write_text("第二版", encoding="utf-8")
    changed, same = place.attest(row(proof="plan.txt"), row(clause="7.f.1"), now=LATER)
    assert len(changed.record.supersedes) == 1
    assert same.record.supersedes == ()
    assert len(place.store.list()) == 4


def test_two_proofs_of_one_clause_stand_side_by_side(place):
    (place.folder / "more.txt").write_text("演练记录", encoding="utf-8")
    made = place.attest(row(proof="plan.txt"), row(proof="more.txt"))
    again = place.attest(row(proof="plan.txt"), row(proof="more.txt"), now=LATER)
    assert [stored.record.supersedes for stored in made] == [(), ()]
    assert [stored.digest for stored in again] == [stored.digest for stored in made]


@pytest.mark.parametrize("day", [date(2027, 3, 1), date(1999, 12, 31), date(9999, 12, 31)])
def test_a_statements_last_day_ends_with_the_legal_day(place, day):
    (stored,) = place.attest(row(valid_until=day.isoformat()))
    assert stored.record.valid_until == datetime(day.year, day.month, day.day, 15, 59, 59, tzinfo=UTC)


@pytest.mark.req("F1")
@pytest.mark.parametrize(
    ("named", "verdict"), [(31, Verdict.CONFORMS), (30, Verdict.FAILS), (0, Verdict.FAILS)], ids=str
)
@pytest.mark.parametrize("by", ["code", "name_zh"])
def test_rules_of_annotation_cover_the_risks_that_their_text_names(place, named, verdict, by):
    lines = [f"{getattr(risk, by)}：标注规则" for risk in risk_pack().risks[:named]]
    (place.folder / "rules.md").write_text("\n".join(["# 规则 XA.1.a A.1.ab 9A.5.b", *lines]), encoding="utf-8")
    place.attest(row(clause="5.3.b.4", proof="rules.md"))
    manifest = load_manifest(place.folder / "service.yaml").manifest
    findings = find(clause_pack("gbt-45654-2025"), manifest, place.store.views(), now=NOW)
    found = next(finding for finding in findings if finding.clause == "5.3.b.4")
    assert (found.verdict, len(found.evidence)) == (verdict, 1)
    assert f"风险覆盖（标注规则）：{named} 类，要求等于 31 类（T26）" in found.reason


def test_a_proof_that_is_no_text_or_of_another_clause_gives_no_figure(place):
    (place.folder / "rules.pdf").write_bytes(b"%PDF-1.7 \xff\xfe A.1.a")
    (place.folder / "rules.md").write_text("A.1.a", encoding="utf-8")
    made = place.attest(row(clause="5.3.b.4", proof="rules.pdf"), row(proof="rules.md"))
    assert [stored.record.metrics for stored in made] == [(), ()]


@pytest.mark.req("F1")
def test_what_an_admitted_failure_tells_is_signed_along_and_its_proof_kept(place):
    told = {"measures": "已扫描依赖", "plan": "完成审计", "plan_by": "林示例", "plan_until": "2026-12-31"}
    equivalent = {"equivalent": "第三方渗透测试", "proof": "plan.txt"}
    planned, other = place.attest(row("不符合", **told), row("不符合", clause="7.i.3", **equivalent))
    assert told.items() <= planned.record.detail.items()
    assert (planned.record.clauses, other.record.clauses) == ((), ())
    assert other.record.detail["equivalent"] == "第三方渗透测试"
    assert other.record.view(other.digest).about == ("7.i.3",)
    assert place.store.blob(other.record.subjects[0].sha256).read_text(encoding="utf-8") == "第一版"
