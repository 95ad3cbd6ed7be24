"""The space of a search: which fields of a recipe may take which values, read from a short YAML file.

    optimiser.generator_rate: {low: 1.0e-4, high: 2.0e-3, log: true}
    objective.real_penalty: [0.1, 10]
    objective.game: {choices: [relativistic, hinge]}

The recipe's own reader is asked about every end and every choice, so that a mistake is found before the first trial.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NoReturn

from openbeian.manifest import Fault, ManifestInvalid, reason_of
from openbeian.manifest.outline import Outline, outline
from openbeian.studio.recipes import Recipe, as_plain, load_recipe

FIXED: Final = frozenset({"name", "title", "family", "data", "budget", "machine", "evaluation"})
"""Parts that all trials share, or their figures could not be compared."""

MAX_BYTES: Final = 100_000
_RANGE: Final = ("low", "high", "log")
_KEYS: Final = (*_RANGE, "choices")


@dataclass(frozen=True)
class Span:
    """All values from `low` to `high`, both among them; `is_log` draws evenly in the logarithm; `is_whole` for whole numbers."""

    field: str
    low: float
    high: float
    is_log: bool = False
    is_whole: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as it may stand in a space file."""
        return {"low": self.low, "high": self.high} | ({"log": True} if self.is_log else {})


