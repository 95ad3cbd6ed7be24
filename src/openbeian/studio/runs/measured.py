"""All figures of a run, read from its record: none can be had without the others it needs, nor without what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from openbeian.studio.runs.bases import Basis, basis_of
from openbeian.studio.runs.figures import KINDS, REPLY_KINDS, TEXT_KINDS, Figure, Json, Kind, Target, finite

_KINDS: Final = {"text-gan": TEXT_KINDS, "replies": REPLY_KINDS}
USUAL_HEADLINES: Final = 4
MOST_HEADLINES: Final = 5


@dataclass(frozen=True)
class Measured:
    """All figures of a run.

    Attributes:
        figures: in the order of their kinds.
        missing: what a target was set for and nothing was measured, by its name for people.
        results: what they were read from.
        basis: what they rest on, in the words of the run's family.
    """

    figures: tuple[Figure, ...]
    missing: tuple[str, ...]
    results: Json
    basis: Basis

    @staticmethod
    def of(run: Json) -> Measured:
        """Read the figures of a run's record.

        Raises:
            ValueError: a figure without its reference set, number of samples or judge; one that is bought cheaply without the other that shows
                it, see `Basis.check`.
        """
        results: Json = run.get("results") or {}
        targets: Json = run.get("targets") or {}
        kinds, basis = _KINDS.get(str(run.get("family")), KINDS), basis_of(run)
        figures = tuple(_figures(kinds, results, targets))
        found = {figure.kind.key for figure in figures}
        basis.check(found)
        _check(figures, results)
        labels = {kind.key: kind.label for kind in kinds}
        missing = tuple(labels.get(name, name) for name in targets if name not in found)
        return Measured(figures, missing, results, basis)

    def get(self, key: str) -> Figure | None:
        """Return a figure by its name in `results`, None when it was not measured."""
        return next((figure for figure in self.figures if figure.kind.key == key), None)

    @property
    def headline(self) -> list[Figure]:
        """The figures for the head of a report: those with a target first, then the usual ones of the family."""
        usual = [self.get(key) for key in self.basis.usual]
        chosen = [figure for figure in self.figures if figure.target]
        chosen += [figure for figure in usual if figure and figure not in chosen]
        asked = sum(figure.target is not None for figure in chosen)
        return chosen[: min(MOST_HEADLINES, max(USUAL_HEADLINES, asked))]

    @property
    def missed(self) -> list[Figure]:
        """Figures that do not reach their target."""
        return [figure for figure in self.figures if figure.target and not figure.is_met]

    @property
    def met(self) -> list[Figure]:
        """Figures that reach their target."""
        return [figure for figure in self.figures if figure.is_met]

    def groups(self, figures: Sequence[Figure]) -> list[tuple[str, list[Figure]]]:
        """Return figures by what they rest on, the words for it first."""
        found: dict[str, list[Figure]] = {}
        for figure in figures:
            found.setdefault(self.rests_on(figure.kind), []).append(figure)
        return list(found.items())

    def rests_on(self, kind: Kind) -> str:
        """Say in a few words what a figure rests on: how many of what, against which set."""
        return self.basis.words(kind)

    def judge(self) -> str:
        """Say who judged, empty when nobody did."""
        return self.basis.judge()


def _figures(kinds: Sequence[Kind], results: Json, targets: Json) -> Iterator[Figure]:
    spread, floors = results.get("spread") or {}, dict(results.get("floor") or {})
    if results.get("floor_fid_c") is not None:
        floors["fid_c"] = results["floor_fid_c"]
    for kind in kinds:
        value = finite(results.get(kind.key))
        if value is None:
            continue
        ends = [finite(end) for end in spread.get(kind.key) or ()]
        low, high = ends if len(ends) == 2 else (None, None)
        asked = targets.get(kind.key)
        yield Figure(
            kind,
            value,
            (low, high) if low is not None and high is not None else None,
            finite(floors.get(kind.key)),
            Target(finite(asked.get("least")), finite(asked.get("most"))) if asked else None,
        )


def _check(figures: Sequence[Figure], results: Json) -> None:
    """Raise where a figure lacks what every figure of its kind needs."""
    reference = results.get("reference") or {}
    if figures and not (reference.get("name") and reference.get("sha256") and reference.get("count")):
        raise ValueError("figures without their reference set")
    if any(figure.kind.rests_on != "likelihood" for figure in figures) and not results.get("samples"):
        raise ValueError("figures of samples without their number")
    if any(figure.kind.is_judged for figure in figures) and not (results.get("judge") or {}).get("sha256"):
        raise ValueError("figures of samples without their judge")
