"""Writes the pages of the lessons: words from `tools/lessons/*.template.md`, numbers from the `results.json` beside the pictures.

Run it after `openbeian lesson NAME --out docs/lessons/NAME`; a test compares the pages with what is committed, so no number is typed by hand.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LESSONS = ROOT / "docs" / "lessons"
WORDS = ROOT / "tools" / "lessons"
NOTE = "<!-- 由 tools/lesson_pages.py 生成：文字在 tools/lessons/{name}.template.md，数在 {name}/results.json，请勿手改。 -->\n\n"
NONE = "—"
SHARES = ("variety", "precision", "recall", "coverage")


class Results:
    """The results of a lesson as its template reads them."""

    def __init__(self, name: str) -> None:
        self.all: dict[str, Any] = json.loads((LESSONS / name / "results.json").read_text(encoding="utf-8"))
        self._rows = {row["name"]: row for row in self.all["variants"]}

    def by(self, name: str) -> dict[str, Any]:
        """Return what came of a variant."""
        return self._rows[name]

    def table(self, *names: str) -> str:
        """Return the figures of variants of a picture lesson, all without names."""
        lines = [
            "| 做法 | 步数 | D 的损失 | G 的损失 | 差异 | FID-c | 精确率 | 召回率 | 覆盖率 |",
            "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
        ]
        for name in names or self._rows:
            row = self._rows[name]
            last, figures = row["last"], row["figures"]
            cells = [
                row["change"],
                str(row["steps"]),
                *(places(last.get(player), 3) for player in ("discriminator", "generator")),
                places(figures.get("variety"), 2),
                places(figures.get("fid_c"), 1),
                *(places(figures.get(share), 2) for share in SHARES[1:]),
            ]
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines)

    def bags(self, *names: str) -> str:
        """Return the figures of variants of chapter 15's bags."""
        lines = [
            "| 做法 | 一次合成模型的更新后 D 的参数移动了 | 一条里“说”了几个字 | 不同的（共生成） | D 对生成的 | D 的损失 | 合成模型的损失 |",
            "|---|--:|--:|--:|--:|--:|--:|",
        ]
        for name in names:
            row = self._rows[name]
            last, figures = row["last"], row["figures"]
            cells = [
                row["change"],
                places(figures["discriminator_moved"], 3),
                places(figures["characters"], 0),
                f"{figures['distinct']:.0f}（{figures['samples']:.0f}）",
                places(figures["believed_fake"], 3),
                places(last["discriminator"], 3),
                places(last["generator"], 3),
            ]
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines)

    def curves(self, *names: str) -> str:
        """Return the curves of variants in a row."""
        lesson = self.all["lesson"]
        heads = [self._rows[name]["change"] for name in names]
        shown = [f"![{name} 的损失曲线]({lesson}/{name}-losses.png)" for name in names]
        return f"| {' | '.join(heads)} |\n|{'---|' * len(names)}\n| {' | '.join(shown)} |"

    def pictures(self, *names: str) -> str:
        """Return the samples and curves of variants beside each other."""
        lesson = self.all["lesson"]
        lines = ["| 做法 | 样本 | 损失 |", "|---|---|---|"]
        for name in names:
            row = self._rows[name]
            curves = f"![{name} 的损失曲线]({lesson}/{name}-losses.png)" if row["steps"] else NONE
            lines.append(f"| {row['change']} | ![{name} 的样本]({lesson}/{name}.png) | {curves} |")
        return "\n".join(lines)

    def basis(self) -> str:
        """Return what the figures rest on, in one paragraph."""
        found, against = self.all, self.all["measured_against"]
        spent = max(row["cpu_seconds"] for row in found["variants"])
        words = (
            f"数据：{found['data']['title']}，sha256 {found['data']['sha256'][:12]}…；种子 {found['seed']}，一次运行，没有重复；"
            f"torch {found['torch']}，单线程 CPU，最长的一种做法 {spent:.0f} CPU 秒（机器同时在做别的事）。"
        )
        if against is None:
            return words
        judge, samples = against["judge"], max(row["samples"] for row in found["variants"])
        floor = next(row["figures"]["floor_fid_c"] for row in found["variants"] if "floor_fid_c" in row["figures"])
        return words + (
            f"FID-c、精确率、召回率、覆盖率：{samples:,} 张样本对 {against['name']} 的测试图（sha256 {against['sha256'][:12]}…），"
            f"评审模型 {judge['sha256'][:12]}…（测试准确率 {judge['accuracy']:.2%}）；真图之间的 FID-c 是 {floor:.2f}，样本数不同的不能比。"
        )


def places(value: float | None, count: int) -> str:
    """Return a number with so many decimals, a dash for none."""
    return NONE if value is None else f"{round(value, count) + 0.0:.{count}f}"


def pages() -> dict[Path, str]:
    """Return the text of every lesson's page by its path."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    words = Environment(  # noqa: S701 - Markdown, and nothing in it comes from outside
        loader=FileSystemLoader(WORDS),
        undefined=StrictUndefined,
        variable_start_string="⟦",
        variable_end_string="⟧",
        block_start_string="⟦%",
        block_end_string="%⟧",
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    words.filters["places"] = places
    found = {}
    for template in sorted(WORDS.glob("*.template.md")):
        name = template.name.removesuffix(".template.md")
        page = words.get_template(template.name).render(run=Results(name))
        found[LESSONS / f"{name}.md"] = NOTE.format(name=name) + page
    return found


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
