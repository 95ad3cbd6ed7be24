"""The self-assessment report (附件 1): conclusion first, then figures, every clause, what is open, and the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from openbeian.dossier import catalogue, clauses, conduct, figures, remaking, signers, summing, values
from openbeian.dossier.case import Case
from openbeian.dossier.papers import (
    Block,
    Column,
    Facts,
    Heading,
    Paper,
    Paragraph,
    Row,
    Table,
    Title,
    Tone,
    Words,
)
from openbeian.dossier.proofs import proof
from openbeian.dossier.wording import wording
from openbeian.rules import Finding, MetricValue, Verdict
from openbeian.rules.packs import ClausePack


def report_paper(case: Case, basis: Sequence[ClausePack]) -> Paper:
    """Return the report. `basis` are the packs assessed against; the first one gives the limits."""
    blocks = [
        Title(case.words.report),
        Facts(_head(case, basis)),
        *_conclusion(case, basis[0]),
        *_limits(case, basis[0]),
        *conduct.blocks(case),
        *_clauses(case, basis[0]),
        *_open_points(case, basis[0]),
        *catalogue.blocks(case, "六、证据目录"),
        *remaking.blocks(case, "七、输入与重做"),
    ]
    return case.paper("自评估报告", case.words.report, blocks)


def _head(case: Case, basis: Sequence[ClausePack]) -> tuple[Row, ...]:
    manifest = case.manifest
    model = f"{manifest.technical.model.name}，服务版本 {manifest.service.version}"
    return (
        Row("服务名称", (Words(manifest.service.name),), "service.name"),
        Row("提供单位", (Words(f"{manifest.basic.org_name}，{manifest.basic.uscc}"),), "basic.org_name"),
        Row("评估依据", tuple(Words(f"{pack.title}，{pack.edition} 版") for pack in basis)),
        Row("评估对象", (Words(model),)),
        Row("模型权重（SHA-256）", (_weights(case),), "technical.model.weights_sha256"),
        Row("线路与方式", (Words(f"{case.words.track}，自行评估"),)),
        Row("安全评估负责人", (Words(manifest.basic.assessment_lead),), "basic.assessment_lead"),
        Row("成文日期", (Words(values.chinese_date(case.today)),)),
    )


def _weights(case: Case) -> Words:
    digest = case.manifest.technical.model.weights_sha256
    return Words(digest, Tone.CODE) if digest else Words("（未填）", Tone.MISSING)


def _conclusion(case: Case, pack: ClausePack) -> list[Block]:
    counts = summing.tally(case.findings)
    blocks: list[Block] = [Heading("一、总体结论"), Paragraph(f"{counts.text()}。{_judged(counts)}")]
    rates = [item for item in summing.limited(case, pack) if item.metric.unit == "ratio"]
    if rates:
        blocks.append(Paragraph("；\n".join(summing.sentence(case, item) for item in rates) + "。"))
    blocks += _smallness(case, pack)
    blocks += [
        Paragraph(f"提供者的结论：{case.manifest.commitment.overall_conclusion}。".replace("。。", "。")),
        _chapters(case.findings),
        *signers.blocks(case, pack),
        proof(case),
    ]
    return blocks


def _judged(counts: summing.Tally) -> str:
    if counts.fails:
        return f"“应”类要求尚有 {counts.fails} 条不符合，原因和计划见第五部分。"
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
        Column("结果", 0, "right"),
        Column("样本", 0, "right"),
        Column("95% 置信区间", 0, "right"),
        Column("门槛", 4),
        Column("判断", 4),
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
            _standing(item),
            Words(item.threshold.clause.replace(",", "\n")),
            Words(case.numbers[item.view.digest]),
        )
        for item in items
    )
    note = (
        "“达到门槛”按规则的点值判断，只说这一次的结果；“有 95% 把握达到”说的是这一类问题，要看样本是否足够。"
        "机器判定的比率未经双人复核时，误差未知，见第三部分。"
    )
    return [heading, Paragraph(note), Table(columns, rows, "")]


def _limit(item: summing.Limited) -> Words:
    level = "（宜）" if item.threshold.level == "should" else ""
    open_point = "\n待核对" if item.threshold.to_check else ""
    return Words(f"{item.limit}{level}{open_point}")


def _standing(item: summing.Limited) -> Words:
    """Whether the limit is met, whether that is sure, whether the sample is too small, and how often it was measured."""
    told = [*item.standing.split("，"), "规模不足" if item.is_short else ""]
    told.append(f"此前另有 {item.earlier} 次" if item.earlier else "")
    return Words("\n".join(part for part in told if part), Tone.PLAIN if item.is_met else Tone.STRONG)


def _clauses(case: Case, pack: ClausePack) -> list[Block]:
    blocks: list[Block] = [
        Heading("四、逐条评估"),
        Paragraph(
            "未注明的要求为“应”；“宜”是推荐，未达到的作提示，不判为不符合。"
            "注有“待核对”的，其要求或门槛尚未与标准原文核对，以原文为准。"
        ),
    ]
    for chapter, group in _by_chapter(case.findings):
        blocks.append(Heading(f"{_chapter_title(chapter)}（{len(group)} 条）", 2))
        blocks.append(clauses.table(case, group, pack))
    return blocks


def _open_points(case: Case, pack: ClausePack) -> list[Block]:
    """What is open: one by one where a reason or a plan is told, together where only the same evidence is missing."""
    heading = Heading("五、待补证据与整改计划")
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
            clauses.verdict(finding),
            Words(clauses.reason(finding, pack)),
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
        (Words("、".join(missing)), Words(str(len(names))), Words("、".join(names)))
        for missing, names in groups.items()
    )
    plan = "下列条款没有证据，按不符合处理。计划：补齐所缺的证据后重新评估，再出一次材料。"
    return [Paragraph(plan), Table(columns, rows, "没有证据的条款（按所缺的种类归并）")]
