"""A finding's grounds and a new edition's changes, as text on the terminal."""

from __future__ import annotations

from openbeian.cli.listing import say
from openbeian.evidence import EvidenceKind
from openbeian.rules.editions import EditionChanges, FindingChange, words
from openbeian.rules.explaining import (
    EvidenceExplained,
    Explanation,
    FigureExplained,
    LimitExplained,
    StatementExplained,
)
from openbeian.rules.shapes import ClausePack
from openbeian.rules.verdicts import Finding

LEVELS = {"shall": "应", "should": "宜"}
CHECKS = {"auto": "运行记录", "evidence": "证明材料", "attest": "负责人声明"}
STANDINGS = {"kept": "沿用", "unknown": "是否沿用不详", "changed": "有变化", "removed_unverified": "据一般知识已删去"}
TO_CHECK = "［待核对］"
SHOWN = 12


def print_explanation(explained: Explanation, pack: ClausePack, file: str) -> None:
    """Print one finding from its clause down to the hashes."""
    sections = {
        "门槛": [line for limit in explained.thresholds for line in _limit(limit)],
        "证据": [line for record in explained.evidence for line in _record(record)] or ["没有"],
        "清单中的声明": [_statement(statement, file) for statement in explained.statements] or ["没有"],
        "缺": list(explained.finding.missing),
    }
    _say(*_head(explained, pack))
    for title, lines in sections.items():
        if lines:
            _say("", title, *(f"  {line}" for line in lines))


def _say(*lines: str) -> None:
    for line in lines:
        say(line, " " * (len(line) - len(line.lstrip()) + 2))


def _head(explained: Explanation, pack: ClausePack) -> list[str]:
    finding, words = explained.finding, (pack.model_extra or {}).get("confidence_levels", {})
    lines = [
        f"{finding.clause} {finding.topic}（{explained.edition}）",
        f"{LEVELS[finding.level]}：{finding.requirement}{TO_CHECK if finding.to_check else ''}",
        f"来源：{'；'.join(explained.source)}。可信度：{words.get(explained.confidence, explained.confidence)}",
        f"核对方式：{'、'.join(CHECKS[kind] for kind in explained.check)}",
    ]
    if explained.standing is not None:
        lines.append(f"较上一版：{STANDINGS.get(explained.standing, explained.standing)}")
    if explained.note is not None:
        lines.append(f"说明：{explained.note}")
    lines += [f"备案的权重：{explained.weights or '清单没有写'}", ""]
    lines.append(f"结论：{finding.verdict.value}{'（宜）' if finding.is_warning else ''}。{finding.reason}")
    return lines if finding.plan is None else [*lines, f"整改计划：{finding.plan}"]


def _limit(limit: LimitExplained) -> list[str]:
    value = limit.value if isinstance(limit.value, str) else "，".join(f"{k} {v}" for k, v in limit.value.items())
    met = "达到" if limit.is_met else "未达到"
    mark = TO_CHECK if limit.to_check else ""
    first = f"{limit.id} {limit.name_zh}（{limit.metric}）{limit.op} {value}，{LEVELS[limit.level]}{mark}：{met}。{limit.words}"
    return [first, *(f"  {_figure(figure)}" for figure in limit.figures)]


def _figure(figure: FigureExplained) -> str:
    about = f"{figure.subject}：" if figure.subject else ""
    parts = [f"{about}{figure.amount}"]
    if figure.total is not None:
        parts.append(f"{figure.passed or 0}/{figure.total}")
    if figure.low is not None and figure.high is not None:
        parts.append(f"95% 区间 {figure.low:.2%}–{figure.high:.2%}")
    parts += [*figure.statements, f"证据 {figure.digest[:SHOWN]}"]
    if figure.earlier_runs:
        parts.append(f"此前另有 {figure.earlier_runs} 次")
    return "，".join(parts)


def _record(record: EvidenceExplained) -> list[str]:
    when = "" if record.made_at is None else f" {record.made_at:%Y-%m-%d %H:%M}Z"
    counts = "计入" if record.reason is None else f"不计：{record.reason}"
    lines = [f"{_kind(record.kind)}“{record.title}”{when} {counts}", f"  记录 {record.digest}"]
    if record.model_sha256 is not None:
        lines.append(f"  权重 {record.model_sha256}")
    if record.valid_until is not None:
        lines.append(f"  有效期至 {record.valid_until:%Y-%m-%d %H:%M:%S}Z")
    lines += [f"  取代 {digest}" for digest in record.supersedes]
    lines += [f"  所据 {name} sha256:{sha256}" for name, sha256 in record.inputs]
    return lines + [f"  文件 {name} sha256:{sha256}" for name, sha256 in record.subjects]


def _kind(kind: str) -> str:
    return EvidenceKind(kind).word if kind in set(EvidenceKind) else kind


def _statement(statement: StatementExplained, file: str) -> str:
    place = file if statement.line is None else f"{file}:{statement.line}"
    parts = [f"{place} {statement.verdict}：{statement.reason}（{statement.by}）"]
    if statement.proof is not None:
        parts.append(f"证明 {statement.proof}")
    if statement.remedy is not None:
        parts.append(statement.remedy)
    if statement.lacking:
        parts.append(f"还没有写{'、'.join(statement.lacking)}")
    if statement.valid_until is not None:
        parts.append(f"有效期至 {statement.valid_until}{'，已过期' if statement.has_lapsed else ''}")
    return "；".join(parts)


def print_editions(compared: EditionChanges) -> None:
    """Print what a new edition changes."""
    _say(f"{compared.old} → {compared.new}：条款和门槛有 {len(compared.items)} 处增、删、改")
    _say(*(f"  {words(item)}{TO_CHECK if item.to_check else ''}" for item in compared.items))
    if compared.standings:
        _say("", "规则包记录的去向")
    for row in compared.standings:
        note = f"（{row.note}）" if row.note else ""
        standing = STANDINGS.get(row.standing, row.standing)
        _say(f"  {row.clause} {row.requirement}：{standing}{note}{TO_CHECK if row.to_check else ''}")
    if compared.differences:
        _say("", "两版的差别")
    for row_of in compared.differences:
        _say(f"  {row_of.point}：{row_of.old} → {row_of.new}{TO_CHECK if row_of.to_check else ''}")
    if compared.unsure:
        _say("", f"另有 {len(compared.unsure)} 条是否沿用不详，须对照新版原文：{'、'.join(compared.unsure)}")
    if compared.findings is not None:
        _say("", f"这项服务有 {len(compared.findings)} 条结论会变", *map(_change, compared.findings))


def _change(change: FindingChange) -> str:
    because = "；".join(change.because) or (change.new.reason if change.new else "条款已删去")
    return f"  {change.clause} {_verdict(change.old)} → {_verdict(change.new)}：{because}"


def _verdict(finding: Finding | None) -> str:
    return "无此条" if finding is None else finding.verdict.value + ("（宜）" if finding.is_warning else "")
