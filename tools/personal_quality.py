"""Recall and precision of the rules for personal information, kind by kind, as a Markdown table.

python tools/personal_quality.py labelled.jsonl            # rows with text and entities (start, end, type)
python tools/personal_quality.py --alarms texts.txt ...    # what fires on texts that hold (almost) nothing, per MB
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from openbeian.screening import PersonalKind, find_personal

Span = tuple[int, int, str]


def quality_table(rows: Iterable[dict[str, Any]]) -> str:
    """Return a Markdown table: recall and precision of each kind by exact match of spans, review included."""
    found, missed, wrong = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        gold = _gold(row)
        ours = {(span.start, span.end, span.kind.value) for span in find_personal(row["text"], review=True)}
        found.update(kind for *_, kind in gold & ours)
        missed.update(kind for *_, kind in gold - ours)
        wrong.update(kind for *_, kind in ours - gold)
    lines = ["| kind | mentions | found | recall | wrong | precision |", "|---|---|---|---|---|---|"]
    for kind in PersonalKind:
        total, fired = found[kind] + missed[kind], found[kind] + wrong[kind]
        if total or fired:
            shares = _share(found[kind], total), _share(found[kind], fired)
            lines.append(f"| {kind} | {total} | {found[kind]} | {shares[0]} | {wrong[kind]} | {shares[1]} |")
    return "\n".join(lines)


def differences(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield what was missed and what was wrong, in words."""
    for row in rows:
        gold, text = _gold(row), row["text"]
        ours = {(span.start, span.end, span.kind.value) for span in find_personal(text, review=True)}
        for sign, spans in (("missed", gold - ours), ("wrong", ours - gold)):
            for start, end, kind in sorted(spans):
                yield f"{sign} {kind}: {text[max(0, start - 12) : start]}[{text[start:end]}]{text[end : end + 12]}"


def alarms(text: str) -> tuple[Counter[str], list[str]]:
    """Return how often each kind fires in a text, line by line, and the mentions with their neighbourhood."""
    counts, shown = Counter[str](), []
    for line in text.splitlines():
        for span in find_personal(line, review=True):
            counts[f"{span.kind} ({span.tier})"] += 1
            around = f"{line[max(0, span.start - 12) : span.start]}[{line[span.start : span.end]}]{line[span.end : span.end + 12]}"
            shown.append(f"{span.kind}: {around}")
    return counts, shown


def _gold(row: dict[str, Any]) -> set[Span]:
    known = {kind.name: kind.value for kind in PersonalKind} | {"NAME": "person"}
    return {(e["start"], e["end"], known[e["type"]]) for e in row["entities"] if e["type"] in known}


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def main() -> None:
    """Print the table, or the alarms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--alarms", action="store_true", help="texts without labels: count what fires")
    parser.add_argument("--show", type=int, default=0, help="how many cases to print")
    arguments = parser.parse_args()
    for file in arguments.files:
        text = file.read_text(encoding="utf-8")
        if arguments.alarms:
            counts, cases = alarms(text)
            print(f"{file.name}: {len(text.encode()) / 1e6:.2f} MB, {dict(counts.most_common())}")
        else:
            rows = [json.loads(line) for line in text.splitlines()]
            print(quality_table(rows))
            cases = list(differences(rows))
        print("\n".join(cases[: arguments.show]))


if __name__ == "__main__":
    main()
