"""CycloneDX 1.6 ML-BOM: the model, what it was made from, how it was measured, where the evidence is.

Format: https://cyclonedx.org/docs/1.6/json/ (ECMA-424).
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from openbeian import __version__
from openbeian.dossier.exports.licences import SPDX
from openbeian.dossier.exports.material import Material, as_bytes, exact, known, named_by_hash, stamp
from openbeian.evidence.records import StoredRecord
from openbeian.manifest.model import DataSource
from openbeian.rules import MetricValue, Verdict

Json = dict[str, JsonValue]

_MODEL, _SERVICE, _BASE, _FRAMEWORK = "model", "service", "base-model", "framework"


def draw(material: Material) -> bytes:
    """Return the bill of materials."""
    service = material.manifest.service
    document: Json = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{material.uuid('cyclonedx')}",
        "version": 1,
        "metadata": {
            "timestamp": stamp(material.now),
            "tools": {"components": [{"type": "application", "name": "openbeian", "version": __version__}]},
            "component": {
                "type": "application",
                "bom-ref": _SERVICE,
                "name": service.name,
                "version": service.version,
                "manufacturer": {"name": material.manifest.basic.org_name},
                "properties": _properties({"inputs_sha256": material.digest, "service_id": service.id}),
            },
        },
    }
    components = _components(material)
    document["components"] = [*components]
    made_from: list[JsonValue] = [part["bom-ref"] for part in components[1:]]
    document["dependencies"] = [
        {"ref": _SERVICE, "dependsOn": [_MODEL]},
        {"ref": _MODEL, "dependsOn": made_from},
    ]
    return as_bytes(document)


def _components(material: Material) -> list[Json]:
    """Return the model, then what it was made from."""
    parts = [_model(material)]
    technical = material.manifest.technical
    if base := technical.base_model:
        about = _properties({"filing_number": base.filing_number})
        parts.append(
            {
                "type": "machine-learning-model",
                "bom-ref": _BASE,
                "name": base.name,
                "version": base.version,
                **known(licenses=_licences(base.licence), properties=about),
            }
        )
    if technical.framework:
        parts.append({"type": "framework", "bom-ref": _FRAMEWORK, "name": material.said(technical.framework)})
    return [*parts, *(_data(material, source) for source in material.manifest.data_sources.sources)]


def _model(material: Material) -> Json:
    references: list[JsonValue] = [_reference(material, stored) for stored in material.usable]
    return {
        "type": "machine-learning-model",
        "bom-ref": _MODEL,
        "name": material.manifest.technical.model.name,
        "version": material.manifest.service.version,
        **known(hashes=_hashes(material.weights), externalReferences=references, modelCard=_card(material)),
    }


def _card(material: Material) -> Json:
    technical, modalities = material.manifest.technical, material.manifest.service.modalities
    figures: list[JsonValue] = [_performance(metric) for _, metric in material.performance]
    return known(
        modelParameters=known(
            task=material.said("、".join(material.manifest.basic.main_functions)),
            modelArchitecture=material.said(technical.architecture),
            datasets=[{"ref": _data_ref(source)} for source in material.manifest.data_sources.sources],
            inputs=[{"format": name} for name in _texts(material, *modalities.input)],
            outputs=[{"format": name} for name in _texts(material, *modalities.output)],
        ),
        quantitativeAnalysis=known(performanceMetrics=figures),
        considerations=_considerations(material),
        properties=_properties(
            {
                "origin": material.said(technical.origin),
                "parameters": str(technical.parameters),
                "training_process": material.said(technical.training_process),
                "data_processing": material.said(technical.data_processing),
                "findings_pack": f"{material.pack.id} {material.pack.edition}",
                **{f"findings_{verdict.name.lower()}": str(_count(material, verdict)) for verdict in Verdict},
            }
        ),
    )


def _performance(metric: MetricValue) -> Json:
    figure: Json = known(type=metric.name, value=exact(metric), slice=metric.subject)
    if metric.low is not None and metric.high is not None:
        figure["confidenceInterval"] = {"lowerBound": f"{metric.low:.15g}", "upperBound": f"{metric.high:.15g}"}
    return figure


def _considerations(material: Material) -> Json:
    scope = material.manifest.scope
    risks: list[JsonValue] = [
        {"name": material.said(f"{found.clause} {found.requirement}"), "mitigationStrategy": material.said(found.plan)}
        for found in material.findings
        if found.verdict is Verdict.FAILS and found.plan
    ]
    return known(
        users=_texts(material, *material.manifest.basic.target_users),
        useCases=_texts(material, scope.scenarios, scope.content, scope.occasions),
        technicalLimitations=_texts(material, scope.out_of_scope, scope.minors),
        ethicalConsiderations=risks,
    )


def _data(material: Material, source: DataSource) -> Json:
    """Return one data source: its identity and terms, never its content."""
    file = material.file_of(source)
    figures = {f"metric:{metric.name}": exact(metric) for metric in material.corpus_figures(source)}
    facts = {
        "kind": material.said(source.kind),
        "content_type": material.said(source.content_type),
        "language": material.said(source.language),
        "items": str(source.items),
        "storage_bytes": str(source.storage_bytes),
        "origin": material.said(source.origin),
        "collection": material.said(source.collection),
        "is_domestic": str(source.is_domestic).lower(),
    }
    name = material.said(source.name)
    contents: Json = {"properties": _properties(facts)}
    return {
        "type": "data",
        "bom-ref": _data_ref(source),
        "name": name,
        **known(
            hashes=_hashes(file.sha256 if file else None),
            licenses=_licences(material.said(source.licence)),
            data=[{"type": "dataset", "name": name, "contents": contents}],
            properties=_properties(figures),
        ),
    }


def _reference(material: Material, stored: StoredRecord) -> Json:
    return {
        "type": "evidence",
        "url": named_by_hash(stored.digest),
        "comment": material.said(f"{stored.record.kind.word}：{stored.record.title}"),
        "hashes": _hashes(stored.digest),
    }


def _data_ref(source: DataSource) -> str:
    return f"data:{source.id}"


def _hashes(sha256: str | None) -> list[JsonValue]:
    return [{"alg": "SHA-256", "content": sha256}] if sha256 else []


def _licences(words: str) -> list[JsonValue]:
    return [{"license": {"id" if words in SPDX else "name": words}}] if words else []


def _properties(facts: Mapping[str, str | None]) -> list[JsonValue]:
    return [{"name": f"openbeian:{name}", "value": value} for name, value in facts.items() if value]


def _texts(material: Material, *texts: str) -> list[JsonValue]:
    return [said for said in map(material.said, texts) if said]


def _count(material: Material, verdict: Verdict) -> int:
    return sum(found.verdict is verdict for found in material.findings)
