"""OSCAL 1.1.3 assessment results: what was looked at, what was found on every clause, which evidence shows it.

Format: https://pages.nist.gov/OSCAL-Reference/models/v1.1.3/assessment-results/. The rule pack takes the place of the
assessment plan; a clause is a control. A clause that does not apply has the implementation status `not-applicable`.
"""

from __future__ import annotations

import re

from pydantic import JsonValue

from openbeian import __version__
from openbeian.dossier.exports.material import Material, as_bytes, exact, known, named_by_hash, stamp
from openbeian.evidence.records import EvidenceKind, StoredRecord
from openbeian.rules import Finding, MetricValue, Verdict

Json = dict[str, JsonValue]

OSCAL_VERSION = "1.1.3"
NAMESPACE = "tag:openbeian,2026:oscal"
"""The namespace of the properties that are this project's own."""

_NOT_IN_TOKENS = re.compile(r"[^\w.-]")
_MEASURED = frozenset({EvidenceKind.TRAINING_RUN, EvidenceKind.CORPUS_SCAN, EvidenceKind.ASSESSMENT_RUN})
_STATES = {
    Verdict.CONFORMS: {"state": "satisfied", "reason": "pass"},
    Verdict.FAILS: {"state": "not-satisfied", "reason": "fail"},
    Verdict.NOT_APPLICABLE: {"state": "satisfied", "reason": "other"},
}


def draw(material: Material) -> bytes:
    """Return the assessment results."""
    service = material.manifest.service
    organization = material.uuid("oscal", "party")
    document: Json = {
        "uuid": material.uuid("oscal"),
        "metadata": {
            "title": f"{service.name} {service.version} 安全评估结果",
            "last-modified": stamp(material.now),
            "version": service.version,
            "oscal-version": OSCAL_VERSION,
            "props": _props(inputs_sha256=material.digest, tool=f"openbeian {__version__}"),
            "parties": [{"uuid": organization, "type": "organization", "name": material.manifest.basic.org_name}],
        },
        "import-ap": {"href": f"#{_plan(material)}"},
        "results": [_result(material)],
        "back-matter": {"resources": [_pack(material), *(_resource(material, one) for one in material.usable)]},
    }
    if objectives := [_objective(material, found) for found in material.findings]:
        document["local-definitions"] = {"objectives-and-methods": objectives}
    return as_bytes({"assessment-results": document})


def token(clause: str) -> str:
    """Return the id of a clause as a token, which begins with a letter and has no spaces."""
    return f"clause-{_NOT_IN_TOKENS.sub('_', clause)}"


def _result(material: Material) -> Json:
    """Return the one result: the moment of the oldest evidence starts it, the moment of the export ends it."""
    moments = [stored.record.made_at for stored in material.usable]
    controls: list[JsonValue] = [{"control-id": token(found.clause)} for found in material.findings]
    selected: Json = {"include-controls": controls} if controls else {"include-all": {}}
    risks = [_risk(material, found) for found in material.findings if found.verdict is Verdict.FAILS]
    return {
        "uuid": material.uuid("oscal", "result"),
        "title": _line(material, material.pack.title),
        "description": _prose(material, material.pack.caution or material.pack.title),
        "start": stamp(min([*moments, material.now])),
        "end": stamp(max([*moments, material.now])),
        "reviewed-controls": {"control-selections": [selected]},
        **known(
            observations=[_observation(material, stored) for stored in material.usable],
            risks=[*risks],
            findings=[_finding(material, found) for found in material.findings],
        ),
    }


def _finding(material: Material, found: Finding) -> Json:
    shown = {stored.digest for stored in material.usable}
    status: Json = {**known(**_STATES[found.verdict]), "remarks": _prose(material, found.reason)}
    target: Json = {"type": "objective-id", "target-id": _objective_id(found.clause), "status": status}
    if found.verdict is Verdict.NOT_APPLICABLE:
        target["implementation-status"] = {"state": "not-applicable"}
    failed = found.verdict is Verdict.FAILS
    observed: list[JsonValue] = [
        {"observation-uuid": _observed(material, digest)} for digest in dict.fromkeys(found.evidence) if digest in shown
    ]
    return {
        "uuid": material.uuid("oscal", "finding", found.clause),
        "title": _line(material, f"{found.clause} {found.topic}"),
        "description": _prose(material, found.requirement),
        "props": _props(
            clause=found.clause,
            level=found.level,
            verdict=found.verdict.name.lower().replace("_", "-"),
            to_check="true" if found.to_check else None,
            warning="true" if found.is_warning else None,
            missing="；".join(map(material.said, found.missing)),
        ),
        "target": target,
        **known(
            related_observations=observed,
            related_risks=[{"risk-uuid": _risked(material, found)}] if failed else [],
            remarks=_prose(material, f"整改计划：{found.plan}") if found.plan else None,
        ),
    }