@dataclass(frozen=True)
class Choice:
    """A few values of any kind."""

    field: str
    choices: tuple[Any, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as it may stand in a space file."""
        return {"choices": list(self.choices)}


Dimension = Span | Choice


def setting(field: str, value: Any) -> str:
    """Return a value as a setting of the recipe reader."""
    written = json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and "e" in written and "." not in written:
        written = written.replace("e", ".0e")  # YAML 1.2 as read here wants the point
    return f"{field}={written}"


def load_space(path: Path | None, recipe: str, settings: Sequence[str] = ()) -> tuple[Dimension, ...]:
    """Read a space.

    Args:
        path: of a YAML file; None for the shipped one of the recipe's family.
        recipe: name or path, as for `load_recipe`.
        settings: as for `load_recipe`.

    Raises:
        Fault: `space-*`, with line and nearest field; those of `load_recipe`.
    """
    base = load_recipe(recipe, settings)
    text, file = _shipped(base) if path is None else _read(path)
    try:
        found = outline(text, file)
    except ManifestInvalid as reason:
        raise Fault("space-yaml", reason.message, reason.remedy, file=file, line=reason.line) from reason
    if not isinstance(found.value, dict) or not found.value:
        raise Fault("space-yaml", "搜索范围不是一组字段", "写成 optimiser.batch: [32, 128] 的样子", file=file, line=1)
    reader = _Reader(recipe, tuple(settings), base, found, file)
    return tuple(reader.dimension(field, said) for field, said in found.value.items())


@dataclass(frozen=True)
class _Reader:
    recipe: str
    settings: tuple[str, ...]
    base: Recipe
    found: Outline
    file: str

    def dimension(self, field: str, said: Any) -> Dimension:
        """Return what a file says of one field."""
        if field.partition(".")[0] in FIXED:
            self._refuse(field, "各次试验要共用这一项，才能互相比较", "从搜索范围里删去；要改就用 --set")
        if isinstance(said, list):
            said = self._pair(field, said)
        if not isinstance(said, dict):
            self._refuse(field, f"看不懂范围 {said!r}", "写成 [低, 高]、{low: , high: , log: true} 或 {choices: [...]}")
        for key in said:
            if key not in _KEYS:
                near = difflib.get_close_matches(key, _KEYS, 1)
                remedy = f"是不是 {near[0]}？" if near else f"可用的：{'、'.join(_KEYS)}"
                self._refuse(f"{field}.{key}", f"没有 {key} 这一项", remedy)
        return self._choice(field, said) if "choices" in said else self._span(field, said)

    def _pair(self, field: str, said: list[Any]) -> dict[str, Any]:
        if len(said) != 2 or not all(map(_is_number, said)):
            self._refuse(field, "范围不是两个数", "两个数写成 [低, 高]；几种取值写成 {choices: [...]}")
        return {"low": said[0], "high": said[1]}

    def _choice(self, field: str, said: Mapping[str, Any]) -> Choice:
        choices = said["choices"]
        if len(said) > 1:
            self._refuse(field, "choices 不能和 low、high、log 一起写", "留一种写法")
        if not isinstance(choices, list) or len({json.dumps(each, default=str) for each in choices}) < 2:
            self._refuse(field, "choices 里要有至少两种不同的取值", "补写，或删去这一项")
        if isinstance(choices, list) and len({json.dumps(each, default=str) for each in choices}) < len(choices):
            self._refuse(field, "choices 里有一种取值写了两次", "删去其中一处")
        for each in choices:
            self._taken(field, each)
        return Choice(field, tuple(choices))

    def _span(self, field: str, said: Mapping[str, Any]) -> Span:
        low, high, is_log = said.get("low"), said.get("high"), said.get("log", False)
        if not _is_number(low) or not _is_number(high):
            self._refuse(field, "low 和 high 要是两个数", "补写，或改写成 {choices: [...]}")
        if not isinstance(is_log, bool):
            self._refuse(field, f"log 的取值 {is_log!r} 不是 true 或 false", "改写")
        assert low is not None
        assert high is not None
        if low >= high:
            self._refuse(field, f"{low} 不小于 {high}", "先写低的，后写高的")
        if is_log and low <= 0:
            self._refuse(field, "按对数取值时 low 要大于 0", "提高 low，或删去 log")
        ends = [self._taken(field, end) for end in (low, high)]
        if not all(map(_is_number, ends)):
            self._refuse(field, "这个字段不是数", "写成 {choices: [...]}")
        is_whole = all(isinstance(end, int) for end in ends)
        return Span(field, ends[0], ends[1], is_log=is_log, is_whole=is_whole)

    def _taken(self, field: str, value: Any) -> Any:
        """Return a value as the recipe takes it."""
        try:
            here: Any = load_recipe(self.recipe, [*self.settings, setting(field, value)])
        except (Fault, TypeError) as reason:
            said = reason if isinstance(reason, Fault) else Fault("", f"取值 {value!r} 的类型不对", "改写")
            near = self._near(field) if said.code == "recipe-extra_forbidden" else None
            self._refuse(field, said.message, f"是不是 {near}？" if near else said.remedy)
        for step in field.split("."):
            here = getattr(here, step) if hasattr(here, step) else here[step]
        return here

    def _near(self, field: str) -> str | None:
        known = [name for name in _leaves(as_plain(self.base)) if name.partition(".")[0] not in FIXED]
        same = [name for name in known if name.rpartition(".")[2] == field.rpartition(".")[2]]
        return next(iter(same or difflib.get_close_matches(field, known, 1)), None)

    def _refuse(self, field: str, message: str, remedy: str) -> NoReturn:
        line = self.found.lines.get(field)
        raise Fault("space-field", message, remedy, file=self.file, line=line, path=field)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _leaves(tree: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{before}{name}.")
        else:
            yield f"{before}{name}"


def _shipped(recipe: Recipe) -> tuple[str, str]:
    family = str(as_plain(recipe)["family"])
    found = files("openbeian.studio.tuning").joinpath(f"{family}.yaml")
    if not found.is_file():
        raise Fault("no-space", f"{family} 没有现成的搜索范围", "自己写一个 .yaml，用 --space 给出")
    return found.read_text(encoding="utf-8"), f"{family}.yaml"


def _read(path: Path) -> tuple[str, str]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Fault("space-too-large", "搜索范围的文件太大", "只写字段和范围", file=str(path))
        return path.read_text(encoding="utf-8-sig"), str(path)
    except OSError as reason:
        raise Fault(
            "space-unreadable", f"读不了搜索范围：{reason_of(reason)}", "检查路径和权限", file=str(path)
        ) from reason
    except UnicodeDecodeError as reason:
        raise Fault("space-encoding", "搜索范围不是 UTF-8 编码", "用编辑器另存为 UTF-8", file=str(path)) from reason
