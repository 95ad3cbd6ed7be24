"""Reading a recipe: shipped by name or a user's own file, with values set on the command line; a mistake names line and nearest word."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from openbeian.manifest import Fault, ManifestInvalid, Problem, reason_of
from openbeian.manifest.outline import Outline, outline
from openbeian.studio.recipes.lines import TextGan
from openbeian.studio.recipes.model import ImageGan, ImageVae, Recipe
from openbeian.studio.recipes.replies import Replies

AnyRecipe = ImageGan | ImageVae | TextGan | Replies
RECIPES: TypeAdapter[AnyRecipe] = TypeAdapter(Annotated[AnyRecipe, Field(discriminator="family")])

SUFFIXES = frozenset({".yaml", ".yml"})
MAX_BYTES = 100_000


def shipped() -> dict[str, str]:
    """Return the texts of the shipped recipes by name, in order."""
    folder = files("openbeian.studio.recipes")
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    return {
        entry.name.removesuffix(".yaml"): entry.read_text(encoding="utf-8")
        for entry in sorted(found, key=lambda e: e.name)
    }


def load_recipe(name: str, settings: Iterable[str] = ()) -> Recipe:
    """Read a recipe.

    Args:
        name: of a shipped recipe, or the path of a YAML file.
        settings: `field.of.part=value`; the value is read as YAML, `null` takes a field back to nothing.

    Raises:
        Fault: `unknown-recipe`, `recipe-*`: with line and nearest word.
    """
    text, file = _text(name)
    try:
        found = outline(text, file)
    except ManifestInvalid as reason:
        raise Fault("recipe-yaml", reason.message, reason.remedy, file=file, line=reason.line) from reason
    if not isinstance(found.value, dict):
        raise Fault("recipe-yaml", "配方不是一组字段", "对照现有配方改写", file=file, line=1)
    set_here = [_set(found.value, setting) for setting in settings]
    try:
        return RECIPES.validate_python(found.value)
    except ValidationError as errors:
        raise _fault(errors, found, file, set_here) from errors


def recipe_of(facts: Mapping[str, Any]) -> Recipe:
    """Return the recipe that a run's record holds.

    Raises:
        Fault: `run-broken` when it is not one.
    """
    try:
        return RECIPES.validate_python(facts["recipe"])
    except (ValidationError, KeyError) as reason:
        raise Fault("run-broken", "训练运行记录里的配方读不懂", "用训练时的版本打开，或重新训练") from reason


def _text(name: str) -> tuple[str, str]:
    known = shipped()
    if name in known:
        return known[name], f"{name}.yaml"
    path = Path(name)
    if path.suffix not in SUFFIXES:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"是不是 {near[0]}？" if near else ""
        raise Fault(
            "unknown-recipe", f"没有配方 {name}", f"{hint}现有配方：{'、'.join(known)}；自己的配方写成 .yaml 文件"
        )
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Fault("recipe-too-large", "配方文件太大", "配方只写参数，不写数据", file=name)
        return path.read_text(encoding="utf-8-sig"), name
    except OSError as reason:
        raise Fault("recipe-unreadable", f"读不了配方：{reason_of(reason)}", "检查路径和权限", file=name) from reason
    except UnicodeDecodeError as reason:
        raise Fault("recipe-encoding", "配方不是 UTF-8 编码", "用编辑器另存为 UTF-8", file=name) from reason


def _set(tree: dict[str, Any], setting: str) -> str:
    """Put one value into the tree; return its dotted name."""
    dotted, sign, written = setting.partition("=")
    steps = dotted.strip().split(".")
    if not sign or not all(steps):
        raise Fault("recipe-setting", f"看不懂设置 {setting}", "写成 objective.game=hinge 的样子")
    try:
        value = outline(written, "--set").value
    except ManifestInvalid as reason:
        raise Fault("recipe-setting", f"看不懂设置 {setting} 的值", reason.remedy) from reason
    part = tree
    for step in steps[:-1]:
        inner = part.setdefault(step, {})
        if not isinstance(inner, dict):
            raise Fault("recipe-setting", f"{step} 是一个值，不是一组字段", "检查设置的写法", path=dotted)
        part = inner
    part[steps[-1]] = value
    return ".".join(steps)


def _fault(errors: ValidationError, found: Outline, file: str, set_here: list[str]) -> Fault:
    """Return all mistakes of a recipe as one fault, at the place of the first."""
    problems = [_problem(error, found, file, set_here) for error in errors.errors(include_url=False)]
    first = problems[0]
    more = f"（另有 {len(problems) - 1} 处）" if len(problems) > 1 else ""
    return Fault(first.code, first.message + more, first.remedy, file=first.file, line=first.line, path=first.path)


def _problem(error: Mapping[str, Any], found: Outline, file: str, set_here: list[str]) -> Problem:
    steps = [str(step) for step in error["loc"]]
    # The union's own tag (the family) stands first in the place of an error.
    if steps and steps[0] in _families():
        steps = steps[1:]
    path = ".".join(steps)
    said, remedy = _words(error, steps, found.value.get("family"))
    is_set_here = any(path.startswith(name) for name in set_here)
    line = None if is_set_here else _line(path, found.lines)
    return Problem(f"recipe-{error['type']}", said, remedy, "--set" if is_set_here else file, line, path or "family")


def _words(error: Mapping[str, Any], steps: list[str], family: object) -> tuple[str, str]:
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(steps[-1], _fields(family, steps[:-1]), 1)
        return (
            f"没有字段 {steps[-1]}",
            f"是不是 {near[0]}？" if near else f"可用的字段：{'、'.join(_fields(family, steps[:-1]))}",
        )
    if error["type"] in {"literal_error", "union_tag_invalid", "union_tag_not_found"}:
        allowed = str(
            error.get("ctx", {}).get("expected") or error.get("ctx", {}).get("expected_tags") or "、".join(_families())
        )
        allowed = allowed.replace(" or ", "、").replace(", ", "、").replace("'", "")
        return (
            f"不认识的取值 {error.get('input') if not isinstance(error.get('input'), dict) else family}",
            f"可选：{allowed}",
        )
    context = error.get("ctx", {})
    bounds = {"greater_than_equal": "ge", "less_than_equal": "le", "greater_than": "gt", "less_than": "lt"}
    if error["type"] in bounds:
        sign = {"ge": "≥", "le": "≤", "gt": ">", "lt": "<"}[bounds[error["type"]]]
        return f"{error['input']} 超出范围", f"应 {sign} {context[bounds[error['type']]]}"
    if error["type"] == "missing":
        return "缺少这一项", "请补写"
    if error["type"] == "value_error":
        return str(context.get("error")), "请改写"
    return f"取值 {error['input']!r} 的类型不对", "对照现有配方的写法"


def _families() -> dict[str, type[Recipe]]:
    """Return the recipe types by family."""
    return {kind.model_fields["family"].annotation.__args__[0]: kind for kind in Recipe.__subclasses__()}  # type: ignore[union-attr]


def _fields(family: object, steps: list[str]) -> list[str]:
    """Return the names a part of a recipe may have."""
    here: Any = _families().get(str(family), Recipe)
    for step in steps:
        field = here.model_fields.get(step) if isinstance(here, type) and issubclass(here, BaseModel) else None
        kinds = getattr(field.annotation, "__args__", None) or (field.annotation,) if field else ()
        here = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), Recipe)
    return list(here.model_fields)


def _line(path: str, lines: Mapping[str, int]) -> int | None:
    while path and path not in lines:
        path = path.rpartition(".")[0]
    return lines.get(path)
