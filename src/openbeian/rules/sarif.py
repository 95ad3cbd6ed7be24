"""Findings and manifest problems as SARIF 2.1.0 (OASIS), so that a CI job can gate a release of a model by them.

Clauses are rules; a finding is a result. 不符合 is a failure, an error for 应 and a warning for 宜; 符合 and 不适用 are
results of those kinds. What is wrong in the manifest stands on its line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openbeian.manifest import Problem, digest
from openbeian.rules.shapes import Clause, ClausePack
from openbeian.rules.verdicts import Finding, Verdict

VERSION = "2.1.0"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "openbeian/v1"
KINDS = {Verdict.CONFORMS: "pass", Verdict.FAILS: "fail", Verdict.NOT_APPLICABLE: "notApplicable"}
LEVELS = {"shall": "error", "should": "warning"}
LEVEL_WORDS = {"shall": "应", "should": "宜"}
MANIFEST_RULES = "manifest/"


@dataclass(frozen=True, slots=True)
class Place:
    """The manifest a log speaks of: its URI as the log shall name it, and the line of every dotted field."""

    uri: str
    lines: Mapping[str, int]
    statements: Mapping[str, int]
    """For a clause that the manifest states something on, which statement, counted from 0."""


def sarif_log(
    pack: ClausePack | None,
    findings: Sequence[Finding],
    problems: Sequence[Problem],
    place: Place,
    *,
    tool_version: str,
    is_readable: bool = True,
) -> dict[str, Any]:
    """Return a SARIF log with one run. `is_readable` is false when the manifest could not be read at all.

    Fingerprints stay the same while edition, clause and file stay; the words and figures of a finding may change.
    """
    clauses = [] if pack is None else list(pack.clauses)
    rules = [*(_rule(pack, clause) for clause in clauses if pack is not None), *_problem_rules(problems)]
    places = {rule["id"]: index for index, rule in enumerate(rules)}
    results = [*(_problem(problem, place) for problem in problems), *_results(pack, findings, place)]
    driver = {"name": "OpenBeian", "version": tool_version, "semanticVersion": tool_version, "rules": rules}
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "language": "zh-CN",
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": is_readable}],
        "results": [{**result, "ruleIndex": places[result["ruleId"]]} for result in results],
    }
    if pack is not None:
        run["properties"] = {"edition": pack.id, "title": pack.title}
    return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}


def _rule(pack: ClausePack, clause: Clause) -> dict[str, Any]:
    marks = "【待核对】" if clause.to_check else ""
    sources = "；".join(pack.sources.get(name, name) for name in clause.source)
    words = f"{LEVEL_WORDS[clause.level]}：{clause.requirement}{marks}\n来源：{sources}。可信度：{clause.confidence}。"
    return {
        "id": clause.id,
        "shortDescription": {"text": f"{clause.id} {clause.topic}"},
        "fullDescription": {"text": clause.requirement},
        "help": {"text": words},
        "defaultConfiguration": {"level": LEVELS[clause.level]},
        "properties": {
            "level": clause.level,
            "check": list(clause.check),
            "confidence": clause.confidence,
            "toCheck": clause.to_check,
        },
    }


def _problem_rules(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Return one rule for each kind of problem of a manifest."""
    codes = dict.fromkeys(problem.code for problem in problems)
    return [
        {
            "id": MANIFEST_RULES + code,
            "shortDescription": {"text": f"服务清单：{code}"},
            "help": {"text": "服务清单要能读，备案表要填的都要填，填的要合规定。"},
            "defaultConfiguration": {"level": "error"},
        }
        for code in codes
    ]


def _problem(problem: Problem, place: Place) -> dict[str, Any]:
    rule = MANIFEST_RULES + problem.code
    # Without the line: a problem stays the same one when text above it moves it.
    mark = digest([rule, place.uri, problem.path or "", problem.message])
    # The words without place: SARIF says the place by itself.
    named = Problem(problem.code, problem.message, problem.remedy, label=problem.label, rule=problem.rule)
    result = _result(rule, "fail", "error", named.text(), mark, _location(place, problem.line, problem.path))
    return result if problem.rule is None else {**result, "properties": {"basis": problem.rule}}


def _results(pack: ClausePack | None, findings: Sequence[Finding], place: Place) -> list[dict[str, Any]]:
    return [] if pack is None else [_finding(pack, finding, place) for finding in findings]


def _finding(pack: ClausePack, finding: Finding, place: Place) -> dict[str, Any]:
    kind = KINDS[finding.verdict]
    # SARIF: a result that is not a failure has no level.
    level = "none" if kind != "fail" else "warning" if finding.is_warning else "error"
    path = _path(pack, finding, place)
    mark = digest([pack.id, finding.clause, place.uri])
    result = _result(finding.clause, kind, level, _words(finding), mark, _location(place, None, path))
    properties = {
        "verdict": finding.verdict.value,
        "evidence": list(finding.evidence),
        "missing": list(finding.missing),
        "toCheck": finding.to_check,
    }
    return {**result, "properties": properties if finding.plan is None else {**properties, "plan": finding.plan}}


def _words(finding: Finding) -> str:
    missing = f"缺：{'、'.join(finding.missing)}。" if finding.missing else ""
    plan = f"整改计划：{finding.plan.rstrip('。')}。" if finding.plan else ""
    return f"{finding.verdict.value}：{finding.reason.rstrip('。')}。{missing}{plan}" + (
        "［待核对］" if finding.to_check else ""
    )


def _path(pack: ClausePack, finding: Finding, place: Place) -> str | None:
    """Return the field of the manifest that a finding is about: the statement, else what the clause asks of it."""
    if finding.clause in place.statements:
        return f"statements.{place.statements[finding.clause]}"
    clause = next(clause for clause in pack.clauses if clause.id == finding.clause)
    limits = [pack.threshold(limit).manifest for limit in clause.thresholds]
    asked = [clause.manifest_rule.path if clause.manifest_rule else None, *limits]
    return next((path.split("[]")[0] for path in asked if path), None)


def _location(place: Place, line: int | None, path: str | None) -> dict[str, Any]:
    """Return a place in the manifest; one without a line stands on the first, which readers of SARIF expect to get."""
    known = line or place.lines.get(path or "") or 1
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": place.uri}, "region": {"startLine": known}}
    }
    if path:
        location["logicalLocations"] = [{"fullyQualifiedName": path, "kind": "member"}]
    return location


def _result(rule: str, kind: str, level: str, words: str, mark: str, location: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ruleId": rule,
        "kind": kind,
        "level": level,
        "message": {"text": words},
        "locations": [dict(location)],
        "partialFingerprints": {FINGERPRINT: mark},
    }
