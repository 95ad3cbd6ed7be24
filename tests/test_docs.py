"""The documents say what runs: generated parts are current, links lead somewhere, nothing speaks of where it was made."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])


def _generator():
    spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "tools" / "generate_docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_those_committed():
    for path, text in _generator().pages().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_that_exist(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_guide_is_linked_from_the_readme_or_architecture():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "docs/guides/" in readme
    assert {path.stem for path in (ROOT / "docs" / "guides").glob("*.md")} >= {
        "provider",
        "office",
        "public",
        "operator",
    }


def test_every_dependency_has_its_line_in_the_decision_record():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    record = (ROOT / "docs" / "adr" / "0002-dependencies.md").read_text(encoding="utf-8").lower()
    core = project.split("dependencies = [")[1].split("\n]")[0]
    for name in re.findall(r'^\s+"([A-Za-z0-9_.-]+)', core, re.MULTILINE):
        assert name.lower() in record, name
