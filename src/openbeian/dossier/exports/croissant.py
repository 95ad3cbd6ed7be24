"""Croissant 1.0 data card: one data set per manifest, its files by hash, its sources as rows.

Format: https://docs.mlcommons.org/croissant/docs/croissant-spec.html (JSON-LD). The rows of the record set are the facts
filed on each source; the corpora themselves stay where they are.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import quote

from pydantic import JsonValue

from openbeian.dossier.exports.licences import distinct, page
from openbeian.dossier.exports.material import Material, as_bytes, known, stamp
from openbeian.evidence.records import Resource
from openbeian.manifest.model import DataSource

Json = dict[str, JsonValue]

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
CONTEXT: Json = {
    "@language": "zh",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context the specification recommends, with Chinese as the language of its texts."""

# The media type by the ending of a name; the registry of the machine is not asked, so that every machine says the same.
_MEDIA_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zip": "application/zip",
}
_ANY_BYTES = "application/octet-stream"
_ROWS = "sources"

# Field of the manifest, its type, what it says.
_FIELDS = (
    ("id", "sc:Text", "标识 identifier"),
    ("name", "sc:Text", "名称 name"),
    ("kind", "sc:Text", "类别 kind"),
    ("content_type", "sc:Text", "语料类型 content type"),
    ("language", "sc:Text", "语种 language"),
    ("items", "sc:Integer", "数量（条） items"),
    ("storage_bytes", "sc:Integer", "存储规模（字节） bytes"),
    ("origin", "sc:Text", "来源 origin"),
    ("licence", "sc:Text", "许可 licence"),
    ("collection", "sc:Text", "采集方式 collection"),
    ("is_domestic", "sc:Boolean", "境内采集 collected in mainland China"),
)


def draw(material: Material) -> bytes:
    """Return the data card."""
    service, sources = material.manifest.service, material.manifest.data_sources.sources
    files: list[JsonValue] = [
        _file(material, source, file) for source in sources if (file := material.file_of(source)) is not None
    ]
    card: Json = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "@id": f"urn:uuid:{material.uuid('croissant')}",
        "conformsTo": CONFORMS_TO,
        "name": f"{service.name} 训练数据",
        "description": _description(material),
        "version": service.version,
        "dateModified": stamp(material.now),
        "creator": {"@type": "Organization", "name": material.manifest.basic.org_name},
    }
    return as_bytes(
        card
        | known(
            license=[page(material.said(licence)) for licence in distinct(sources)],
            inLanguage=list(dict.fromkeys(material.said(source.language) for source in sources)),
            distribution=files,
            recordSet=[_rows(material)] if sources else [],
        )
    )


def _description(material: Material) -> str:
    filed = material.manifest.data_sources
    total = sum(source.items for source in filed.sources)
    parts = (
        f"{material.manifest.service.name}的训练数据：{len(filed.sources)} 个来源，共 {total} 条。",
        f"用户输入：{filed.user_input.authorisation}。" if filed.user_input.authorisation else "",
        f"个人信息：{filed.personal_information.basis}。" if filed.personal_information.basis else "",
        f"所依据的清单、结论与证据的摘要 sha256:{material.digest}。",
    )
    return material.said(" ".join(part for part in parts if part))


def _file(material: Material, source: DataSource, file: Resource) -> Json:
    """Return a file of the distribution: its name as a relative address, size in bytes, hash."""
    name = material.said(PurePosixPath(file.name).name)
    return {
        "@type": "cr:FileObject",
        "@id": f"file-{source.id}",
        "name": name,
        "description": material.said(source.name),
        "contentUrl": quote(name),
        "contentSize": f"{file.size} B",
        "encodingFormat": _MEDIA_TYPES.get(PurePosixPath(name).suffix.lower(), _ANY_BYTES),
        "sha256": file.sha256,
    }


def _rows(material: Material) -> Json:
    """Return the record set whose rows are the filed facts on each source."""
    fields: list[JsonValue] = [
        {"@type": "cr:Field", "@id": f"{_ROWS}/{name}", "name": name, "description": words, "dataType": kind}
        for name, kind, words in _FIELDS
    ]
    rows: list[JsonValue] = [
        {f"{_ROWS}/{name}": _told(material, getattr(source, name)) for name, _, _ in _FIELDS}
        for source in material.manifest.data_sources.sources
    ]
    return {
        "@type": "cr:RecordSet",
        "@id": _ROWS,
        "name": _ROWS,
        "description": "各数据来源的备案事实 filed facts on each source",
        "key": {"@id": f"{_ROWS}/id"},
        "field": fields,
        "data": rows,
    }


def _told(material: Material, value: JsonValue) -> JsonValue:
    return material.said(value) if isinstance(value, str) else value
