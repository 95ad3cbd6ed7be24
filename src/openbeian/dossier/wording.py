"""The words of the papers, read from `wording.yaml`: titles, names of keys and of figures."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML


class TrackWords(BaseModel):
    """The titles of one track's papers; a line feed breaks the line on the cover."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    form: str
    form_file: str
    report: str
    track: str


class Composed(BaseModel):
    """How a field of the form is put together from several places; see the comment in `wording.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    parts: dict[str, str] = {}
    sum: str | None = None
    pick: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    columns: dict[str, tuple[str, ...]] = {}
    detail: str | None = None
    unit: str = ""


class Assessed(BaseModel):
    """Which findings and which kinds of evidence a computed field of the form sums up; no kinds = all."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    under: tuple[str, ...]
    kinds: tuple[str, ...] = ()


class Wording(BaseModel):
    """Every word list of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    papers: dict[str, TrackWords]
    chapters: dict[str, str]
    keys: dict[str, str]
    metrics: dict[str, str]
    units: dict[str, str]
    fields: dict[str, Composed]
    assessments: dict[str, Assessed]
    form_note: str
    key_units: dict[str, str]


@cache
def wording() -> Wording:
    """Return the words, read once."""
    text = (Path(__file__).resolve().parent / "wording.yaml").read_text(encoding="utf-8")
    return Wording.model_validate(YAML(typ="safe").load(text))
