"""Steps 1 to 6: manifest, training, scan, assessment, findings, dossier; all on the provider's own machine."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from openbeian.assessment import assess, load_bank, rule_book
from openbeian.assessment import to_record as assessment_record
from openbeian.assessment.runs import run_numbers
from openbeian.cli.console import out, progress_bar
from openbeian.cli.demo.journal import Facts
from openbeian.cli.demo.servers import Server
from openbeian.cli.demo.stage import Stage, hold
from openbeian.dossier import Annex, Dossier, build, keyword_annex, question_annex, verify
from openbeian.dossier.answering import question_sheets
from openbeian.evidence import attest
from openbeian.manifest import ManifestInvalid, parse_manifest, set_value
from openbeian.rules import Finding, Verdict, check, explain, find, load_pack
from openbeian.screening import Library
from openbeian.studio import RunResult
from openbeian.studio import to_record as training_record
from openbeian.studio.replies.settings import ReplySettings

EDITIONS = ("gbt-45654-2025", "tc260-003")
PACKS = (*EDITIONS, "founding")


def check_manifest(stage: Stage) -> Facts:
    """Validate the manifest, and show that a wrong digit is named with its line."""
    stage.copy_example()
    loaded = stage.manifest()
    hold(not check(loaded), f"服务清单完整：{loaded.manifest.service.name}，六部分，{len(loaded.lines)} 个字段")
    code = loaded.manifest.basic.uscc
    wrong = loaded.source.replace(code, code[:-1] + ("1" if code[-1] != "1" else "2"))
    try:
        parse_manifest(wrong, "service.yaml")
        problems = []
    except ManifestInvalid as invalid:
        problems = explain(invalid).problems
    hold(
        len(problems) == 1 and problems[0].line == loaded.lines["basic.uscc"],
        "改错一位信用代码，会指出文件、行、字段和规则：",
    )
    out.print(f"     [dim]{problems[0].text()}[/]")
    return {"service": loaded.manifest.service.id}


def train(stage: Stage) -> Facts:
    """Train the reply model and bind the manifest to its weights."""
    from openbeian.studio import train_replies

    with progress_bar() as bar:
        task = bar.add_task("训练答复模型", total=None, note="")
        run = train_replies(
            stage.folder / "faq.yaml",
            stage.run_folder,
            seed=stage.journal.run,
            settings=ReplySettings(vectors="no"),  # the same figures wherever the demonstration is given
            progress=lambda done, total, note: bar.update(task, completed=done, total=total, note=note),
        )
    stored = stage.keep(training_record(stage.run_folder, now=stage.now()))
    bind(stage, run)
    results = run.results
    hold(
        results["recall_at_10"] > 0.5,
        f"检验问法 {run.counts['test']} 条：R@1 {results['recall_at_1']:.3f}（BM25 {results['recall_at_1_bm25']:.3f}），"
        f"MRR {results['mrr']:.3f}（BM25 {results['mrr_bm25']:.3f}），{run.facts['cpu_seconds']} 秒 CPU",
    )
    hold(True, f"权重 sha256:{run.weights_sha256[:12]}… 写入清单，训练运行存为证据 {stored.digest[:8]}")
    return {"weights": run.weights_sha256, "evidence": stored.digest}


def bind(stage: Stage, run: RunResult) -> None:
    """Write the run's identity and thresholds into the manifest."""
    set_value(stage.manifest_path, "technical.model.weights_sha256", run.weights_sha256)
    set_value(stage.manifest_path, "technical.reply_policy.answer_from", run.answer_from)
    set_value(stage.manifest_path, "technical.reply_policy.hand_over_from", run.hand_over_from)
    set_value(stage.manifest_path, "technical.parameters", run.parameters)


def scan(stage: Stage) -> Facts:
    """Scan the training corpus."""
    from openbeian.screening.corpus import ScanOptions, scan_corpus, to_record  # pyarrow: extra `scale`
    from openbeian.screening.reporting import row_sum

    sources = stage.manifest().manifest.data_sources.sources
    named = {str((stage.folder / each.path).resolve()): each.name for each in sources if each.path}
    result = scan_corpus(
        [stage.folder / "faq.yaml"],
        Library.load(stage.folder / "keywords.yaml"),
        stage.folder / "scan",
        options=ScanOptions(sources=named),
    )
    stored = stage.keep(to_record(result, now=stage.now()))
    figures = result.figures
    hold(figures.rows.is_balanced and result.is_whole, row_sum(figures))
    found = figures.total.rows["personal"]
    hold(not found, f"语料中没有发现个人信息；词库 {figures.library.size} 个词（中性样例），证据 {stored.digest[:8]}")
    return {"evidence": stored.digest}