def _risk(material: Material, found: Finding) -> Json:
    """Return what stays open on a clause, and the plan to close it where there is one."""
    plan: list[JsonValue] = []
    if found.plan:
        plan.append(
            {
                "uuid": material.uuid("oscal", "plan", found.clause),
                "lifecycle": "planned",
                "title": _line(material, f"{found.clause} 整改计划"),
                "description": _prose(material, found.plan),
            }
        )
    return {
        "uuid": _risked(material, found),
        "title": _line(material, f"{found.clause} {found.topic}"),
        "description": _prose(material, found.requirement),
        "statement": _prose(material, found.reason),
        "status": "open",
        **known(remediations=plan),
    }


def _observation(material: Material, stored: StoredRecord) -> Json:
    record = stored.record
    figures: list[JsonValue] = [_figure(material, metric) for metric in record.metrics]
    return {
        "uuid": _observed(material, stored.digest),
        "title": _line(material, record.title),
        "description": _prose(material, f"{record.kind.word}：{record.title}"),
        "props": _props(kind=record.kind.value, tool=material.said(record.tool), model_sha256=record.model_sha256),
        "methods": ["TEST" if record.kind in _MEASURED else "EXAMINE"],
        "relevant-evidence": [
            {
                "href": f"#{_kept(material, stored.digest)}",
                "description": f"签名的证据记录 sha256:{stored.digest}",
                **known(props=figures),
            }
        ],
        "collected": stamp(record.made_at),
    }


def _figure(material: Material, metric: MetricValue) -> Json:
    """Return a figure as a property; what it is about, its sample and its interval stand beside."""
    parts = (
        f"对象 {metric.subject}" if metric.subject else "",
        f"单位 {metric.unit}" if metric.unit else "",
        f"{metric.passed}/{metric.total}" if metric.total is not None and metric.passed is not None else "",
        f"95% {metric.low:.15g}–{metric.high:.15g}" if metric.low is not None and metric.high is not None else "",
    )
    remarks = material.said("；".join(part for part in parts if part))
    return {"name": _word(metric.name), "ns": NAMESPACE, "value": exact(metric), **known(remarks=remarks)}


def _objective(material: Material, found: Finding) -> JsonValue:
    return {
        "control-id": token(found.clause),
        "parts": [
            {
                "id": _objective_id(found.clause),
                "name": "assessment-objective",
                "prose": _prose(material, found.requirement),
            }
        ],
    }


def _pack(material: Material) -> JsonValue:
    """Return the rule pack as the plan that the assessment followed."""
    return {
        "uuid": _plan(material),
        "title": _line(material, material.pack.title),
        "props": _props(pack=material.pack.id, edition=material.pack.edition),
        "description": _prose(material, material.pack.caution or material.pack.title),
    }


def _resource(material: Material, stored: StoredRecord) -> JsonValue:
    return {
        "uuid": _kept(material, stored.digest),
        "title": _line(material, stored.record.title),
        "rlinks": [
            {
                "href": named_by_hash(stored.digest),
                "media-type": "application/vnd.in-toto+json",
                "hashes": [{"algorithm": "SHA-256", "value": stored.digest}],
            }
        ],
    }


def _props(**facts: str | None) -> list[JsonValue]:
    return [
        {"name": name.replace("_", "-"), "ns": NAMESPACE, "value": " ".join(value.split())}
        for name, value in facts.items()
        if value and value.strip()
    ]


def _word(name: str) -> str:
    """Return a name as a token."""
    word = _NOT_IN_TOKENS.sub("_", name)
    return word if word[:1].isalpha() or word[:1] == "_" else f"_{word}"


def _line(material: Material, text: str) -> str:
    return material.said(text) or "—"


def _prose(material: Material, text: str | None) -> str:
    return material.said(text or "") or "—"


def _objective_id(clause: str) -> str:
    return f"{token(clause)}_obj"


def _plan(material: Material) -> str:
    return material.uuid("oscal", "pack", material.pack.id)


def _observed(material: Material, digest: str) -> str:
    return material.uuid("oscal", "observation", digest)


def _kept(material: Material, digest: str) -> str:
    return material.uuid("oscal", "resource", digest)


def _risked(material: Material, found: Finding) -> str:
    return material.uuid("oscal", "risk", found.clause)
