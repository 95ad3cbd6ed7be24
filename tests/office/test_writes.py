"""Only services write, and views ask no table: read from the source as a tree."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "openbeian" / "office"
WRITES = {
    "save",
    "create",
    "update",
    "delete",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "asave",
    "acreate",
}
VIEWS = ("views.py", "context.py", "urls.py", "forms.py")
FILES = [path for path in sorted(SOURCE.rglob("*.py")) if "migrations" not in path.parts]


def _called(tree: ast.AST) -> list[tuple[int, str, str]]:
    """Return line, receiver and name of every method call."""
    return [
        (node.lineno, ast.unparse(node.func.value), node.func.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]


def _is_value(receiver: str, name: str) -> bool:
    """Tell whether the receiver is a plain value, which has `update` too: a dict, a set, a hash, a context."""
    return name == "update" and ".objects" not in receiver and ".filter(" not in receiver and ".all()" not in receiver


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_file_but_a_service_writes_to_a_table(path):
    if path.name == "services.py":
        return
    found = [
        (line, f"{receiver}.{name}")
        for line, receiver, name in _called(ast.parse(path.read_text(encoding="utf-8")))
        if name in WRITES and not _is_value(receiver, name)
    ]
    assert not found


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.name.endswith(VIEWS) or "api" in path.parts],
    ids=lambda p: str(p.relative_to(SOURCE)),
)
def test_views_and_the_api_ask_no_table_themselves(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "objects"]
    raw = {"cursor", "raw", "extra"}
    assert not [line for line, _, name in _called(tree) if name in raw]


def test_a_case_changes_its_state_in_one_place_only():
    places = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            targets = node.targets if isinstance(node, ast.Assign) else []
            places += [
                (path.name, ast.unparse(target)) for target in targets if ast.unparse(target).endswith("filing.state")
            ]
    assert places == [("services.py", "filing.state")]


@pytest.mark.parametrize("path", [p for p in FILES if p.name == "services.py"], ids=lambda p: p.parent.name)
def test_every_service_that_writes_is_atomic(path):
    """A public act is one transaction; `record` demands the one of its act."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bare = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and any(name in WRITES for _, _, name in _called(node))
        and "transaction.atomic" not in [ast.unparse(mark) for mark in node.decorator_list]
    ]
    assert [name for name in bare if name != "record"] == []
