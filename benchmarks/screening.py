"""The scan beside what one would otherwise take: keywords at 10,000 and 100,000 words, personal information; ratios of one run.

    python benchmarks/screening.py [--rounds 5] [--seconds 3] [--cache DIR] [--quick]

Every engine runs in a process of its own on one core, the same for all; those of a table live at once and take turns, in
another order each round. A turn reads documents of the corpus, as many as fill the seconds, as strings or Arrow batches
that nobody has touched before; figures are by CPU time of the process, medians over rounds, ratios within a round. The
corpus is rebuilt from package registries, the peers are installed into an environment of their own, both once, under
--cache. What cannot be had is left out and a line says why. See README.md for what each engine does.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import screening_corpus
import screening_mentions
from reporting import machine, met, table, today
from screening_engines import Engine, Timed, Turn, in_turns, workers
from screening_whole import Whole, time_whole, whole_table

from openbeian.screening.folding import FOLD

HERE = Path(__file__).parent
PEERS = HERE / "screening_peers"
PACKAGES = (
    "ahocorasick_rs==1.0.3",
    "daachorse==0.5.0",
    "flashtext2==1.1.0",
    "numpy==2.4.6",
    "presidio-analyzer==2.2.366",
    "pyahocorasick==2.3.1",
    "pyarrow==26.0.1",
    "spacy==3.8.18",
)
SHARED_MENTIONS = HERE.parents[1] / "shared" / "data" / "pii-synthetic" / "pii_synthetic_dev.jsonl"
LIBRARIES = {
    "rare10k": "10,000 words, rarely found",
    "rare100k": "100,000 words, rarely found",
    "dense10k": "10,000 words, found everywhere",
}
STACK_TARGET, ANALYZER_TARGET, PACE_TARGET = 5, 100, 600
"""Times the best Python stack, times Presidio, MB a second of the compiled core at 10,000 words."""
TARGET_DECODE = 1180
"""MB/s at which the machine that the last target was set on decodes UTF-8 when nobody else is on it."""
WHOLE_COPIES = 4
MENTIONS = 4000


MATCHER = Engine("ours, compiled, matcher alone", "ours.py", "matched", "compiled")
COMPILED = Engine("ours, compiled core", "ours.py", "keywords", "compiled")
PURE = Engine("ours, pure parts", "ours.py", "keywords", "pure")
STACK = Engine("translate + daachorse, counted", "translated_daachorse.py", "counted")
KEYWORDS = (
    MATCHER,
    COMPILED,
    PURE,
    Engine("ours, compiled, + personal information", "ours.py", "both", "compiled"),
    Engine("ours, pure, + personal information", "ours.py", "both", "pure"),
    Engine("ours, compiled, + both + second pass", "ours.py", "disguised", "compiled"),
    STACK,
    Engine("translate + daachorse, with places", "translated_daachorse.py", "placed"),
    Engine("translate + ahocorasick_rs, counted", "translated_ahocorasick_rs.py"),
    Engine("translate + flashtext2, counted", "translated_flashtext2.py"),
    Engine("translate + pyahocorasick, counted", "translated_pyahocorasick.py"),
)
OURS_PERSONAL = Engine("ours, compiled core", "ours.py", "personal", "compiled")
PURE_PERSONAL = Engine("ours, pure parts", "ours.py", "personal", "pure")
ANALYZER = Engine("Presidio, given patterns", "presidio.py", "patterns")
PERSONAL = (
    OURS_PERSONAL,
    PURE_PERSONAL,
    Engine("translate + re", "translated_re.py"),
    ANALYZER,
    Engine("Presidio, its own recognisers", "presidio.py", "own"),
)
COMPARED = ("id_card", "credit_code", "bank_card", "mobile", "landline", "email", "plate", "passport")
"""Kinds that every engine for personal information is given."""


def time_keywords(name: str, pythons: Mapping[Engine, str], folder: Path, arguments: argparse.Namespace) -> Timed:
    """Time the engines for keywords with a library; ours then counts what each of them has read, to hold the counts together."""
    timed = Timed()
    library = arguments.cache / "corpus" / f"kw.{name}.txt"
    chosen = {engine: python for engine, python in pythons.items() if engine in KEYWORDS}
    with workers(commands(chosen, library, folder, arguments), folder, timed) as alive:
        in_turns(alive, timed, arguments, name)
        judge = alive.get(COMPILED) or alive.get(PURE)
        for engine, worker in alive.items() if judge else ():
            timed.expected[engine] = judge.turn(worker.documents).matches
    return timed


def time_personal(
    pythons: Mapping[Engine, str],
    sets: Mapping[str, Sequence[screening_mentions.Sentence]],
    folder: Path,
    arguments: argparse.Namespace,
) -> Timed:
    """Time the engines for personal information, and ask each what it finds in sentences whose mentions are known."""
    timed = Timed()
    library = folder / "no-words.txt"
    library.write_text("", encoding="utf-8")
    chosen = {engine: python for engine, python in pythons.items() if engine in PERSONAL}
    with workers(commands(chosen, library, folder, arguments), folder, timed) as alive:
        in_turns(alive, timed, arguments, "personal information")
        for engine, worker in alive.items():
            found = {name: worker.ask({"find": [one.text for one in sentences]}) for name, sentences in sets.items()}
            timed.findings[engine.name] = found
            if engine == OURS_PERSONAL:
                timed.findings[f"{engine.name}, with review"] = reviewed(found)
        if {OURS_PERSONAL.name, PURE_PERSONAL.name} <= timed.findings.keys():
            timed.are_cores_alike = timed.findings[OURS_PERSONAL.name] == timed.findings.pop(PURE_PERSONAL.name)
    return timed


def reviewed(findings: Mapping[str, list[list]]) -> dict[str, list[list]]:
    """Take what a person must review for what it may be."""
    return {
        name: [[[kind.removeprefix("review:"), *span] for kind, *span in found] for found in by_text]
        for name, by_text in findings.items()
    }


def commands(
    pythons: Mapping[Engine, str], library: Path, folder: Path, arguments: argparse.Namespace
) -> dict[Engine, list[str]]:
    """Return how each engine is started."""
    given = ["--corpus", str(folder / "text.parquet"), "--library", str(library)]
    given += ["--fold", str(folder / "fold.json"), "--core", str(arguments.core)]
    return {engine: [python, str(PEERS / engine.program), engine.variant, *given] for engine, python in pythons.items()}


# What they need.


def peers_python(folder: Path) -> str:
    """Return a Python with the peers, installing them into an environment of their own when they are not there.

    Raises:
        OSError: the environment cannot be made.
        subprocess.CalledProcessError: its packages cannot be installed.
    """
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze"], check=False, capture_output=True, text=True
    )
    have = listed.stdout.replace("_", "-").lower().splitlines()
    if any(package.replace("_", "-") not in have for package in PACKAGES):
        print(f"installing {' '.join(PACKAGES)} into {folder}", file=sys.stderr)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return str(python)


def available(arguments: argparse.Namespace) -> tuple[dict[Engine, str], str]:
    """Return the Python of each engine that can run here, and why the peers cannot, if so."""
    engines = [*KEYWORDS, *PERSONAL]
    try:
        peers = peers_python(arguments.cache / "peers")
    except (OSError, subprocess.CalledProcessError) as reason:
        return {engine: sys.executable for engine in engines if engine.is_ours}, f"no environment with them: {reason}"
    return {engine: sys.executable if engine.is_ours else peers for engine in engines}, ""


def prepare(arguments: argparse.Namespace, folder: Path) -> dict:
    """Build the corpus if it is not there, write what the engines are given; return what the corpus is."""
    corpus = arguments.cache / "corpus"
    if not (corpus / "kw.dense10k.txt").exists():
        archives = screening_corpus.fetch(corpus)
        screening_corpus.build(corpus, archives)
        screening_corpus.draw_libraries(corpus, archives["py"])
    text = pq.ParquetFile(corpus / "corpus.parquet")
    wanted = [0] if arguments.quick else range(text.num_row_groups)
    pq.write_table(text.read_row_groups(wanted, columns=["text"]), folder / "text.parquet")
    (folder / "fold.json").write_text(json.dumps(FOLD.mapping), encoding="utf-8")
    return json.loads((corpus / "corpus.json").read_text(encoding="utf-8"))


def mention_sets() -> dict[str, Sequence[screening_mentions.Sentence]]:
    """Return the sentences that recall and precision are measured on."""
    sets: dict[str, Sequence[screening_mentions.Sentence]] = {
        f"{MENTIONS:,} sentences of `screening_mentions.py`": screening_mentions.invented(MENTIONS)
    }
    if SHARED_MENTIONS.exists():
        shared = screening_mentions.from_file(SHARED_MENTIONS)
        sets[f"{len(shared):,} texts of `pii_synthetic_dev.jsonl`"] = shared
    return sets


# The tables.


def middle(turns: Sequence[Turn], name: str) -> float:
    """Return the median of a figure."""
    return statistics.median(getattr(turn, name) for turn in turns)


def times(timed: Timed, above: Engine, below: Engine) -> list[float]:
    """Return how many times as fast one engine was as another, round by round."""
    return [one.pace / other.pace for one, other in zip(timed.turns[above], timed.turns[below], strict=True)]


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Return the median with the least and the most of all rounds."""
    shown = [f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values))]
    return f"{shown[0]} ({shown[1]}–{shown[2]})"


