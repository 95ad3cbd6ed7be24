"""House rules that no linter knows."""

import ast
import gc
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "openbeian"
FILES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
VAGUE = {"utils", "helpers", "manager", "handler", "misc", "common"}


def _parsed(path: Path) -> ast.Module:
    """Return a module's tree. Collecting garbage meanwhile can run other code and confuse CPython 3.11's parser."""
    gc.disable()
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    finally:
        gc.enable()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(_parsed(path)), f"{path}: no docstring"
    assert path.stem not in VAGUE


def test_no_function_is_longer_than_a_page():
    long = [
        f"{path.relative_to(SOURCE)}:{node.lineno} {node.name}"
        for path in FILES
        for node in ast.walk(_parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno > 80
    ]
    assert not long
