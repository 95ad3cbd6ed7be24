"""Conditions on the manifest, written in packs: what must be filled in, what must be among which values."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

EACH = "[]"


class Condition(BaseModel):
    """One condition on one path of the manifest.

    A path steps over lists with `[]` (`data_sources.sources[].kind`): the condition speaks of all the values found.
    `filled` and `empty` ask whether there is any content; `any_in` and `none_in` compare with `values`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    op: Literal["filled", "empty", "any_in", "none_in"]
    values: tuple[str | bool, ...] = ()

    def holds(self, plain: Any) -> bool:
        """Tell whether the condition holds for a manifest in plain JSON."""
        found = values_at(plain, self.path)
        if self.op in {"filled", "empty"}:
            return (self.op == "filled") == any(not is_blank(value) for value in found)
        is_among = any(_is_one_of(value, self.values) for value in found)
        return is_among == (self.op == "any_in")


def values_at(plain: Any, path: str) -> list[Any]:
    """Return the values at a path of plain JSON; lists at its end and at `[]` are opened, nothing is found as []."""
    found = [plain]
    for key in path.split("."):
        found = [value.get(key.removesuffix(EACH)) for value in found if isinstance(value, dict)]
        found = [item for value in found for item in (value if isinstance(value, list) else [value])]
    return [value for value in found if value is not None]


def value_at(plain: Any, path: str) -> Any:
    """Return the one value at a dotted path of plain JSON as it stands; None when there is none."""
    for key in path.split("."):
        plain = plain.get(key) if isinstance(plain, dict) else None
    return plain


def is_blank(value: Any) -> bool:
    """Tell whether a value says nothing: null, blank text, a list or group of such. False and 0 say something."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, dict):
        return all(is_blank(item) for item in value.values())
    if isinstance(value, list):
        return all(is_blank(item) for item in value)
    return value is None


def _is_one_of(value: Any, wanted: tuple[str | bool, ...]) -> bool:
    return any(type(value) is type(one) and value == one for one in wanted)