def speed_table(timed: Timed, base: Engine, *, has_library: bool) -> list[str]:
    """Return the speeds of one table as Markdown."""
    head = ["engine", "MB/CPU-s", f"times {base.name}", "of decoding", "of memory read", "read MB"]
    head += ["matches", "of ours", "build s", "build MB"] if has_library else ["found"]
    rows = []
    for engine, turns in timed.turns.items():
        row = [
            engine.name,
            spread([turn.pace for turn in turns]),
            spread(times(timed, engine, base)) if base in timed.turns else "-",
            f"{statistics.median(turn.pace / turn.decode for turn in turns):.2%}",
            f"{statistics.median(turn.pace / turn.memory for turn in turns):.3%}",
            f"{middle(turns, 'mb'):.1f}",
            f"{turns[-1].matches:,}",
        ]
        if has_library:
            expected, ready = timed.expected.get(engine, 0), timed.ready[engine]
            row += [f"{expected:,}", f"{ready['build_s']:.2f}", f"{ready['build_mb']:.0f}"]
        rows.append(row)
    return [*table(head, rows), *(f"\n{engine.name}: left out ({reason})" for engine, reason in timed.missing.items())]


def share(value: float) -> str:
    """Return a share in percent, a dash where there is nothing to share."""
    return "-" if math.isnan(value) else f"{value:.1%}"


