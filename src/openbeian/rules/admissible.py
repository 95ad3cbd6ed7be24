"""Which evidence counts at a moment, and why the rest does not: other weights, another corpus, expired, superseded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from openbeian.rules.calendar import legal_day
from openbeian.rules.verdicts import EvidenceView

EARLIEST = datetime.min.replace(tzinfo=UTC)
SHOWN = 12
TRAINING = "training-run"
OTHER_WEIGHTS = "现有证据针对另一份权重，不能用于备案的模型"
NO_WEIGHTS = "清单还没有写入模型权重的摘要（technical.model.weights_sha256），现有证据无从对照"


@dataclass(frozen=True)
class Admissible:
    """Evidence sorted at a moment, each group oldest first.

    `own` speaks of the filed weights, or of none, `foreign` of others. Of the own, `usable` counts and `ended` is
    expired, superseded or made from another file than the one the filed weights were trained on. `reasons` says, by
    digest, why a record does not count. `replaced` are the digests whose place a record that counts has taken: their
    figures are gone, while figures that ended otherwise still hide older ones.
    """

    now: datetime
    own: tuple[EvidenceView, ...]
    foreign: tuple[EvidenceView, ...]
    usable: tuple[EvidenceView, ...]
    ended: tuple[EvidenceView, ...]
    reasons: Mapping[str, str]
    replaced: frozenset[str]


def admissible(evidence: Sequence[EvidenceView], weights: str | None, now: datetime) -> Admissible:
    """Sort evidence by whether it counts at `now` for a model with these weights (None: not yet known).

    A record that is superseded does not count even when the one that supersedes it does not count either.
    """
    ordered = oldest_first(evidence)
    successors = {old: view for view in ordered for old in view.supersedes}
    trained_on = _trained_on(ordered, weights, successors)
    reasons = {}
    for view in ordered:
        words = _why_not(view, weights, now, successors.get(view.digest)) or _other_corpus(view, trained_on)
        if words is not None:
            reasons[view.digest] = words
    own = tuple(view for view in ordered if not _is_foreign(view, weights))
    usable = tuple(view for view in own if view.digest not in reasons)
    return Admissible(
        now=now,
        own=own,
        foreign=tuple(view for view in ordered if _is_foreign(view, weights)),
        usable=usable,
        ended=tuple(view for view in own if view.digest in reasons),
        reasons=reasons,
        replaced=frozenset(old for view in usable for old in view.supersedes) & reasons.keys(),
    )


def oldest_first(evidence: Sequence[EvidenceView]) -> list[EvidenceView]:
    """Return evidence by time, then digest; views without a time first, as they were given."""
    return sorted(evidence, key=lambda view: (view.made_at or EARLIEST, view.digest if view.made_at else ""))


def last_day(instant: datetime) -> str:
    """Return the legal day of an instant in ISO form; the day in UTC where the calendar ends."""
    try:
        return legal_day(instant).isoformat()
    except OverflowError:
        return instant.date().isoformat()


def _is_foreign(view: EvidenceView, weights: str | None) -> bool:
    return view.model_sha256 not in {None, weights}


def _trained_on(
    views: Sequence[EvidenceView], weights: str | None, successors: Mapping[str, EvidenceView]
) -> dict[str, set[str]]:
    """Return the files that the filed weights were trained on, by name: the hashes under that name."""
    found: dict[str, set[str]] = {}
    for view in views:
        if view.kind == TRAINING and weights is not None and view.model_sha256 == weights:
            for used in view.inputs if view.digest not in successors else ():
                found.setdefault(used.name, set()).add(used.sha256)
    return found


def _other_corpus(view: EvidenceView, trained_on: Mapping[str, set[str]]) -> str | None:
    """Say that a record was made from a file which, under the same name, is not the one trained on; None when not so."""
    for used in view.inputs:
        if used.sha256 not in trained_on.get(used.name, {used.sha256}):
            return f"“{view.title}”所查的 {used.name} 不是训练这份权重所用的那一份（摘要不同）"
    return None


def _why_not(view: EvidenceView, weights: str | None, now: datetime, successor: EvidenceView | None) -> str | None:
    """Return why a record does not count, the most telling reason first; None when it does."""
    if _is_foreign(view, weights):
        return OTHER_WEIGHTS if weights is not None else NO_WEIGHTS
    if successor is not None:
        return f"“{view.title}”已被 {successor.digest[:SHOWN]} 取代"
    if view.valid_until is not None and now > view.valid_until:
        return f"证据已于 {last_day(view.valid_until)} 过期：{view.title}"
    return None
