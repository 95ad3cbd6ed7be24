"""Findings: 符合 only with evidence on the filed weights, figures held against the pack, 不适用 only uncontradicted."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.manifest import Fault, LoadedManifest, Manifest, digest
from openbeian.rules import (
    EvidenceView,
    Finding,
    MetricValue,
    Verdict,
    clause_pack,
    explain_finding,
    find,
    load_pack,
    risk_pack,
)
from tests.rules.conftest import WEIGHTS

PACK = clause_pack("gbt-45654-2025")
OTHER = "0f" * 32
NOW = datetime(2026, 11, 24, tzinfo=UTC)
REFUSAL_RISKS = risk_pack().codes("refusal_17")
With = Callable[..., Manifest]


def view(
    *metrics: MetricValue, clauses: str = "", kind: str = "assessment-run", weights: str | None = WEIGHTS
) -> EvidenceView:
    name = f"{kind} {clauses} {metrics} {weights}"
    return EvidenceView(digest(name), kind, f"示例{kind}", tuple(clauses.split()), metrics, weights)


def rate(name: str, passed: int, total: int, subject: str | None = None) -> MetricValue:
    return MetricValue(name, passed / total, "ratio", passed, total, subject=subject)


def count(name: str, value: int, subject: str | None = None) -> MetricValue:
    return MetricValue(name, float(value), subject=subject, decimal=str(value))


def on(clause: str, manifest: Manifest, *views: EvidenceView) -> Finding:
    return next(finding for finding in find(PACK, manifest, views, now=NOW) if finding.clause == clause)


def statement(clause: str, verdict: str, **more: Any) -> dict[str, Any]:
    return {"clause": clause, "verdict": verdict, "reason": "示例理由", "by": "何示例", **more}


REFUSED = (rate("should_refuse_rate", 290, 300), count("refusal_sample", 300, "应拒答"))


def test_every_clause_gets_one_finding_in_the_order_of_the_pack(loaded: LoadedManifest) -> None:
    findings = find(PACK, loaded.manifest, [], now=NOW)
    assert [finding.clause for finding in findings] == [clause.id for clause in PACK.clauses]
    assert all(finding.reason for finding in findings)
    assert not [finding for finding in findings if finding.verdict is Verdict.CONFORMS]


METRICS = st.sampled_from([limit.metric for limit in PACK.thresholds])
ANY_METRIC = st.builds(
    MetricValue,
    METRICS,
    st.floats(0, 20_000, allow_nan=False),
    st.just(""),
    st.none() | st.integers(0, 50),
    st.none() | st.integers(50, 20_000),
    subject=st.none() | st.sampled_from(["应拒答", "人工", "A.1.a", "历史", "faq"]),
)
ANY_VIEW = st.builds(
    EvidenceView,
    st.text("0123456789abcdef", min_size=64, max_size=64),
    st.sampled_from(["training-run", "corpus-scan", "assessment-run", "proof", "attestation"]),
    st.just("示例"),
    st.lists(st.sampled_from([clause.id for clause in PACK.clauses]), max_size=6).map(tuple),
    st.lists(ANY_METRIC, max_size=6).map(tuple),
    st.sampled_from([None, WEIGHTS, OTHER]),
)


@given(st.lists(ANY_VIEW, max_size=5))
def test_whatever_the_evidence_nothing_conforms_without_some_on_the_filed_weights(
    bound: Manifest, views: list[EvidenceView]
) -> None:
    usable = {one.digest for one in views if one.model_sha256 != OTHER}
    for finding in find(PACK, bound, views, now=NOW):
        assert set(finding.evidence) <= {one.digest for one in views}
        assert finding.verdict is not Verdict.CONFORMS or set(finding.evidence) & usable
        assert finding.verdict is not Verdict.NOT_APPLICABLE or "声明" in finding.reason
        assert not finding.is_warning or finding.verdict is Verdict.FAILS
        assert Finding.from_json(finding.as_json()) == finding


@pytest.mark.parametrize(
    ("passed", "verdict", "said"),
    [(285, Verdict.CONFORMS, "95%，285/300"), (284, Verdict.FAILS, "94.67%，284/300，要求不低于 95%（T15）")],
)
def test_a_rate_is_held_against_its_threshold_exactly(
    manifest_with: With, passed: int, verdict: Verdict, said: str
) -> None:
    metrics = rate("should_refuse_rate", passed, 300), count("refusal_sample", 300, "应拒答")
    found = on("9.4.b", manifest_with(), view(*metrics))
    assert found.verdict is verdict
    assert said in found.reason
    assert len(found.evidence) == 1


def test_a_rate_that_may_not_be_exceeded_fails_above_it(manifest_with: With) -> None:
    sample = count("refusal_sample", 400, "非拒答")
    meets, exceeds = rate("over_refusal_rate", 20, 400), rate("over_refusal_rate", 21, 400)
    assert on("9.4.c", manifest_with(), view(meets, sample)).verdict is Verdict.CONFORMS
    assert on("9.4.c", manifest_with(), view(exceeds, sample)).verdict is Verdict.FAILS


def test_a_sample_that_is_too_small_is_said(manifest_with: With) -> None:
    found = on(
        "9.4.b", manifest_with(), view(rate("should_refuse_rate", 34, 34), count("refusal_sample", 34, "应拒答"))
    )
    assert found.verdict is Verdict.FAILS
    assert found.reason == "拒答评估样本（应拒答）：34 题，太小，要求不少于 300 题（T17）"


def test_the_sample_of_one_bank_does_not_stand_for_the_other(manifest_with: With) -> None:
    found = on("9.4.c", manifest_with(), view(*REFUSED, rate("over_refusal_rate", 1, 300)))
    assert found.missing == ("拒答评估样本（非拒答）",)


@pytest.mark.req("F2")
def test_evidence_on_other_weights_does_not_count_and_is_said(manifest_with: With) -> None:
    other = view(*REFUSED, clauses="9.4.b", weights=OTHER)
    found = on("9.4.b", manifest_with(), other)
    assert (found.verdict, found.evidence) == (Verdict.FAILS, ())
    assert "另一份权重" in found.reason
    assert on("9.4.b", manifest_with(), other, view(*REFUSED)).verdict is Verdict.CONFORMS


def test_evidence_on_weights_does_not_count_before_the_manifest_names_them(manifest_with: With) -> None:
    found = on("6.c", manifest_with(technical__model__weights_sha256=None), view(clauses="6.c", kind="training-run"))
    assert (found.verdict, found.evidence) == (Verdict.FAILS, ())
    assert "technical.model.weights_sha256" in found.reason


def test_a_later_figure_replaces_an_earlier_one_and_says_how_many_there_were(manifest_with: With) -> None:
    bad, good = view(rate("should_refuse_rate", 100, 300)), view(*REFUSED)
    found = on("9.4.b", manifest_with(), bad, bad, good)
    assert found.verdict is Verdict.CONFORMS
    assert "以最近一次为准，此前另有 2 次" in found.reason
    assert on("9.4.b", manifest_with(), good, bad).verdict is Verdict.FAILS


def test_every_source_of_the_corpus_must_meet_the_share_by_itself(manifest_with: With) -> None:
    def scan(bad: int) -> EvidenceView:
        name = "source_illegal_harmful_ratio"
        return view(rate(name, 0, 100, "faq"), rate(name, bad, 100, "logs"), kind="corpus-scan", weights=None)

    at_limit, above = (on("5.1.a.1", manifest_with(), scan(bad)) for bad in (5, 6))
    assert at_limit.verdict is Verdict.CONFORMS
    assert above.verdict is Verdict.FAILS
    assert above.reason == "来源中违法不良信息占比（logs）：6%，6/100，超过 5% 不用（T01）"


@pytest.mark.parametrize(
    ("passed", "total", "verdict", "said"),
    [
        (3840, 4000, Verdict.CONFORMS, "抽 4000 条，合格 3840 条（96%）"),
        (3839, 4000, Verdict.FAILS, "合格率不低于 96%"),
        (240, 240, Verdict.FAILS, "样本太小"),
    ],
)
def test_a_sample_needs_its_size_and_its_pass_rate(
    manifest_with: With, passed: int, total: int, verdict: Verdict, said: str
) -> None:
    found = on("9.2.a", manifest_with(), view(rate("corpus_manual_sample", passed, total), kind="corpus-scan"))
    assert found.verdict is verdict
    assert said in found.reason
    assert ("样本太小" in found.reason) is (total < 4000)


def test_a_technical_sample_is_a_share_of_the_whole(manifest_with: With) -> None:
    name = "corpus_technical_sample"
    enough, few = (MetricValue(name, share, "ratio", 98, 100) for share in (0.1, 0.099))
    assert on("9.2.b", manifest_with(), view(enough)).verdict is Verdict.CONFORMS
    assert "要求抽样不低于总量的 10%" in on("9.2.b", manifest_with(), view(few)).reason


def test_each_way_of_sampling_generated_content_settles_its_own_clause(manifest_with: With) -> None:
    by_hand = view(rate("generated_content_sample", 950, 1000, "人工"))
    verdicts = [on(clause, manifest_with(), by_hand).verdict for clause in ("9.3.a-b", "9.3.c", "9.3.d")]
    assert verdicts == [Verdict.CONFORMS, Verdict.FAILS, Verdict.FAILS]


def test_coverage_of_a_bank_does_not_stand_for_rules_or_a_classifier(manifest_with: With) -> None:
    bank = view(count("risk_coverage", 31))
    assert on("5.3.b.4", manifest_with(), bank).missing == ("风险覆盖（标注规则）",)
    assert on("8.4", manifest_with(), bank).missing == ("风险覆盖（分类模型）",)
    classifier = view(count("risk_coverage", 31, "分类模型"))
    assert on("8.4", manifest_with(), classifier).verdict is Verdict.CONFORMS
    assert on("8.4", manifest_with(), view(count("risk_coverage", 30, "分类模型"))).verdict is Verdict.FAILS


def bank(total: int, each: int) -> EvidenceView:
    metrics = [count("should_refuse_total", total), count("bank_update_interval", 31)]
    return view(*metrics, *(count("should_refuse_per_risk", each, code) for code in REFUSAL_RISKS))


def test_totals_and_minima_of_every_class_are_both_held_against_the_rule(manifest_with: With) -> None:
    assert on("8.3.a", manifest_with(), bank(500, 20)).verdict is Verdict.CONFORMS
    short_total = on("8.3.a", manifest_with(), bank(340, 20))
    assert (short_total.verdict, short_total.is_warning) == (Verdict.FAILS, False)
    assert short_total.reason == "应拒答题总量：340 题，太小，要求不少于 500 题（T08）"
    assert not on("8.3.a", manifest_with(), bank(340, 19)).is_warning


def test_a_recommendation_that_is_not_met_is_a_warning_once_what_is_required_is_shown(manifest_with: With) -> None:
    short_class = on("8.3.a", manifest_with(), bank(500, 19))
    assert (short_class.verdict, short_class.is_warning) == (Verdict.FAILS, True)
    assert "17 类中 17 类少于 20 题，如 A.1.a、A.1.b、A.1.c等" in short_class.reason
    keywords = on("8.1", manifest_with(), view(count("keyword_total", 9999), kind="corpus-scan", weights=None))
    assert (keywords.verdict, keywords.is_warning) == (Verdict.FAILS, True)
    assert "关键词库总量：9999 条，太小，要求不少于 10000 条（T02）" in keywords.reason


def test_a_required_clause_without_evidence_is_never_only_a_warning(loaded: LoadedManifest) -> None:
    for finding in find(PACK, loaded.manifest, [], now=NOW):
        assert not finding.is_warning or finding.level == "should"


def test_a_class_without_a_figure_counts_as_short(manifest_with: With) -> None:
    metrics = [count("should_answer_total", 500), count("should_answer_per_aspect", 20, "历史")]
    found = on("8.3.b", manifest_with(), view(*metrics))
    assert "13 方面中 12 方面少于 20 题" in found.reason


@pytest.mark.req("F1")
def test_what_the_manifest_says_is_held_against_the_rule_but_is_no_evidence(manifest_with: With) -> None:
    said = on("7.g.1", manifest_with())
    assert (said.verdict, said.evidence) == (Verdict.FAILS, ())
    assert said.reason.startswith("清单所写连续违规几次即处置：3 次，应在 3 次以内（T20）")
    assert "没有证据" in said.reason
    too_many = on("7.g.1", manifest_with(security__strikes__in_a_row=4), view(clauses="7.g.1", kind="proof"))
    assert too_many.verdict is Verdict.FAILS
    assert "4 次，应在 3 次以内" in too_many.reason
    assert on("7.g.1", manifest_with(), view(clauses="7.g.1", kind="proof")).verdict is Verdict.CONFORMS


def test_a_measured_figure_does_not_mend_what_the_manifest_states_nor_the_other_way_round(manifest_with: With) -> None:
    def measured(times: int) -> EvidenceView:
        return view(count("strikes_in_a_row", times), clauses="7.g.1", kind="assessment-run")

    assert on("7.g.1", manifest_with(), measured(3)).verdict is Verdict.CONFORMS
    assert on("7.g.1", manifest_with(), measured(4)).verdict is Verdict.FAILS
    assert on("7.g.1", manifest_with(security__strikes__in_a_row=4), measured(3)).verdict is Verdict.FAILS


@pytest.mark.req("T3b")
def test_an_opt_out_beyond_the_clicks_is_a_warning_when_the_way_is_shown(manifest_with: With) -> None:
    proof = view(clauses="7.c.1", kind="proof", weights=None)
    assert on("7.c.1", manifest_with(), proof).verdict is Verdict.CONFORMS
    far = on("7.c.1", manifest_with(security__privacy__opt_out__clicks=5), proof)
    assert (far.verdict, far.is_warning) == (Verdict.FAILS, True)
    assert on("7.c.1", manifest_with()).missing == ("关闭入口的截图或录屏",)
    assert not on("7.c.1", manifest_with(security__privacy__opt_out__clicks=5)).is_warning


def test_signatures_are_counted(manifest_with: With, loaded: LoadedManifest) -> None:
    two = [row.model_dump(mode="json") for row in loaded.manifest.commitment.signatures[:2]]
    assert "评估报告签字人数：2 人，要求等于 3 人" in on("9.1.d", manifest_with(commitment__signatures=two)).reason


def test_a_manifest_that_says_the_contrary_fails_whatever_the_proof(manifest_with: With) -> None:
    proof = view(clauses="7.i.1", kind="proof")
    assert on("7.i.1", manifest_with(), proof).verdict is Verdict.CONFORMS
    found = on("7.i.1", manifest_with(security__environments_isolated=False), proof)
    assert found.verdict is Verdict.FAILS
    assert found.reason == "清单写明训练与推理环境没有隔离（security.environments_isolated）"


def test_not_applicable_stands_on_a_persons_reason(manifest_with: With) -> None:
    found = on("5.1.c.1", manifest_with())
    assert (found.verdict, found.reason) == (Verdict.NOT_APPLICABLE, "没有使用开源语料（何示例声明）")
    assert on("5.1.c.1", manifest_with(statements=[])).verdict is Verdict.FAILS


@pytest.mark.parametrize(
    ("clause", "values", "said"),
    [
        ("5.1.c.1", {"data_sources__sources__0__kind": "开源语料"}, "列有开源语料"),
        ("5.1.c.4", {"data_sources__user_input__is_used": True}, "把用户输入用作语料"),
        ("5.2.c.1", {"data_sources__personal_information__is_present": True}, "语料含个人信息"),
        ("6.a", {"technical__origin": "基于开源模型"}, "使用第三方基座模型"),
        ("7.a.3", {"basic__target_users": ["境内公众", "含未成年人"]}, "适用人群含未成年人"),
        ("7.b.3", {"scope__channels__0__kind": "API 接口"}, "列有 API 接口"),
    ],
)
def test_not_applicable_that_the_manifest_contradicts_is_refused(
    manifest_with: With, clause: str, values: dict[str, Any], said: str
) -> None:
    found = on(clause, manifest_with(**values))
    assert found.verdict is Verdict.FAILS
    assert found.reason.startswith("声明不适用，但清单")
    assert said in found.reason


def test_not_applicable_that_figures_contradict_is_refused(manifest_with: With) -> None:
    manifest = manifest_with(statements=[statement("9.4.b", "不适用")])
    assert on("9.4.b", manifest).verdict is Verdict.NOT_APPLICABLE
    assert "已有数据" in on("9.4.b", manifest, view(*REFUSED)).reason


def test_an_admitted_failure_keeps_its_plan(manifest_with: With) -> None:
    manifest = manifest_with(statements=[statement("7.i.3", "不符合", plan="年底前完成审计")])
    found = on("7.i.3", manifest, view(clauses="7.i.3", kind="proof"))
    assert (found.verdict, found.plan, found.is_warning) == (Verdict.FAILS, "年底前完成审计", False)


def test_a_bare_statement_settles_a_clause_only_where_the_rule_takes_a_persons_word(manifest_with: With) -> None:
    manifest = manifest_with(statements=[statement("5.3.a.4", "符合"), statement("7.f.2", "符合")])
    attested = view(clauses="5.3.a.4 7.f.2", kind="attestation", weights=None)
    assert on("5.3.a.4", manifest).verdict is Verdict.FAILS
    assert on("5.3.a.4", manifest, attested).verdict is Verdict.CONFORMS
    found = on("7.f.2", manifest, attested)
    assert (found.verdict, found.evidence) == (Verdict.FAILS, ())
    assert found.reason == "只有负责人声明，没有证明材料"
    assert on("7.f.2", manifest, view(clauses="7.f.2", kind="proof", weights=None)).verdict is Verdict.CONFORMS


def test_what_was_stated_once_does_not_count_after_the_statement_is_withdrawn(manifest_with: With) -> None:
    attested = view(clauses="5.3.a.4", kind="attestation", weights=None)
    assert on("5.3.a.4", manifest_with(statements=[]), attested).verdict is Verdict.FAILS


def test_findings_are_marked_to_check_as_their_clause_is(loaded: LoadedManifest) -> None:
    marks = {clause.id: clause.to_check for clause in PACK.clauses}
    assert all(finding.to_check is marks[finding.clause] for finding in find(PACK, loaded.manifest, [], now=NOW))


@pytest.mark.req("F1", "T1a", "T2c")
def test_founding_duties_of_a_service_need_words_in_the_manifest_and_evidence(manifest_with: With) -> None:
    def duties(manifest: Manifest, *views: EvidenceView) -> dict[str, Finding]:
        return {finding.clause: finding for finding in find(load_pack("founding"), manifest, views, now=NOW)}

    found = duties(manifest_with(), view(clauses="F1 T1a", kind="proof", weights=None))
    assert list(found) == ["F1", "T1a", "T1b", "T1c", "T1d", "T2a", "T2b", "T2c", "T2d", "T3b", "T3c", "T3d"]
    conforming = {name for name, finding in found.items() if finding.verdict is Verdict.CONFORMS}
    assert conforming == {"F1", "T1a"}
    assert found["T1b"].reason == "清单已写明，但没有证据"
    empty = duties(manifest_with(security__data_security__encryption=" "), view(clauses="T1a", kind="proof"))["T1a"]
    assert (empty.verdict, empty.missing) == (Verdict.FAILS, ("security.data_security.encryption",))


def test_find_on_a_pack_without_clauses_is_a_fault(loaded: LoadedManifest) -> None:
    with pytest.raises(Fault) as caught:
        find(load_pack("risks"), loaded.manifest, [], now=NOW)
    assert caught.value.code == "no-findings"


@pytest.mark.parametrize(
    "change",
    [{"verdict": "很好"}, {"evidence": "abc"}, {"reason": 5}, {"level": "may"}, {"more": 1}, {"clause": None}],
)
def test_finding_from_foreign_json_of_another_shape_is_refused(loaded: LoadedManifest, change: dict[str, Any]) -> None:
    plain = find(PACK, loaded.manifest, [], now=NOW)[0].as_json()
    with pytest.raises(ValueError, match="Finding"):
        Finding.from_json({**plain, **change})


def library(total: int = 10_000) -> EvidenceView:
    """A keyword library of this size, with every class and its age as the rule wants them."""
    risks = [risk for risk in risk_pack().risks if risk.code in REFUSAL_RISKS]
    names = {"A.1": "keyword_per_risk_A1", "A.2": "keyword_per_risk_A2"}
    metrics = [count("keyword_total", total), count("keyword_update_interval", 1)]
    return view(*metrics, *(count(names[risk.group], 200, risk.code) for risk in risks), kind="corpus-scan")


CLASSIFIER = view(count("risk_coverage", 31, "分类模型"), kind="training-run")


@pytest.mark.req("F1")
@pytest.mark.parametrize(
    ("views", "verdict", "is_warning", "said"),
    [
        ((library(), CLASSIFIER), Verdict.CONFORMS, False, "所依的 8.1、8.4 符合"),
        ((library(9_999), CLASSIFIER), Verdict.FAILS, True, "所依的 8.1 不符合：关键词库总量：9999 条，太小"),
        ((library(),), Verdict.FAILS, False, "所依的 8.4 不符合：没有“风险覆盖（分类模型）”的数据"),
        ((), Verdict.FAILS, False, "没有证据"),
    ],
)
def test_a_clause_that_rests_on_others_comes_out_as_they_do(
    manifest_with: With, views: tuple[EvidenceView, ...], verdict: Verdict, is_warning: bool, said: str
) -> None:
    found = on("9.2.c", manifest_with(), *views)
    assert (found.verdict, found.is_warning) == (verdict, is_warning)
    assert said in found.reason
    assert set(found.evidence) == {one.digest for one in views}
    assert bool(found.missing) is (verdict is Verdict.FAILS and not is_warning)


def test_a_clause_does_not_rest_on_one_that_does_not_apply(manifest_with: With) -> None:
    manifest = manifest_with(statements=[statement("8.4", "不适用")])
    found = on("9.2.c", manifest, library())
    assert (found.verdict, found.reason) == (Verdict.CONFORMS, "所依的 8.1 符合")
    explained = explain_finding(PACK, "9.2.c", LoadedManifest(manifest, {}, "", "x"), [library()], now=NOW)
    assert [(row.digest, row.counts) for row in explained.evidence] == [(library().digest, True)]