def quality_table(
    timed: Timed, name: str, sentences: Sequence[screening_mentions.Sentence]
) -> tuple[list[str], dict[str, screening_mentions.Judged]]:
    """Return recall and precision of each engine as Markdown, by kind and by writing."""
    judged = {
        title: screening_mentions.judge(sentences, findings[name], COMPARED)
        for title, findings in timed.findings.items()
    }
    there = next(iter(judged.values())).there
    kinds = ["", *(kind for kind in COMPARED if there[kind])]
    writings = [writing for writing in dict.fromkeys(screening_mentions.WRITINGS) if there[writing]]
    rows = [
        [
            f"{kind or 'all'} ({there[kind]:,})",
            *(f"{share(one.recall(kind))} / {share(one.precision(kind))}" for one in judged.values()),
        ]
        for kind in kinds
    ]
    if len(writings) > 1:
        rows += [
            [f"written: {writing} ({there[writing]:,})", *(share(one.recall(writing)) for one in judged.values())]
            for writing in writings
        ]
    return table(["recall / precision", *judged], rows), judged


def counts_differ(timed: Timed) -> list[str]:
    """Say of engines that give all matches whether they gave as many as ours."""
    lines = []
    for engine, expected in timed.expected.items():
        found = timed.turns[engine][-1].matches
        if engine.variant not in {"both", "disguised"} and engine.gives_all and found != expected:
            lines.append(f"- **{engine.name}: {found:,} matches, ours {expected:,}**")
    return lines or ["- all engines that give all overlapping matches gave as many as ours"]


def keyword_verdicts(name: str, timed: Timed) -> list[str]:
    """Hold ours against the best Python stack."""
    lines = counts_differ(timed)
    for ours in (COMPILED, PURE):
        if {ours, STACK} <= timed.turns.keys():
            ratio = statistics.median(times(timed, ours, STACK))
            lines.append(
                f"- {ours.name}: {ratio:.1f} x {STACK.name}, at least {STACK_TARGET}: {met(ratio >= STACK_TARGET)}"
            )
    if name == "rare10k" and COMPILED in timed.turns:
        pace = middle(timed.turns[COMPILED], "pace")
        decode = middle(timed.turns[COMPILED], "decode")
        lines.append(
            f"- {COMPILED.name}: {pace:.0f} MB/CPU-s, at least {PACE_TARGET}: {met(pace >= PACE_TARGET)}; "
            f"UTF-8 was decoded at {decode:,.0f} MB/s meanwhile, at {TARGET_DECODE:,} where the target was set"
        )
    return lines


def personal_verdicts(timed: Timed, judged: Mapping[str, Mapping[str, screening_mentions.Judged]]) -> list[str]:
    """Hold ours against Presidio."""
    if not {OURS_PERSONAL, ANALYZER} <= timed.turns.keys():
        return []
    ratio = statistics.median(times(timed, OURS_PERSONAL, ANALYZER))
    lines = [
        f"- {ratio:.0f} x {ANALYZER.name}, at least {ANALYZER_TARGET}: {met(ratio >= ANALYZER_TARGET)}",
    ]
    for name, by_engine in judged.items():
        ours, peer = by_engine[OURS_PERSONAL.name].recall(), by_engine[ANALYZER.name].recall()
        word = "better" if ours > peer else "the same" if ours == peer else "worse"
        lines.append(f"- recall on {name}: {ours:.1%}, {ANALYZER.name}: {peer:.1%}: {word}")
    if not timed.are_cores_alike:
        lines.append("- **the compiled core and the pure parts found different things**")
    return lines


