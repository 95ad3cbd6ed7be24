"""SARIF: valid by the schema of OASIS, levels and kinds as the findings are, places and fingerprints that stay."""

import copy
import json
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbeian.manifest import LoadedManifest, Problem, digest, parse_manifest
from openbeian.rules import EvidenceView, Finding, Verdict, clause_pack, find, sarif_log
from openbeian.rules.sarif import Place
from tests.rules.conftest import WEIGHTS

PACK = clause_pack("gbt-45654-2025")
NOW = datetime(2026, 11, 24, tzinfo=UTC)
SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
EMPTY = sarif_log(PACK, [], [], Place("service.yaml", {}, {}), tool_version="0.1.0")
RULES = EMPTY["runs"][0]["tool"]["driver"]["rules"]
PROOF = EvidenceView(digest("proof"), "proof", "应急预案", ("7.i.4",))
PROBLEM = Problem(
    "required",
    "没有填写",
    "填写这一项",
    file="service.yaml",
    line=15,
    path="basic.uscc",
    label="信用代码",
    rule="S1.uscc",
)


def log_of(loaded: LoadedManifest, *views: EvidenceView, problems: tuple[Problem, ...] = (PROBLEM,)) -> dict[str, Any]:
    manifest = loaded.manifest
    place = Place("example/service.yaml", loaded.lines, {s.clause: i for i, s in enumerate(manifest.statements)})
    return sarif_log(PACK, find(PACK, manifest, views, now=NOW), problems, place, tool_version="0.1.0")


@cache
def validator() -> Any:
    from jsonschema import Draft4Validator, FormatChecker  # reads a grammar for two seconds

    return Draft4Validator(SCHEMA, format_checker=FormatChecker())


def errors(log: dict[str, Any]) -> list[str]:
    return [error.message for error in validator().iter_errors(log)]


def results(log: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {result["ruleId"]: result for result in log["runs"][0]["results"]}


def test_the_schema_is_that_of_sarif_and_right_in_itself() -> None:
    validator().check_schema(SCHEMA)
    assert SCHEMA["properties"]["version"]["enum"] == ["2.1.0"]


@pytest.mark.req("F1")
def test_findings_and_problems_are_valid_sarif(loaded: LoadedManifest) -> None:
    log = log_of(loaded, PROOF)
    assert errors(log) == []
    assert log["runs"][0]["tool"]["driver"]["rules"][: len(RULES)] == RULES
    assert len(log["runs"][0]["results"]) == 77
    assert errors(sarif_log(None, [], [], Place("service.yaml", {}, {}), tool_version="0.1.0", is_readable=False)) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("version",), "2.2.0"),
        (("runs", 0, "results", 0, "level"), "fatal"),
        (("runs", 0, "results", 0, "kind"), "不符合"),
        (("runs", 0, "results", 0, "message"), "words alone"),
        (("runs", 0, "tool"), {}),
        (("runs", 0, "results", 0, "ruleIndex"), -2),
        (("runs", 0, "surprise"), 1),
    ],
)
def test_a_log_of_another_shape_is_refused_by_the_schema(
    loaded: LoadedManifest, place: tuple[str | int, ...], value: object
) -> None:
    log: Any = copy.deepcopy(log_of(loaded))
    *parents, last = place
    node = log
    for key in parents:
        node = node[key]
    node[last] = value
    assert errors(log)


def test_kind_and_level_follow_the_verdict_and_whether_it_is_required(loaded: LoadedManifest) -> None:
    log = log_of(loaded, PROOF)
    found = {finding.clause: finding for finding in find(PACK, loaded.manifest, [PROOF], now=NOW)}
    expected = {
        clause: {
            "符合": ("pass", "none"),
            "不适用": ("notApplicable", "none"),
            "不符合": ("fail", "warning" if finding.is_warning else "error"),
        }[finding.verdict.value]
        for clause, finding in found.items()
    }
    assert {name: (row["kind"], row["level"]) for name, row in results(log).items() if name in found} == expected
    kinds = Counter(kind for kind, _ in expected.values())
    assert all(kinds[kind] for kind in ("pass", "notApplicable", "fail"))
    assert expected["8.1"] == ("fail", "warning")
    assert results(log)["7.i.4"]["properties"]["evidence"] == [PROOF.digest]