def assess_service(stage: Stage) -> Facts:
    """Serve the model and ask it the bank over HTTP, streaming and not."""
    bank = load_bank(stage.folder / "bank.yaml")
    whole = ask(stage.model_url, "怎么申请维修？")
    hold(whole["choices"][0]["message"]["content"], f"模型服务在 {stage.model_url} 以 OpenAI 兼容接口答复")
    streamed = ask_stream(stage.model_url, "怎么申请维修？")
    hold(streamed == whole["choices"][0]["message"]["content"], "流式与非流式的答复一致")
    with progress_bar() as bar:
        task = bar.add_task("提问", total=len(bank.items), note="")
        result = assess(
            bank,
            stage.model_url,
            "replies",
            stage.folder / "assessment",
            book=rule_book(EDITIONS[0]),
            seed_facts={"service": stage.manifest().manifest.service.id},
            now=stage.now(),
            concurrency=8,
            progress=lambda seen: bar.update(task, completed=seen.answered + seen.failed),
        )
    stored = stage.keep(assessment_record(result))
    hold(sum(result.outcome.states.values()) == len(bank.items), f"{len(bank.items)} 题各有一条记录，状态之和等于题数")
    rates = {m.name: m for m in result.metrics if m.name in {"should_refuse_rate", "over_refusal_rate"} and m.total}
    for name, metric in rates.items():
        words = {"should_refuse_rate": "应拒答题的拒答率", "over_refusal_rate": "非拒答题的拒答率"}[name]
        hold(
            metric.low is not None,
            f"{words} {metric.value:.1%}（{metric.passed}/{metric.total}），95% 区间 {metric.low:.1%}–{metric.high:.1%}",
        )
    return {"evidence": stored.digest, "weights": result.outcome.identity.weights_sha256}


def conclude(stage: Stage) -> Facts:
    """Join rules, manifest and evidence into findings, by both editions of the standard and by the founding document."""
    loaded = stage.manifest()
    attest(loaded.manifest, stage.folder, stage.store, stage.key, now=stage.now())
    counts: dict[str, Any] = {}
    for edition in PACKS:
        results = findings(stage, edition)
        tally = Counter(finding.verdict.value for finding in results)
        counts[edition] = dict(tally)
        hold(
            all(f.evidence for f in results if f.verdict is Verdict.CONFORMS),
            f"{load_pack(edition).title}：{len(results)} 条，"
            + "，".join(f"{name} {tally[name]}" for name in ("符合", "不符合", "不适用")),
        )
    small = next(finding for finding in findings(stage, EDITIONS[0]) if finding.clause == "8.2")
    hold(small.verdict is Verdict.FAILS, "演示题库太小，结论如实写“不符合”：")
    out.print(f"     [dim]{small.reason[:96]}…[/]")
    return counts


def findings(stage: Stage, edition: str = EDITIONS[0], at: datetime | None = None) -> list[Finding]:
    """Return the findings of the manifest and evidence at a moment, now when none is given."""
    return find(load_pack(edition), stage.manifest().manifest, stage.store.views(), now=at or stage.now())


def annexes(stage: Stage) -> list[Annex]:
    """Return the editable annexes: keyword list, and bank with the answers of the last run."""
    library, assessed = Library.load(stage.folder / "keywords.yaml"), stage.folder / "assessment"
    run = assessed / "runs" / str(run_numbers(assessed)[-1])
    return [
        keyword_annex((k.word, k.class1, k.class2) for k in library.keywords),
        question_annex(question_sheets(None, run)),
    ]


def render(stage: Stage) -> Facts:
    """Build the dossier twice, and show that the bytes are equal."""
    moment = stage.now()
    first = paper(stage, "dossier", moment)
    second = paper(stage, "dossier-again", moment)
    hold(
        [file.sha256 for file in first.files] == [file.sha256 for file in second.files],
        f"备案表和自评估报告（docx、pdf）共 {len(first.files)} 个文件，重做一遍字节相同",
    )
    hold(not verify(first.path("zip")), f"材料包离线核验通过，核验码 {first.code}")
    return {"digest": first.digest, "made_at": moment.isoformat()}


def paper(stage: Stage, folder: str, moment: datetime) -> Dossier:
    """Build the dossier of the manifest and evidence as they are at a moment."""
    loaded = stage.manifest()
    return build(
        loaded.manifest,
        findings(stage, at=moment),
        stage.store.list(),
        stage.folder / folder,
        moment,
        annexes=annexes(stage),
        pack_id=EDITIONS[0],
    )


def model_server(stage: Stage, port: int, run: Path | None = None) -> Server:
    """Return the server of a trained model: the filed one, or that of another run folder."""
    return Server(
        "模型服务",
        ["serve", "--run", str(run or stage.run_folder)],
        port,
        stage.folder / "model.log",
        {"OPENBEIAN_HOME": str(stage.home)},
    )


def ask(url: str, question: str, **more: Any) -> dict[str, Any]:
    """Ask an OpenAI-compatible endpoint one question and return the whole answer."""
    with urllib.request.urlopen(_request(url, question, stream=False, **more), timeout=30) as answer:  # noqa: S310 - loopback
        return dict(json.loads(answer.read()))


def ask_stream(url: str, question: str) -> str:
    """Ask with a stream and return the text put together again."""
    text = ""
    with urllib.request.urlopen(_request(url, question, stream=True), timeout=30) as answer:  # noqa: S310 - loopback
        for line in answer:
            data = line.strip().removeprefix(b"data: ")
            if data and data != b"[DONE]":
                text += json.loads(data)["choices"][0]["delta"].get("content") or ""
    return text


def _request(url: str, question: str, **more: Any) -> urllib.request.Request:
    body = {"model": "replies", "messages": [{"role": "user", "content": question}], **more}
    data = json.dumps(body).encode()
    return urllib.request.Request(f"{url}/v1/chat/completions", data, {"Content-Type": "application/json"})  # noqa: S310 - loopback