def commit() -> str:
    """Return which state of the project was timed; nothing where it is not a checkout."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"], check=False, cwd=HERE, capture_output=True, text=True
    )
    return told.stdout.strip()


def references(every: Sequence[Timed]) -> str:
    """Say what the same bytes cost at least."""
    turns = [turn for timed in every for own in timed.turns.values() for turn in own]
    return f"Decoding UTF-8 {middle(turns, 'decode'):,.0f} MB/s, reading memory {middle(turns, 'memory'):,.0f} MB/s (medians of all turns)."


def report(
    corpus: Mapping,
    keywords: Mapping[str, Timed],
    personal: Timed | None,
    whole: Mapping[str, Whole | str],
    told: Mapping,
) -> str:
    """Return everything as Markdown."""
    every = [*keywords.values(), *([personal] if personal else [])]
    versions = {name: version for timed in every for name, version in timed.versions.items()}
    lines = [
        f"# Screening, {today()}",
        "",
        f"`{told['command']}`",
        "",
        machine(),
        "",
        ", ".join([f"commit {commit()}", *(f"{name} {version}" for name, version in versions.items())]),
        "",
        f"Corpus: {corpus['documents']:,} documents, {corpus['bytes'] / 1e6:.1f} MB of UTF-8, sha256 {corpus['sha256'][:16]}; {told['how']}; "
        "median (least–most of the rounds). " + references(every),
    ]
    for name, timed in keywords.items():
        lines += ["", f"## {LIBRARIES[name]}", "", *speed_table(timed, STACK, has_library=True)]
        lines += ["", *keyword_verdicts(name, timed)]
    if personal:
        lines += ["", "## Personal information", "", *speed_table(personal, ANALYZER, has_library=False)]
        judged = {}
        for name, sentences in mention_sets().items():
            shown, judged[name] = quality_table(personal, name, sentences)
            lines += ["", name, "", *shown]
        lines += ["", *personal_verdicts(personal, judged)]
    if whole:
        size = told["mb"]
        lines += [
            "",
            f"## Whole scans: {size:.0f} MB of text in 64 Parquet files, 10,000 words and personal information",
        ]
        lines += ["", *whole_table(whole, size)]
    return "\n".join([*lines, "", *([f"Peers: left out ({told['missing']})", ""] if told["missing"] else [])])


def command(arguments: argparse.Namespace) -> str:
    """Return what to enter to time the same again."""
    told = ["python benchmarks/screening.py", f"--rounds {arguments.rounds}", f"--seconds {arguments.seconds:g}"]
    return " ".join([*told, *(f"--only {name}" for name in arguments.only or ())])


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="CPU seconds of a turn")
    parser.add_argument("--core", type=int, default=(os.cpu_count() or 1) - 1, help="the one that all engines share")
    parser.add_argument("--quick", action="store_true", help="one library, two short rounds: does everything run?")
    parser.add_argument(
        "--only", action="append", choices=[*LIBRARIES, "personal", "whole"], help="this table; can be given again"
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "openbeian-bench-screening",
        help="corpus and environment of the peers, made when they are not there",
    )
    parser.add_argument(
        "--out", type=Path, default=HERE / "results" / f"screening-{today()}.md", help="where the tables are written"
    )
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.seconds = 2, 0.3
        arguments.only = arguments.only or ["rare10k", "personal"]
    return arguments


def main() -> None:
    """Time everything, print the tables and write them."""
    arguments = parse()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    chosen = arguments.only or [*LIBRARIES, "personal", "whole"]
    pythons, missing = available(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-screening-") as name:
        folder = Path(name)
        corpus = prepare(arguments, folder)
        keywords = {name: time_keywords(name, pythons, folder, arguments) for name in LIBRARIES if name in chosen}
        personal = time_personal(pythons, mention_sets(), folder, arguments) if "personal" in chosen else None
        copies = 1 if arguments.quick else WHOLE_COPIES
        library = arguments.cache / "corpus" / "kw.rare10k.txt"
        whole = time_whole(folder / "text.parquet", library, copies, folder) if "whole" in chosen else {}
        size = pc.sum(pc.binary_length(pq.read_table(folder / "text.parquet", columns=["text"])["text"])).as_py() / 1e6
    told = {
        "command": command(arguments),
        "how": f"{arguments.rounds} rounds of {arguments.seconds:g} CPU-s a turn, core {arguments.core}",
        "missing": missing,
        "mb": size * copies,
    }
    text = report(corpus, keywords, personal, whole, told)
    arguments.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