def test_rules_are_the_clauses_with_source_confidence_and_whether_to_check(loaded: LoadedManifest) -> None:
    run = log_of(loaded)["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [*(clause.id for clause in PACK.clauses), "manifest/required"]
    for clause, rule in zip(PACK.clauses, rules, strict=False):
        assert clause.requirement in rule["help"]["text"]
        assert all(PACK.sources[name] in rule["help"]["text"] for name in clause.source)
        assert ("待核对" in rule["help"]["text"]) is clause.to_check
        assert "helpUri" not in rule
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


def test_a_problem_stands_on_its_line_and_a_finding_on_its_statement_or_field(loaded: LoadedManifest) -> None:
    found = results(log_of(loaded))

    def line(rule: str) -> int:
        return found[rule]["locations"][0]["physicalLocation"]["region"]["startLine"]

    assert line("manifest/required") == 15
    assert found["manifest/required"]["properties"]["basis"] == "S1.uscc"
    first = loaded.manifest.statements[0].clause
    assert line(first) == loaded.lines["statements.0"]
    assert line("7.i.1") == loaded.lines["security.environments_isolated"]
    assert line("7.g.1") == loaded.lines["security.strikes.in_a_row"]
    assert line("9.1.b") == 1


def test_fingerprints_stay_when_lines_move_and_words_change_and_differ_between_results(loaded: LoadedManifest) -> None:
    def marks(log: dict[str, Any]) -> list[str]:
        return [result["partialFingerprints"]["openbeian/v1"] for result in log["runs"][0]["results"]]

    moved = parse_manifest("# 多一行\n" + loaded.source, "service.yaml")
    before, after = log_of(loaded), log_of(moved, PROOF)
    assert before != after
    assert marks(before) == marks(after)
    assert len(set(marks(before))) == 77


def test_a_plan_and_what_is_missing_are_told(manifest_with: Any, loaded: LoadedManifest) -> None:
    statement = {"clause": "7.i.3", "verdict": "不符合", "reason": "还没有审计", "by": "何示例", "plan": "年底前完成"}
    findings = find(PACK, manifest_with(statements=[statement]), [], now=NOW)
    log = sarif_log(PACK, findings, [], Place("service.yaml", loaded.lines, {"7.i.3": 0}), tool_version="0.1.0")
    row = results(log)["7.i.3"]
    assert row["properties"]["plan"] == "年底前完成"
    assert "整改计划：年底前完成" in row["message"]["text"]
    assert "缺：" in results(log)["9.4.b"]["message"]["text"]
    assert WEIGHTS not in json.dumps(log)
    assert errors(log) == []


WORDS = st.text(st.characters(codec="utf-8"), max_size=30)
FINDINGS = st.builds(
    Finding,
    clause=st.sampled_from([clause.id for clause in PACK.clauses]),
    topic=WORDS,
    requirement=WORDS,
    level=st.sampled_from(["shall", "should"]),
    verdict=st.sampled_from(Verdict),
    reason=WORDS,
    evidence=st.lists(st.just("ab" * 32), max_size=2).map(tuple),
    missing=st.lists(WORDS, max_size=2).map(tuple),
    plan=st.none() | WORDS,
    to_check=st.booleans(),
    is_warning=st.booleans(),
)
PROBLEMS = st.builds(
    Problem,
    code=st.from_regex(r"[a-z][a-z-]{0,20}", fullmatch=True),
    message=WORDS,
    remedy=WORDS,
    file=st.none() | WORDS,
    line=st.none() | st.integers(1, 10**6),
    path=st.none() | WORDS,
    label=st.none() | WORDS,
    rule=st.none() | WORDS,
)
PLACES = st.builds(
    Place,
    st.just("service.yaml"),
    st.dictionaries(WORDS, st.integers(1, 10**6), max_size=3),
    st.dictionaries(st.sampled_from([clause.id for clause in PACK.clauses]), st.integers(0, 200), max_size=3),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(FINDINGS, max_size=4), st.lists(PROBLEMS, max_size=4), PLACES, st.booleans())
def test_whatever_was_found_the_log_is_valid_and_tells_every_result_once(
    findings: list[Finding], problems: list[Problem], place: Place, is_readable: bool
) -> None:
    log = sarif_log(PACK, findings, problems, place, tool_version="0.1.0", is_readable=is_readable)
    told = json.loads(json.dumps(log, ensure_ascii=False))
    rules = told["runs"][0]["tool"]["driver"]["rules"]
    assert (
        rules[: len(RULES)] == RULES
    )  # which are valid, as another test says: to ask again takes nine tenths of the time
    del rules[1 : len(RULES)]
    assert errors(told) == []
    run = log["runs"][0]
    assert len(run["results"]) == len(findings) + len(problems)
    failed = [row for row in run["results"] if row["kind"] == "fail"]
    assert len(failed) == len(problems) + sum(row.verdict is Verdict.FAILS for row in findings)
    assert all((row["level"] == "none") is (row["kind"] != "fail") for row in run["results"])
