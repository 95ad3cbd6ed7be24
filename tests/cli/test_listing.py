"""Findings on the terminal: folded at its width with nothing lost, one line when piped, and the next step for every gap."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from openbeian.cli import listing
from openbeian.manifest import load_manifest
from openbeian.rules import Verdict, clause_pack, find
from tests.rules.test_findings import NOW

PACK = clause_pack("gbt-45654-2025")


@pytest.fixture
def printed(monkeypatch, example):
    """What the findings of the example look like at a width, on a terminal or piped."""
    manifest = load_manifest(example / "service.yaml").manifest
    findings = find(PACK, manifest, [], now=NOW)

    def at(width, *, is_terminal):
        text = io.StringIO()
        console = Console(file=text, width=width, force_terminal=is_terminal, color_system=None, highlight=False)
        monkeypatch.setattr(listing, "out", console)
        stated = [row.clause for row in manifest.statements if row.verdict == "符合"]
        listing.print_findings(PACK, findings, "service.yaml", stated)
        return text.getvalue()

    at.findings = findings
    return at


@pytest.mark.req("F1")
@pytest.mark.parametrize("width", [60, 100, 160])
def test_on_a_terminal_no_line_is_wider_and_no_word_is_lost(printed, width):
    folded, piped = printed(width, is_terminal=True), printed(width, is_terminal=False)
    assert max(map(cell_len, folded.splitlines())) <= width
    assert "".join(folded.split()) == "".join(piped.split())
    assert "…" not in folded


def test_piped_every_clause_reason_and_gap_is_a_line_that_can_be_searched(printed):
    lines = printed(80, is_terminal=False).splitlines()
    for finding in printed.findings:
        assert any(line[2:].startswith(f"{finding.clause} {finding.topic}") for line in lines)
        assert any(line.startswith(f"    {finding.reason}") for line in lines)
        assert not finding.missing or f"    缺：{'、'.join(finding.missing)}" in lines


def test_every_gap_is_served_by_a_step_that_says_what_to_do(printed):
    text = printed(160, is_terminal=False)
    steps = text.partition("下一步")[2]
    served = {clause for line in steps.splitlines() if line.startswith("   用于 ") for clause in line[6:].split("、")}
    assert served == {finding.clause for finding in printed.findings if finding.missing}
    for command in ("openbeian scan", "openbeian assess", "openbeian review", "openbeian evidence attest service.yaml"):
        assert command in steps


def test_the_summary_counts_what_is_above_it(printed):
    (line,) = [line for line in printed(160, is_terminal=False).splitlines() if line.startswith(PACK.title)]
    fails = [finding for finding in printed.findings if finding.verdict is Verdict.FAILS]
    warnings = [finding for finding in fails if finding.is_warning]
    assert f"76 条，符合 0，不符合 {len(fails)}（其中宜 {len(warnings)}）" in line
    assert f"{sum(finding.to_check for finding in printed.findings)} 条标“待核对”" in line


def test_every_command_that_a_step_names_is_one_that_there_is():
    from typer.main import get_command

    from openbeian.cli.app import app

    known = set(get_command(app).commands)
    assert {command.split()[1] for command in listing.COMMANDS.values()} <= known


def test_every_figure_that_a_command_gives_is_one_of_the_rule():
    metrics = {limit.metric for limit in PACK.thresholds}
    assert {name.partition("/")[0] for name in listing.COMMANDS} <= metrics


@given(st.text(st.sampled_from("中文，。 ab-1［］\t"), max_size=80), st.integers(10, 40))
def test_folding_keeps_every_character_but_blanks(text, width):
    lines = list(listing._folded(text, width, "  "))
    assert "".join("".join(lines).split()) == "".join(text.split())
