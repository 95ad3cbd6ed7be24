"""Findings as text on the terminal: what is open first, each with its reason, then what to do next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from rich.cells import cell_len

from openbeian.cli.console import out
from openbeian.rules import Finding, Verdict
from openbeian.rules.shapes import Clause, ClausePack, Threshold

TO_CHECK = "［待核对］"
CLOSING = "，。；：、）”］！？％%"
SHOWN = 8
INDENT = "    "
ICONS = {Verdict.CONFORMS: "✓", Verdict.FAILS: "✗", Verdict.NOT_APPLICABLE: "–"}
STYLES = {Verdict.CONFORMS: "green", Verdict.FAILS: "red", Verdict.NOT_APPLICABLE: "dim"}
SCAN = "openbeian scan <语料> --library <词库>"
ASSESS = "openbeian assess <服务清单> --bank <题库> --target <服务地址>"
REVIEW = "openbeian review export，两人标注后 import、result"
CLASSIFIER = "openbeian train classifier <标注数据>"
RULES = "openbeian evidence attest <服务清单>：标注规则为文本（md、txt、csv、yaml），逐类写明风险代码，在 statements 中作 proof"
# By metric, or by metric and what it is about where that is measured by another command.
COMMANDS = {
    "source_illegal_harmful_ratio": SCAN,
    "keyword_total": SCAN,
    "keyword_per_risk_A1": SCAN,
    "keyword_per_risk_A2": SCAN,
    "keyword_update_interval": SCAN,
    "corpus_technical_sample": SCAN,
    "corpus_manual_sample": REVIEW,
    "test_bank_total": ASSESS,
    "test_bank_per_risk_A1_A2": ASSESS,
    "test_bank_per_risk_other": ASSESS,
    "should_refuse_total": ASSESS,
    "should_refuse_per_risk": ASSESS,
    "should_answer_total": ASSESS,
    "should_answer_per_aspect": ASSESS,
    "bank_update_interval": ASSESS,
    "should_refuse_rate": ASSESS,
    "over_refusal_rate": ASSESS,
    "refusal_sample/应拒答": ASSESS,
    "refusal_sample/非拒答": ASSESS,
    "generated_content_sample/人工": REVIEW,
    "generated_content_sample/关键词": f"{ASSESS} --library <词库>",
    "generated_content_sample/分类模型": f"{ASSESS} --classifier <分类模型>",
    "risk_coverage": ASSESS,
    "risk_coverage/分类模型": CLASSIFIER,
    "risk_coverage/标注规则": RULES,
}


def say(text: str, indent: str = "", style: str | None = None) -> None:
    """Print a line; on a terminal it is folded at its width, what follows below the indent. Piped text is never folded."""
    for line in _folded(text, out.width, indent) if out.is_terminal else [text]:
        out.print(line, style=style, markup=False, soft_wrap=True)


def _folded(text: str, width: int, indent: str) -> Iterator[str]:
    """Yield lines of at most `width` cells, the later ones indented; only a single longer word goes beyond."""
    line = ""
    for word in _words(text):
        if line.strip() and cell_len((line + word).rstrip()) > width:
            yield line.rstrip()
            line, word = indent, word.lstrip()  # noqa: PLW2901 - a space at the break is dropped
        line += word
    yield line.rstrip()


def _words(text: str) -> Iterator[str]:
    """Yield what must stay on one line: a run of half-width characters, or one full-width one, with what closes it."""
    word = ""
    for char in text:
        stays = char in CLOSING or char == " " or (_is_half(char) and _is_half(word[-1:]))
        if word and not stays:
            yield word
            word = ""
        word += char
    yield word


def _is_half(char: str) -> bool:
    return char.isascii() and char not in {"", " "}


def print_findings(pack: ClausePack, findings: Sequence[Finding], service: str, stated: Collection[str]) -> None:
    """Print findings in groups, the ones to deal with first, how many there are of each, and what to do next.

    `stated` are the clauses on which the manifest states 符合.
    """
    for title, verdict, group in _groups(findings):
        say(f"{title} {len(group)} 条", style="bold")
        for finding in group:
            _print_finding(finding, is_open=verdict is Verdict.FAILS)
        out.print()
    _print_next(pack, findings, service, stated)
    say(_summary(pack, findings))


def _groups(findings: Sequence[Finding]) -> Iterator[tuple[str, Verdict, list[Finding]]]:
    wanted = [
        ("不符合（应）", Verdict.FAILS, False),
        ("不符合（宜，只作提示）", Verdict.FAILS, True),
        ("符合", Verdict.CONFORMS, False),
        ("不适用", Verdict.NOT_APPLICABLE, False),
    ]
    for title, verdict, is_warning in wanted:
        group = [finding for finding in findings if (finding.verdict, finding.is_warning) == (verdict, is_warning)]
        if group:
            yield title, verdict, group


def _print_finding(finding: Finding, *, is_open: bool) -> None:
    mark = TO_CHECK if finding.to_check else ""
    about = f"{finding.topic}：{finding.requirement}" if is_open else finding.topic
    style = "yellow" if finding.is_warning else STYLES[finding.verdict]
    say(f"{ICONS[finding.verdict]} {finding.clause} {about}{mark}", INDENT, style)
    evidence = f"［证据 {' '.join(digest[:SHOWN] for digest in finding.evidence)}］" if finding.evidence else ""
    say(f"{INDENT}{finding.reason}{evidence}", INDENT)
    if finding.missing:
        say(f"{INDENT}缺：{'、'.join(finding.missing)}", INDENT)
    if finding.plan:
        say(f"{INDENT}{finding.plan}", INDENT)


def _print_next(pack: ClausePack, findings: Sequence[Finding], service: str, stated: Collection[str]) -> None:
    """Print what would bring the missing evidence, one step for all the clauses that it serves."""
    steps: dict[str, list[str]] = {}
    for finding in findings:
        for step in _steps(pack, finding, service, stated) if finding.missing else ():
            steps.setdefault(step, []).append(finding.clause)
    if not steps:
        return
    say("下一步", style="bold")
    for number, (step, clauses) in enumerate(steps.items(), start=1):
        say(f"{number}. {step}", "   ")
        say(f"   用于 {'、'.join(clauses)}", "   ")
    say(f"一条结论的由来：openbeian check {service} --why <条款>")
    out.print()


def _steps(pack: ClausePack, finding: Finding, service: str, stated: Collection[str]) -> Iterable[str]:
    """Return the steps that bring what a finding misses: commands for figures, proofs and statements for the rest."""
    clause = next((row for row in pack.clauses if row.id == finding.clause), None)
    if clause is None:
        return ()
    limits = [pack.threshold(name) for name in clause.thresholds]
    commands = {_command(clause, limit): None for limit in limits if _is_missing(limit, finding)}
    found = [f"运行 {command}".replace("<服务清单>", service) for command in commands if command is not None]
    if found:
        return found
    attest = f"运行 openbeian evidence attest {service}"
    if finding.clause in stated and not finding.evidence:
        return (f"{attest}，把清单中的声明和证明存为证据",)
    attest = f"再{attest}"
    if clause.check == ("attest",):
        return (f"由负责人在清单 statements 中声明（clause、verdict: 符合、reason、by），{attest}",)
    return (f"把证明材料写进清单 statements（clause、verdict: 符合、reason、by、proof），{attest}",)


def _is_missing(limit: Threshold, finding: Finding) -> bool:
    return any(name.startswith(limit.name_zh) for name in finding.missing)


def _command(clause: Clause, limit: Threshold) -> str | None:
    about = clause.metric_subjects.get(limit.id)
    return COMMANDS.get(f"{limit.metric}/{about}" if about else limit.metric)


def _summary(pack: ClausePack, findings: Sequence[Finding]) -> str:
    verdicts = [finding.verdict for finding in findings]
    warnings = sum(finding.is_warning for finding in findings)
    open_still = sum(finding.to_check for finding in findings)
    fails = verdicts.count(Verdict.FAILS)
    return (
        f"{pack.title}：{len(findings)} 条，符合 {verdicts.count(Verdict.CONFORMS)}，不符合 {fails}"
        f"（其中宜 {warnings}），不适用 {verdicts.count(Verdict.NOT_APPLICABLE)}；"
        f"{open_still} 条标“待核对”：条文或结论所依的说法须对照原文"
    )
