"""Writes docs/reference/evasions.md: every way to hide a word, found or not, with the controls that must stay silent.

The trials run through the same function as a scan; a test compares the page with a fresh run.
"""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

import pyarrow as pa

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from openbeian.screening.columns import Screen, scan_batch  # noqa: E402
from openbeian.screening.keywords import Keyword, Library  # noqa: E402
from tools.evasion_controls import CONTROLS  # noqa: E402
from tools.evasion_trials import ALLOWED, GROUPS, WORDS, Trial, trials  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "evasions.md"
NOTE = "<!-- 由 tools/evasion_table.py 生成，请勿手改。 -->\n\n"
TIERS = ("exact", "derived", "review", "none")
NAMES = dict(zip(TIERS, ("明文命中", "还原命中", "待人看", "未命中"), strict=True))
ENOUGH = {"plain": ("exact",), "derived": ("exact", "derived"), "review": TIERS[:3], "limit": TIERS[:3]}
HEAD = """# 规避手法与命中

Ways to hide a word, run through the scanner itself with neutral words: what is found by the fold alone (exact), by undoing (derived),
only for a person to look at (review), and what comparing words cannot find (limits).

词全是中性的。一种写法的每个例子都命中才算通过；写法与对照在调整程序之前写定，程序与写法出自同一个项目，所以这张表说明覆盖了什么，不说明没想到的写法会怎样。
“明文命中”只靠逐字折叠；“还原命中”单独列出，不与明文混算；“待人看”只进复核队列。
"""


class Trials:
    """Runs texts through the scan with the words of the trials."""

    def __init__(self) -> None:
        self._screen = Screen(Library([Keyword(word) for word in WORDS], ALLOWED), personal=False)

    def found(self, texts: list[str]) -> list[list[dict[str, object]]]:
        """Return the mentions in each text."""
        rows = pa.record_batch(
            {"row": pa.array(range(len(texts)), pa.int64()), "text": pa.array(texts, pa.large_string())}
        )
        mentions: list[list[dict[str, object]]] = [[] for _ in texts]
        for hit in scan_batch(rows, self._screen).to_pylist():
            mentions[hit["row"]].append(hit)
        return mentions

    def outcome(self, trial: Trial) -> tuple[str, list[str]]:
        """Return the weakest tier over the cases of a trial, and the ways it was found by."""
        mentions = self.found([case.text for case in trial.cases])
        best = []
        for case, hits in zip(trial.cases, mentions, strict=True):
            tiers = [(TIERS.index(str(hit["tier"])), str(hit["via"])) for hit in hits if hit["word"] == case.word]
            best.append(min(tiers, default=(len(TIERS) - 1, "")))
        vias = dict.fromkeys(via for _, via in best if via not in {"", "plain"})
        return TIERS[max(tier for tier, _ in best)], list(vias)


def counts() -> dict[str, tuple[int, int]]:
    """Return for each group how many trials pass, and of how many."""
    runner, listed = Trials(), trials()
    passed = {group: [runner.outcome(t)[0] in ENOUGH[group] for t in listed if t.group == group] for group in GROUPS}
    return {group: (sum(results), len(results)) for group, results in passed.items()}


def alarms() -> dict[str, list[dict[str, object]]]:
    """Return for each control what fires in it."""
    return dict(zip(CONTROLS, Trials().found(list(CONTROLS.values())), strict=True))


def page() -> str:
    """Return the whole page."""
    runner = Trials()
    outcomes = [(trial, *runner.outcome(trial)) for trial in trials()]
    lines = [HEAD, _summary(outcomes), ""]
    for group, name in GROUPS.items():
        lines += [f"## {name}", "", "| 写法 | 例 | 词 | 结果 | 途径 |", "|---|---|---|---|---|"]
        for trial, tier, vias in outcomes:
            if trial.group == group:
                case = trial.cases[0]
                way = "、".join(f"`{via}`" for via in vias)
                lines.append(f"| {trial.name} | {_shown(case.text)} | {case.word} | {NAMES[tier]} | {way} |")
        lines.append("")
    return NOTE + "\n".join([*lines, *_controls()]) + "\n"


def _summary(outcomes: list[tuple[Trial, str, list[str]]]) -> str:
    lines = ["| 组 | 写法 | 达到 |", "|---|---|---|"]
    for group, name in GROUPS.items():
        tiers = [tier for trial, tier, _ in outcomes if trial.group == group]
        lines.append(f"| {name} | {len(tiers)} | {sum(tier in ENOUGH[group] for tier in tiers)} |")
    return "\n".join(lines)


def _controls() -> list[str]:
    fired = alarms()
    sure = sum(any(hit["tier"] != "review" for hit in hits) for hits in fired.values())
    doubtful = sum(any(hit["tier"] == "review" for hit in hits) for hits in fired.values())
    lines = [
        "## 对照",
        "",
        f"{len(fired)} 段平常文字：明文与还原误报 {sure} 段，进复核队列 {doubtful} 段。放行的长词：{'、'.join(ALLOWED)}。",
        "",
        "| 对照 | 文字 | 误报 |",
        "|---|---|---|",
    ]
    for name, hits in fired.items():
        told = "、".join(dict.fromkeys(f"{hit['word']}（{NAMES[str(hit['tier'])]}）" for hit in hits))
        lines.append(f"| {name} | {_shown(CONTROLS[name])} | {told or '无'} |")
    return lines


def _shown(text: str) -> str:
    """Return a text for a cell of a table: invisible characters by their code points."""
    shown = "".join(char if _is_visible(char) else f"‹{ord(char):04X}›" for char in text)
    for char, form in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        ("|", "\\|"),
        ("*", "\\*"),
        ("_", "\\_"),
        ("`", "\\`"),
        ("~", "\\~"),
    ):
        shown = shown.replace(char, form)
    return shown.replace("[", "\\[")


def _is_visible(char: str) -> bool:
    return char == " " or unicodedata.category(char)[0] not in "CMZ"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE.name)
