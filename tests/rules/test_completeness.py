"""A check names everything that keeps a manifest from being filed, with line, label and the rule that asks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openbeian.manifest import LoadedManifest, Manifest, ManifestInvalid, Problem, parse_manifest
from openbeian.rules import check, check_form, completeness, explain, load_checked

With = Callable[..., Manifest]


def problems(manifest: Manifest) -> dict[str | None, Problem]:
    return {problem.path: problem for problem in check_form(manifest, {})}


@pytest.mark.req("F1")
def test_the_example_is_complete(loaded: LoadedManifest) -> None:
    assert check(loaded) == []
    assert all(filled == total > 0 for filled, total in completeness(loaded).values())
    assert len(completeness(loaded)) == 6


@pytest.mark.req("F1")
def test_an_empty_required_field_names_file_line_label_and_rule(loaded: LoadedManifest) -> None:
    source = loaded.source.replace("registered_address: 广东省广州市天河区示例路1号\n", 'registered_address: ""\n')
    (problem,) = check(parse_manifest(source))
    assert problem.line == loaded.lines["basic.registered_address"]
    assert problem.text() == (
        f"service.yaml:{problem.line} 基本信息·注册地址、办公地址（basic.registered_address）：没有填写。请填写。"
        "依据：备案表 S1.address（来源 LBC、LBP，待核对）；立项文档 F1。"
    )


@pytest.mark.req("F1")
def test_a_wrong_credit_code_names_the_form_field_that_asks_for_it(loaded: LoadedManifest, tmp_path: Path) -> None:
    path = tmp_path / "service.yaml"
    path.write_text(loaded.source.replace("91440101MA5EXAM0P0", "91440101MA5EXAM0P9"), encoding="utf-8")
    with pytest.raises(ManifestInvalid) as caught:
        load_checked(path)
    (problem,) = caught.value.problems
    assert problem.text() == (
        f"{path}:{loaded.lines['basic.uscc']} 基本信息·统一社会信用代码（basic.uscc）：校验位不对。"
        "请对照营业执照填写 18 位代码。依据：备案表 S1.uscc（来源 LBC，待核对）；立项文档 F1。"
    )


def test_explain_names_the_nearest_field_and_the_manifest_where_no_form_asks() -> None:
    rows = [
        Problem("x", "甲", path="data_sources.sources.0.items"),
        Problem("x", "乙", path="service.id"),
        Problem("x", "丙"),
        Problem("x", "丁", path="basic.usccx"),
    ]
    explained = explain(ManifestInvalid(rows)).problems
    assert explained[0].label == "数据来源·训练语料存储规模"
    assert [problem.label for problem in explained[1:]] == [None, None, None]
    assert all(problem.rule for problem in explained)


@pytest.mark.parametrize(
    ("values", "path", "said"),
    [
        ({"basic__org_nature": "合伙"}, "basic.org_nature", "“合伙”不在可选项中"),
        ({"basic__target_users": ["境内公众", "外星人"]}, "basic.target_users.1", "“外星人”不在可选项中"),
        ({"data_sources__sources__0__kind": "捡来的"}, "data_sources.sources.0.kind", "“捡来的”不在可选项中"),
        ({"scope__channels__0__kind": "信鸽"}, "scope.channels.0.kind", "“信鸽”不在可选项中"),
        ({"scope__channels": []}, "scope.channels", "没有填写"),
        ({"technical__training_compute__description": " "}, "technical.training_compute.description", "没有填写"),
        ({"security__data_security__backup": ""}, "security.data_security.backup", "没有填写"),
        ({"security__privacy__consent": ""}, "security.privacy.consent", "没有填写"),
        ({"basic__domain_detail": None}, "basic.domain_detail", "没有写是哪个领域"),
        ({"service__track": "registration"}, "technical.origin", "登记只适用于"),
        ({"technical__origin": "基于开源模型"}, "technical.base_model", "没有写基座模型"),
        ({"basic__target_users": ["含未成年人", "不含未成年人"]}, "basic.target_users", "同时写了"),
        ({"commitment__signatures__0__name": "吴示例"}, "commitment.signatures.0.name", "签字人是“吴示例”"),
    ],
)
@pytest.mark.req("F1")
def test_what_keeps_a_manifest_from_being_filed_is_named(
    manifest_with: With, values: dict[str, Any], path: str, said: str
) -> None:
    found = problems(manifest_with(**values))
    assert list(found) == [path]
    assert said in found[path].message
    assert found[path].label
    assert found[path].rule
    assert found[path].remedy


def test_a_called_model_needs_its_filing_number(manifest_with: With) -> None:
    base = {"name": "示例基座", "version": "1", "licence": "合同", "filing_number": None}
    changed = {"technical__origin": "调用已备案模型", "technical__base_model": base, "service__track": "registration"}
    assert [p.message for p in problems(manifest_with(**changed)).values()] == ["写明调用已备案模型，没有写它的备案号"]
    base["filing_number"] = "MoNi-Guangdong-ShiLi-202611240001"
    assert problems(manifest_with(**changed)) == {}


def test_one_empty_field_asked_for_twice_is_named_once(manifest_with: With) -> None:
    found = check_form(manifest_with(security__emergency=""), {})
    assert [problem.path for problem in found] == ["security.emergency"]


def test_statements_on_unknown_clauses_and_twice_on_one_are_named(loaded: LoadedManifest) -> None:
    source = loaded.source.replace("{clause: 6.a,", "{clause: 66.a,").replace("{clause: 7.b.3,", "{clause: 7.a.3,")
    found = check(parse_manifest(source))
    assert [(problem.code, problem.line) for problem in found] == [
        ("unknown-clause", loaded.lines["statements.5.clause"]),
        ("duplicate-statement", loaded.lines["statements.7.clause"]),
    ]


def test_completeness_counts_the_filled_fields_of_each_part(loaded: LoadedManifest) -> None:
    source = loaded.source.replace("input_control: 关键词库与个人信息识别；命中即拦截或替换", 'input_control: ""')
    before, after = completeness(loaded)["security"], completeness(parse_manifest(source))["security"]
    assert after == (before[0] - 1, before[1])
