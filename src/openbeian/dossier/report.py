"""The self-assessment report (附件 1): conclusion first, then figures, every clause, what is open, and the evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from openbeian.dossier import figures, summing, values
from openbeian.dossier.case import Case
from openbeian.dossier.papers import (
    Block,
    Column,
    Facts,
    Heading,
    NewPage,
    Paper,
    Paragraph,
    Row,
    Signatures,
    Table,
    Title,
    Tone,
    Words,
)
from openbeian.dossier.proofs import proof
from openbeian.dossier.wording import wording
from openbeian.evidence.records import EvidenceKind
from openbeian.rules import EvidenceView, Finding, MetricValue, Verdict
from openbeian.rules.packs import ClausePack

_NONE = Words("—", Tone.MUTED)
_HERE = ZoneInfo("Asia/Shanghai")


def report_paper(case: Case, basis: Sequence[ClausePack]) -> Paper:
    """Return the report. `basis` are the packs assessed against; the first one gives the limits."""
    title = case.words.report.replace("\n", "")
    blocks = [
        Title(case.words.report),
        Facts(_head(case, basis)),
        *_conclusion(case, basis[0]),
        *_limits(case, basis[0]),
        *_clauses(case, basis[0]),
        *_open_points(case, basis[0]),
        *_annex(case),
    ]
    return Paper(
        name="自评估报告",
        title=title,
        organisation=case.manifest.basic.org_name,
        running_head=case.running_head(title),
        imprint=case.imprint,
        code=case.code,
        made_at=case.now,
        blocks=tuple(blocks),
    )


def _head(case: Case, basis: Sequence[ClausePack]) -> tuple[Row, ...]:
    manifest = case.manifest
    model = f"{manifest.technical.model.name}，服务版本 {manifest.service.version}"
    return (
        Row("服务名称", (Words(manifest.service.name),), "service.name"),
        Row("提供单位", (Words(f"{manifest.basic.org_name}，{manifest.basic.uscc}"),), "basic.org_name"),
        Row("线路", (Words(case.words.track),)),
        Row("评估依据", tuple(Words(f"{pack.title}，{pack.edition} 版") for pack in basis)),
        Row("评估对象", (Words(model),)),
        Row("模型权重（SHA-256）", (_weights(case),), "technical.model.weights_sha256"),
        Row("评估方式", (Words("自行评估"),)),
        Row("安全评估负责人", (Words(manifest.basic.assessment_lead),), "basic.assessment_lead"),
        Row("成文日期", (Words(values.chinese_date(case.today)),)),
    )


def _weights(case: Case) -> Words:
    digest = case.manifest.technical.model.weights_sha256
    return Words(digest, Tone.CODE) if digest else Words("（未填）", Tone.MISSING)


def _conclusion(case: Case, pack: ClausePack) -> list[Block]:
    counts = summing.tally(case.findings)
    basic = case.manifest.basic
    blocks: list[Block] = [Heading("一、总体结论"), Paragraph(f"{counts.text()}。{_judged(counts)}")]
    rates = [item for item in summing.limited(case, pack) if item.metric.unit == "ratio"]
    if rates:
        blocks.append(Paragraph("；\n".join(summing.sentence(case, item) for item in rates) + "。"))
    blocks += _smallness(case, pack)
    blocks += [
        Paragraph(f"提供者的结论：{case.manifest.commitment.overall_conclusion}。".replace("。。", "。")),
        _chapters(case.findings),
        Signatures(
            (
                f"单位法定代表人（签字）\n{basic.legal_representative}",
                f"安全评估整体负责人（签字）\n{basic.overall_lead}",
                f"合法性评估负责人（签字）\n{basic.legality_lead}",
            )
        ),
        proof(case),
        NewPage(),
    ]
    return blocks


def _judged(counts: summing.Tally) -> str:
    if counts.fails:
        return f"“应”类要求尚有 {counts.fails} 条不符合，原因和计划见第四部分。"
    return "“应”类要求没有不符合的条款。"


def _smallness(case: Case, pack: ClausePack) -> list[Block]:
    """Say it plainly when banks, libraries or samples are smaller than the rule asks for."""
    short = [item for item in summing.limited(case, pack) if item.is_short]
    if not short:
        return []
    return [
        Paragraph(
            f"规模说明：题库、词库或样本有 {len(short)} 项小于规定规模（见第二部分）。"
            "由此得到的比率只说明本次抽测的情况，不能代替按规定规模所做的评估；补足后应重新评估。",
            Tone.STRONG,
        )
    ]


def _subject(metric: MetricValue) -> str:
    return f"（{metric.subject}）" if metric.subject else ""


def _chapters(findings: Sequence[Finding]) -> Table:
    columns = (Column("章", 4), *(Column(title, 1, "right") for title in ("条", "符合", "不符合", "提示", "不适用")))
    rows = []
    for chapter, group in _by_chapter(findings):
        counts = summing.tally(group)
        numbers = (counts.total, counts.conforms, counts.fails, counts.warnings, counts.not_applicable)
        rows.append((Words(_chapter_title(chapter)), *(Words(str(number)) for number in numbers)))
    return Table(columns, tuple(rows), "各章结论")


def _by_chapter(findings: Sequence[Finding]) -> list[tuple[str, list[Finding]]]:
    return [(chapter, list(group)) for chapter, group in groupby(findings, key=lambda f: f.clause.split(".")[0])]


def _chapter_title(chapter: str) -> str:
    return f"第 {chapter} 章　{wording().chapters.get(chapter, '')}".rstrip("　")


def _limits(case: Case, pack: ClausePack) -> list[Block]:
    items = summing.limited(case, pack)
    heading = Heading("二、有门槛的指标")
    if not items:
        return [heading, Paragraph("没有可引用的测量数据；有门槛的条款均按缺少证据处理。")]
    columns = (
        Column("指标", 5),
        Column("结果", 3, "right"),
        Column("样本", 3, "right"),
        Column("95% 置信区间", 4, "right"),
        Column("门槛", 5),
        Column("条款"),
        Column("证据"),
    )
    rows = tuple(
        (
            Words(f"{figures.label(item.metric)}{_subject(item.metric)}"),
            Words(figures.value(item.metric)),
            Words(figures.sample(item.metric)),
            Words(figures.interval(item.metric)),
            _limit(item),
            Words(item.threshold.clause.replace(",", "\n")),
            Words(case.numbers[item.view.digest]),
        )
        for item in items
    )
    return [heading, Table(columns, rows, "")]


def _limit(item: summing.Limited) -> Words:
    level = "（宜）" if item.threshold.level == "should" else ""
    short = "\n规模不足" if item.is_short else ""
    return Words(f"{item.limit}{level}{short}")


def _clauses(case: Case, pack: ClausePack) -> list[Block]:
    blocks: list[Block] = [
        Heading("三、逐条评估"),
        Paragraph(
            "未注明的要求为“应”；“宜”是推荐，未达到的作提示，不判为不符合。"
            "注有“待核对”的，其要求或门槛尚未与标准原文核对，以原文为准。"
        ),
    ]
    columns = (Column("条款"), Column("要求（概括）", 5), Column("结论"), Column("理由", 6), Column("证据"))
    for chapter, group in _by_chapter(case.findings):
        blocks.append(Heading(f"{_chapter_title(chapter)}（{len(group)} 条）", 2))
        blocks.append(Table(columns, tuple(_clause_row(case, finding, pack) for finding in group)))
    return blocks


def _clause_row(case: Case, finding: Finding, pack: ClausePack) -> tuple[Words, ...]:
    marks = [finding.clause, "宜" if finding.level == "should" else "", "待核对" if finding.to_check else ""]
    reason = [_reason(finding, pack)]
    if finding.missing:
        reason.append(f"缺：{'；'.join(finding.missing)}")
    if finding.plan:
        reason.append(f"计划：{finding.plan}")
    return (
        Words("\n".join(mark for mark in marks if mark)),
        Words(f"{finding.topic}：{finding.requirement}"),
        _verdict(finding),
        Words("\n".join(reason)),
        Words(case.references(finding.evidence)) if finding.evidence else _NONE,
    )


def _verdict(finding: Finding) -> Words:
    if finding.verdict is Verdict.FAILS:
        return Words("提示" if finding.is_warning else str(finding.verdict.value), Tone.STRONG)
    return Words(str(finding.verdict.value))


def _open_points(case: Case, pack: ClausePack) -> list[Block]:
    """What is open: one by one where a reason or a plan is told, together where only the same evidence is missing."""
    heading = Heading("四、待补证据与整改计划")
    found = [finding for finding in case.findings if finding.verdict is Verdict.FAILS or finding.missing]
    if not found:
        return [heading, Paragraph("没有待补或待整改的条款。")]
    bare = [finding for finding in found if finding.missing and not finding.evidence and not finding.plan]
    told = [finding for finding in found if finding not in bare]
    return [heading, *_with_reason(told, pack), *_without_evidence(bare)]


def _with_reason(found: Sequence[Finding], pack: ClausePack) -> list[Block]:
    if not found:
        return []
    columns = (Column("条款"), Column("结论"), Column("原因", 6), Column("计划", 4))
    rows = tuple(
        (
            Words(finding.clause),
            _verdict(finding),
            Words(_reason(finding, pack)),
            Words(finding.plan) if finding.plan else Words("（未填）", Tone.MISSING),
        )
        for finding in found
    )
    return [Table(columns, rows, "有测量或说明、未达到要求的条款")]


def _without_evidence(found: Sequence[Finding]) -> list[Block]:
    if not found:
        return []
    groups: dict[tuple[str, ...], list[str]] = {}
    for finding in found:
        groups.setdefault(tuple(sorted(finding.missing)), []).append(finding.clause)
    columns = (Column("所缺", 3), Column("条数", 1, "right"), Column("条款", 8))
    rows = tuple(
        (Words("、".join(missing)), Words(str(len(clauses))), Words("、".join(clauses)))
        for missing, clauses in groups.items()
    )
    return [Table(columns, rows, "没有证据的条款（按所缺的种类归并）")]


def _reason(finding: Finding, pack: ClausePack) -> str:
    """The reason with figures called as on paper, and every limit with what it limits."""
    names = wording().metrics
    told = re.sub(r" ?([a-z][a-zA-Z0-9_]+) ?", lambda found: names.get(found[1], found[0]), finding.reason)
    for threshold in pack.thresholds:
        name = names.get(threshold.metric, "")
        if name and name not in told:
            told = told.replace(f"（{threshold.id}）", f"（{threshold.id} {name}）")
    return told


def _annex(case: Case) -> list[Block]:
    heading = Heading("五、证据目录")
    if not case.numbered:
        return [heading, Paragraph("没有证据。")]
    columns = (Column("编号"), Column("证据", 5), Column("类型"), Column("形成时间"), Column("SHA-256"))
    rows = tuple(
        (
            Words(case.numbers[view.digest]),
            Words(view.title),
            Words(_kind(view)),
            Words(_moment(case.made_at[view.digest])) if view.digest in case.made_at else _NONE,
            Words(f"{view.digest[:32]}\n{view.digest[32:]}", Tone.CODE),
        )
        for view in case.numbered
    )
    note = "证据原件存于提供者的证据库，不随材料提交；可凭摘要逐件核对。时间为北京时间。"
    return [heading, Paragraph(note), Table(columns, rows), *_measured(case)]


def _kind(view: EvidenceView) -> str:
    known = {kind.value: kind.word for kind in EvidenceKind}
    return known.get(view.kind, view.kind)


def _measured(case: Case) -> list[Block]:
    rows = tuple(row for view in case.numbered for row in _measured_rows(case, view))
    if not rows:
        return []
    columns = (
        Column("证据"),
        Column("指标", 5),
        Column("结果", 6),
        Column("样本", 3, "right"),
        Column("95% 置信区间", 4, "right"),
    )
    return [Table(columns, rows, "证据中的指标")]


def _measured_rows(case: Case, view: EvidenceView) -> list[tuple[Words, ...]]:
    """One row a figure; the figures of single classes share the row of their name."""
    number = Words(case.numbers[view.digest])
    whole = [metric for metric in view.metrics if metric.subject is None]
    rows: list[tuple[Words, ...]] = [
        (
            number,
            Words(figures.label(metric)),
            Words(figures.value(metric)),
            Words(figures.sample(metric)),
            Words(figures.interval(metric)),
        )
        for metric in whole
    ]
    parts = [metric for metric in view.metrics if metric.subject is not None]
    for name in dict.fromkeys(metric.name for metric in parts):
        same = [metric for metric in parts if metric.name == name]
        told = "、".join(f"{metric.subject} {figures.value(metric)}" for metric in same)
        rows.append((number, Words(figures.label(same[0])), Words(told), _NONE, _NONE))
    return rows


def _moment(instant: datetime) -> str:
    return instant.astimezone(_HERE).strftime("%Y-%m-%d %H:%M")
