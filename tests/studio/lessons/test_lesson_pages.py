"""The pages of the lessons say what the runs beside them found."""

import importlib.util
import re
from pathlib import Path

import pytest

from openbeian.studio.lessons.running import LESSONS

pytestmark = [pytest.mark.studio, pytest.mark.req("M7")]

ROOT = Path(__file__).resolve().parents[3]


def _pages():
    spec = importlib.util.spec_from_file_location("lesson_pages", ROOT / "tools" / "lesson_pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_are_those_the_results_make():
    found = _pages().pages()
    assert {path.stem for path in found} == set(LESSONS)
    for path, text in found.items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run tools/lesson_pages.py"


@pytest.mark.parametrize("name", LESSONS)
def test_results_are_those_of_the_lesson_s_variants_and_every_picture_is_shown(name):
    results, lesson = _pages().Results(name).all, LESSONS[name]
    assert [(row["name"], row["change"]) for row in results["variants"]] == [
        (each.name, each.change) for each in lesson.variants
    ]
    page = (ROOT / "docs" / "lessons" / f"{name}.md").read_text(encoding="utf-8")
    shown = set(re.findall(rf"\(({name}/[^)]+\.png)\)", page))
    kept = {f"{name}/{path.name}" for path in (ROOT / "docs" / "lessons" / name).glob("*.png")}
    assert shown == kept
