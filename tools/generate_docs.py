"""Writes the generated parts of the documentation: process tables, rights, packs, the command line, the numbers of the mathematics.

`make docs` writes them; a test compares them with what is committed, so the documents say what runs.
"""

from __future__ import annotations

from pathlib import Path

import typer

ROOT = Path(__file__).resolve().parent.parent
NOTE = "<!-- 由 tools/generate_docs.py 生成，请勿手改；make docs 重新生成。 -->\n\n"


def process_page() -> str:
    """Return the transition tables of all tracks."""
    from openbeian.rules import Process

    process = Process.load()
    roles = {role.id: role.name_zh for role in process.pack.roles}
    names = {state.id: state.name_zh for state in process.pack.states}
    kinds = {
        "statutory": "法定",
        "practice": "实务",
        "project_policy": "项目政策",
        "observed": "推算",
        "provider_defined": "自定",
    }
    lines = ["# 流程表", "", "每一步是一行；不在表里的一步会被拒绝。“待核对”表示来源不足两个。", ""]
    for track in process.pack.tracks:
        lines += [
            f"## {track.name_zh}（{track.id}）",
            "",
            track.applies_to,
            "",
            "| 步骤 | 从 | 到 | 由谁 | 条件 | 依据 | 性质 |",
            "|---|---|---|---|---|---|---|",
        ]
        for row in process.transitions(track.id):
            act = process.pack.acts[row.act].name_zh
            before = "、".join(names[state] for state in row.from_)
            who = "、".join(roles[role] for role in row.roles)
            guards = "、".join(f"`{guard}`" for guard in row.guards)
            flag = "（待核对）" if row.to_check else ""
            lines.append(
                f"| {act} `{row.act}` | {before} | {names[row.to]} | {who} | {guards} | {row.basis}{flag} | {kinds[row.kind]} |"
            )
        lines.append("")
    lines += ["## 期限", "", "| 编号 | 事项 | 长度 | 性质 | 依据 |", "|---|---|---|---|---|"]
    for term in process.pack.deadlines:
        value = "—" if term.value is None else f"{term.value} {term.unit or ''}"
        lines.append(f"| {term.id} | {term.what} | {value} | {kinds[term.kind]} | {term.basis} |")
    return NOTE + "\n".join(lines) + "\n"


def packs_page() -> str:
    """Return the list of packs with how much of each is still to be checked."""
    from openbeian.rules import load_pack, pack_ids

    lines = ["# 规则包", "", "| 编号 | 名称 | 版本 | 条数 | 待核对 |", "|---|---|---|---|---|"]
    for pack_id in pack_ids():
        pack = load_pack(pack_id)
        lines.append(f"| `{pack.id}` | {pack.title} | {pack.edition} | {pack.count} | {pack.to_check_count} |")
    return NOTE + "\n".join(lines) + "\n"


def commands_page() -> str:
    """Return every command with its arguments, and the exit codes."""
    from openbeian.cli.app import app
    from openbeian.cli.console import Exit

    lines = ["# 命令行", "", "| 退出码 | 含义 |", "|---|---|"]
    words = {
        "OK": "完成，没有问题",
        "PROBLEMS": "完成，发现问题",
        "USAGE": "命令写错了",
        "ENVIRONMENT": "周围缺少东西：扩展、端口、机构、磁盘",
        "INTERRUPTED": "被停止；再运行会继续",
    }
    lines += [f"| {code.value} | {words[code.name]} |" for code in Exit] + [""]
    root = typer.main.get_command(app)
    for name, command in sorted(root.commands.items()):  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        rows = [(f"{name} {sub}", child) for sub, child in sorted(inner.items())] if inner else [(name, command)]
        for title, entry in rows:
            lines += [f"## openbeian {title}", "", (entry.help or "").strip(), ""]
            shown = [p for p in entry.params if p.name != "help"]
            if shown:
                lines += ["| 参数 | 说明 |", "|---|---|"]
                lines += [
                    f"| `{' / '.join([*p.opts, *p.secondary_opts])}` | {getattr(p, 'help', None) or '—'} |"
                    for p in shown
                ] + [""]
    return NOTE + "\n".join(lines).rstrip() + "\n"


def mathematics_page() -> str:
    """Return the page on the mathematics, every number in it from the worked examples that the tests hold."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from openbeian.studio.objectives.worked import bounds, equilibria, games

    words = Environment(  # noqa: S701 - Markdown, and nothing in it comes from outside
        loader=FileSystemLoader(ROOT / "tools"),
        undefined=StrictUndefined,
        variable_start_string="⟦",
        variable_end_string="⟧",
        block_start_string="⟦%",
        block_end_string="%⟧",
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    words.filters["places"] = lambda value, places: f"{round(value, places) + 0.0:.{places}f}"
    page = words.get_template("mathematics.template.md").render(games=games, equilibria=equilibria, bounds=bounds)
    return (
        NOTE.replace("请勿手改", "文字在 tools/mathematics.template.md，数在 studio/objectives/worked，请勿手改") + page
    )


def pages() -> dict[Path, str]:
    """Return the text of every generated page by its path."""
    folder = ROOT / "docs" / "reference"
    return {
        folder / "process.md": process_page(),
        folder / "packs.md": packs_page(),
        folder / "command-line.md": commands_page(),
        ROOT / "docs" / "mathematics.md": mathematics_page(),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
