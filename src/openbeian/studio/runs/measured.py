"""All figures of a run, read from its record: none can be had without the others it needs, nor without what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from openbeian.reports import number, short
from openbeian.studio.runs.figures import KINDS, Figure, Json, Kind, Target, finite

_HEADLINE: Final = {
    "image-gan": ("fid_c", "recall", "coverage", "right_class"),
    "image-vae": ("nll", "elbo", "fid_c", "recall"),
}
USUAL_HEADLINES: Final = 4
MOST_HEADLINES: Final = 5


@dataclass(frozen=True)
class Measured:
    """All figures of a run.

    Attributes:
        figures: in the order of `KINDS`.
        missing: what a target was set for and nothing was measured, by its name for people.
        results: what they were read from.
    """

    figures: tuple[Figure, ...]
    missing: tuple[str, ...]
    results: Json
    family: str

    @staticmethod
    def of(run: Json) -> Measured:
        """Read the figures of a run's record.

        Raises:
            ValueError: precision or density without recall; a figure without its reference set, number of samples or judge.
        """
        results: Json = run.get("results") or {}
        targets: Json = run.get("targets") or {}
        figures = tuple(_figures(results, targets))
        _check(figures, results)
        found = {figure.kind.key for figure in figures}
        labels = {kind.key: kind.label for kind in KINDS}
        missing = tuple(labels.get(name, name) for name in targets if name not in found)
        return Measured(figures, missing, results, str(run.get("family", "")))

    def get(self, key: str) -> Figure | None:
        """Return a figure by its name in `results`, None when it was not measured."""
        return next((figure for figure in self.figures if figure.kind.key == key), None)

    @property
    def headline(self) -> list[Figure]:
        """The figures for the head of a report: those with a target first, then the usual ones of the family."""
        usual = [self.get(key) for key in _HEADLINE.get(self.family, ())]
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
        if kind.rests_on == "likelihood":
            return self._likelihood(is_weighted=kind.key == "nll")
        return {"near": self._near, "copies": self._copies}.get(kind.rests_on, self._samples)()

    def judge(self) -> str:
        """Say who judged, empty when nobody did."""
        judge = self.results.get("judge")
        if not judge:
            return ""
        task = {"class": "认类别", "turn": "认方向"}.get(judge.get("task", ""), "")
        accuracy = f"，{task}的准确率 {judge['accuracy']:.2%}" if judge.get("accuracy") is not None else ""
        return f"判别网络 {short(judge['sha256'])}{accuracy}"

    def _samples(self) -> str:
        return f"{number(self.results['samples'])} 张样本，对 {self._reference()}"

    def _near(self) -> str:
        near = self.results.get("neighbours")
        if not near:
            return self._samples()
        return f"{number(near['samples'])} 张样本，对 {number(near['reference'])} 张测试图，k\u00a0=\u00a0{near['k']}"

    def _copies(self) -> str:
        near = self.results.get("neighbours")
        return f"{number(near['samples'] if near else self.results['samples'])} 张样本，对全部训练图"

    def _likelihood(self, *, is_weighted: bool) -> str:
        how: Json = self.results.get("likelihood") or {}
        times = how.get("importance_samples") if is_weighted else None
        return self._reference() + (f"，每张抽 {number(times)} 次" if times else "")

    def _reference(self) -> str:
        reference = self.results["reference"]
        return f"{reference['name']} 测试图 {number(reference['count'])} 张"


def _figures(results: Json, targets: Json) -> Iterator[Figure]:
    spread, floors = results.get("spread") or {}, dict(results.get("floor") or {})
    if results.get("floor_fid_c") is not None:
        floors["fid_c"] = results["floor_fid_c"]
    for kind in KINDS:
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


def _check(figures: tuple[Figure, ...], results: Json) -> None:
    """Raise where a figure lacks what makes it say something."""
    found = {figure.kind.key for figure in figures}
    if found & {"precision", "density"} and "recall" not in found:
        raise ValueError("precision without recall: a model that draws one good picture has high precision")
    reference = results.get("reference") or {}
    if figures and not (reference.get("name") and reference.get("sha256") and reference.get("count")):
        raise ValueError("figures without their reference set")
    if any(figure.kind.rests_on != "likelihood" for figure in figures) and not results.get("samples"):
        raise ValueError("figures of samples without their number")
    if any(figure.kind.is_judged for figure in figures) and not (results.get("judge") or {}).get("sha256"):
        raise ValueError("figures of samples without their judge")
    if "nll" in found and not (results.get("likelihood") or {}).get("importance_samples"):
        raise ValueError("a likelihood without its number of importance samples")
