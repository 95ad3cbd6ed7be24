"""Hugging Face model card: a README with a YAML front matter whose `model-index` carries the measured figures.

Format: https://huggingface.co/docs/hub/model-cards. Sections are headed in Chinese, the English word beside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from io import StringIO

from pydantic import JsonValue
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from openbeian.dossier import figures
from openbeian.dossier.exports.material import Material, known, named_by_hash, stamp
from openbeian.evidence.records import StoredRecord
from openbeian.rules import Finding, MetricValue, Verdict

Json = dict[str, JsonValue]

# What the form calls a function, and what the Hub calls the task.
_TASKS = {
    "文字生成": "text-generation",
    "人机对话": "text-generation",
    "代码生成或优化": "text-generation",
    "图片生成": "text-to-image",
    "声音合成": "text-to-speech",
    "视频合成": "text-to-video",
}
_OTHER_TASK = "other"
_LANGUAGES = {"中文": "zh", "汉语": "zh", "英文": "en", "英语": "en"}
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_MARKS = re.compile(r"([\\`*_\[\]<>|#~$])")
_ONE_LINE = 10**9


def draw(material: Material) -> bytes:
    """Return the card."""
    title = f"# {_plain(material, material.manifest.technical.model.name)}"
    parts = (f"---\n{_front(material)}---", title, *_sections(material))
    return ("\n\n".join(parts) + "\n").encode()


def _front(material: Material) -> str:
    """Return the YAML block; every text is quoted, so that every reader of YAML reads a text."""
    task = next((_TASKS[name] for name in material.manifest.basic.main_functions if name in _TASKS), None)
    base = material.manifest.technical.base_model
    languages = [_LANGUAGES.get(source.language) for source in material.manifest.data_sources.sources]
    front = known(
        language=list(dict.fromkeys(language for language in languages if language)),
        pipeline_tag=task,
        base_model=base.name if base and _HUB_NAME.fullmatch(base.name) else None,
        tags=["openbeian", material.pack.id],
        model_index=_index(material, task or _OTHER_TASK),
    )
    # `known` writes hyphens, as most formats do; these two keys of the Hub have underscores.
    named = {{"pipeline-tag": "pipeline_tag", "base-model": "base_model"}.get(key, key): front[key] for key in front}
    text = StringIO()
    writer = YAML()
    writer.width = _ONE_LINE
    writer.allow_unicode = True
    writer.dump(_quoted(named), text)
    return text.getvalue()


def _index(material: Material, task: str) -> list[JsonValue]:
    """Return one result for every run that a figure comes from."""
    runs: dict[str, tuple[StoredRecord, list[MetricValue]]] = {}
    for stored, metric in material.performance:
        runs.setdefault(stored.digest, (stored, []))[1].append(metric)
    if not runs:
        return []
    results: list[JsonValue] = [_result(material, stored, metrics, task) for stored, metrics in runs.values()]
    return [{"name": material.manifest.technical.model.name, "results": results}]


def _result(material: Material, stored: StoredRecord, metrics: Sequence[MetricValue], task: str) -> Json:
    read = stored.record.inputs[0] if len(stored.record.inputs) == 1 else None
    name = material.said(read.name if read else stored.record.title)
    return {
        "task": {"type": task},
        "dataset": {"type": stored.record.kind.value, "name": name, **known(revision=read.sha256 if read else None)},
        "metrics": [_metric(metric) for metric in metrics],
        "source": {"name": material.said(stored.record.title), "url": named_by_hash(stored.digest)},
    }


def _metric(metric: MetricValue) -> Json:
    """Return a figure with its sample and its 95 % interval."""
    interval: list[JsonValue] = [] if metric.low is None or metric.high is None else [metric.low, metric.high]
    args = known(
        subject=metric.subject, unit=metric.unit, passed=metric.passed, total=metric.total, interval_95=interval
    )
    return {"type": metric.name, "value": metric.value, "name": figures.label(metric), **known(args=args)}


def _quoted(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _quoted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_quoted(item) for item in value]
    return DoubleQuotedScalarString(value) if isinstance(value, str) else value


def _sections(material: Material) -> Iterable[str]:
    manifest = material.manifest
    technical, scope, security = manifest.technical, manifest.scope, manifest.security
    told = (
        ("模型", "Model details", _facts(material, _identity(material))),
        (
            "用途",
            "Intended use",
            _facts(
                material,
                {
                    "功能": "、".join(manifest.basic.main_functions),
                    "使用者": "、".join(manifest.basic.target_users),
                    "场景": scope.scenarios,
                    "内容": scope.content,
                    "场合": scope.occasions,
                },
            ),
        ),
        (
            "不适用范围",
            "Out-of-scope use",
            _facts(material, {"领域外问题": scope.out_of_scope, "未成年人": scope.minors}),
        ),
        ("训练数据", "Training data", _sources(material)),
        (
            "训练过程",
            "Training procedure",
            _facts(
                material,
                {
                    "数据处理": technical.data_processing,
                    "训练": technical.training_process,
                    "算力": technical.training_compute.description,
                },
            ),
        ),
        ("评测结果", "Evaluation", _figures(material)),
        ("安全评估结论", "Safety assessment", _findings(material)),
        (
            "安全措施",
            "Safety measures",
            _facts(
                material,
                {
                    "输入": security.input_control,
                    "输出": security.output_control,
                    "标识": security.labelling.text_prefix,
                    "监看": security.monitoring,
                    "更新与回滚": security.update_rollback,
                },
            ),
        ),
        ("证据", "Evidence", _evidence(material)),
    )
    return (f"## {chinese} {english}\n\n{body}" for chinese, english, body in told if body)


def _identity(material: Material) -> dict[str, str]:
    service, technical = material.manifest.service, material.manifest.technical
    base = technical.base_model
    return {
        "服务": f"{service.name} {service.version}",
        "提供者": material.manifest.basic.org_name,
        "来源": technical.origin,
        "基座模型": f"{base.name} {base.version}，许可 {base.licence}" if base else "",
        "基座备案号": (base.filing_number or "") if base else "",
        "架构": technical.architecture,
        "参数量": str(technical.parameters),
        "框架": technical.framework,
        "权重 SHA-256": material.weights or "",
        "出具时间": stamp(material.now),
        "输入摘要": f"sha256:{material.digest}",
    }


def _facts(material: Material, facts: dict[str, str]) -> str:
    return "\n".join(f"- **{name}**：{_plain(material, text)}" for name, text in facts.items() if text.strip())


def _sources(material: Material) -> str:
    rows = []
    for source in material.manifest.data_sources.sources:
        file = material.file_of(source)
        told = (source.name, source.kind, source.content_type, str(source.items), source.origin, source.licence)
        rows.append((*told, file.sha256 if file else ""))
    return _table(material, ("名称", "类别", "类型", "条数", "来源", "许可", "SHA-256"), rows)


def _figures(material: Material) -> str:
    rows = [
        (
            figures.label(metric),
            metric.subject or "",
            figures.value(metric),
            figures.interval(metric),
            figures.sample(metric),
            stored.digest[:12],
        )
        for stored, metric in material.performance
    ]
    return _table(material, ("指标", "对象", "数值", "95% 区间", "样本", "证据"), rows)


def _findings(material: Material) -> str:
    """Return how many clauses came out how, then every clause that is not met, with its plan."""
    if not material.findings:
        return ""
    counts = "，".join(
        f"{verdict.value} {sum(found.verdict is verdict for found in material.findings)} 条" for verdict in Verdict
    )
    open_ones: list[Finding] = [found for found in material.findings if found.verdict is Verdict.FAILS]
    rows = [(found.clause, found.requirement, found.reason, found.plan or "") for found in open_ones]
    lines = [f"依据 {_plain(material, material.pack.title)}：{counts}。"]
    if material.pack.caution:
        lines.append(_plain(material, material.pack.caution))
    if rows:
        lines.append(_table(material, ("条款", "要求", "不符合的原因", "整改计划"), rows))
    return "\n\n".join(lines)


def _evidence(material: Material) -> str:
    rows = [
        (stored.record.kind.word, stored.record.title, stamp(stored.record.made_at), stored.digest)
        for stored in material.usable
    ]
    return _table(material, ("种类", "标题", "时间", "SHA-256"), rows)


def _table(material: Material, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *([_plain(material, cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(material: Material, text: str) -> str:
    """Return a text that Markdown shows as it is, on one line."""
    return _MARKS.sub(r"\\\1", material.said(text))
