"""The filing process as a table: who may do what, from which state to which, and on what ground."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from openbeian.rules.packs import KINDS, load_pack
from openbeian.rules.shapes import Confidence, Item, Pack, Row

Kind = Literal["statutory", "practice", "project_policy", "observed", "provider_defined"]
INITIAL_STATE = "draft"


class Named(BaseModel):
    """Something with an id and a name in both languages."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str
    name_zh: str
    name_en: str

    def name(self, language: str) -> str:
        """Return the name in `zh…` or, for any other language, in English."""
        return self.name_zh if language.startswith("zh") else self.name_en


class State(Named, Item):
    """A state of a case and the stage it is shown under."""

    stage: str
    actor: str
    kind: Kind | None = None


class Transition(Item):
    """One row of the table. `guards` are named conditions which the office implements."""

    act: str
    from_: tuple[str, ...] = Field(alias="from")
    to: str
    roles: tuple[str, ...]
    guards: tuple[str, ...] = ()
    basis: str
    kind: Kind
    deadline: str | None = None


class DeadlineRule(Item):
    """A duration of the rule or of practice; `value` may be a range or observations for kinds that nobody computes."""

    id: str
    what: str
    value: int | str | dict[str, int] | None
    unit: str | None
    kind: Kind
    basis: str
    track: str
    rolls: bool = False
    """Whether a last day that is no working day moves on to the next one."""


class CheckItem(Named, Item):
    """One thing the office reviews, in one of three areas (F2)."""

    name_en: str = ""
    area: Literal["legality", "compliance", "security"]
    path: str
    basis: str


class DriftItem(Item):
    """One fact held against the running service."""

    item: str
    name_zh: str
    name_en: str
    path: str
    is_material: bool
    basis: str


class RouteRule(Item):
    """One rule of the track questionnaire: all answers of `when` must be given."""

    when: dict[str, str]
    track: str | None
    reason: str
    basis: str


class Choice(BaseModel):
    """One answer of the questionnaire."""

    model_config = ConfigDict(frozen=True)

    id: str
    text_zh: str
    text_en: str


class Question(Choice):
    """One question of the questionnaire."""

    choices: tuple[Choice, ...]


class Track(Item):
    """One of the three lines that share the word 备案."""

    id: str
    name_zh: str
    applies_to: str
    received_by: str
    decided_by: str
    number_name: str
    legal_basis: str


class ReturnReason(Item):
    """A usual reason for which dossiers come back."""

    code: str
    text: str


class NoticePolicy(BaseModel):
    """The public notice: a project policy, with the words that say so."""

    model_config = ConfigDict(frozen=True)

    tracks: tuple[str, ...]
    deadline: str
    kind: Kind
    words: str


class SimulatedNumbers(BaseModel):
    """How an office that only demonstrates makes its numbers, visibly."""

    model_config = ConfigDict(frozen=True)

    prefix: str
    filing: str
    registration: str
    algorithm_filing: str
    words: str


class ActName(BaseModel):
    """The words of an act."""

    model_config = ConfigDict(frozen=True)

    name_zh: str
    name_en: str

    def name(self, language: str) -> str:
        """Return the name in `zh…` or, for any other language, in English."""
        return self.name_zh if language.startswith("zh") else self.name_en


class ProcessPack(Pack):
    """The whole process pack."""

    stages: tuple[Named, ...]
    states: tuple[State, ...]
    roles: tuple[Named, ...]
    acts: dict[str, ActName]
    tracks: tuple[Track, ...]
    track_questions: tuple[Question, ...]
    routes: tuple[RouteRule, ...]
    transitions: dict[str, tuple[Transition, ...]]
    deadlines: tuple[DeadlineRule, ...]
    checklist: tuple[CheckItem, ...]
    drift: tuple[DriftItem, ...]
    objection_parts: tuple[Named, ...]
    return_reasons: tuple[ReturnReason, ...]
    notice_policy: NoticePolicy
    simulated_numbers: SimulatedNumbers

    def rows(self) -> Iterator[Row]:
        """Yield states, transitions and deadlines."""
        for state in self.states:
            yield Row(id=state.id, text=state.name_zh, source=state.source, confidence=state.confidence)
        for track, table in self.transitions.items():
            for row in table:
                text = f"{'、'.join(row.from_)} → {row.to}（{'、'.join(row.roles)}）：{row.basis}"
                yield Row(id=f"{track}.{row.act}", text=text, source=row.source, confidence=row.confidence)
        for term in self.deadlines:
            text = f"{term.what}：{term.value} {term.unit}"
            yield Row(id=term.id, text=text, source=term.source, confidence=term.confidence)


KINDS["process"] = ProcessPack


@dataclass(frozen=True, slots=True)
class Route:
    """Where the questionnaire leads; `track` is None when no filing is due or possible."""

    track: str | None
    reason: str
    basis: str
    to_check: bool
    confidence: Confidence


class Process:
    """Questions to the process pack."""

    def __init__(self, pack: ProcessPack) -> None:
        self.pack = pack
        self._states = {state.id: state for state in pack.states}

    @staticmethod
    @cache
    def load() -> Process:
        """Return the process of the shipped pack."""
        pack = load_pack("process")
        assert isinstance(pack, ProcessPack)
        return Process(pack)

    @property
    def initial_state(self) -> str:
        """The state a case begins in."""
        return INITIAL_STATE

    def tracks(self) -> tuple[str, ...]:
        """Return the ids of the tracks."""
        return tuple(self.pack.transitions)

    def transitions(self, track: str) -> tuple[Transition, ...]:
        """Return the table of a track."""
        return self.pack.transitions[track]

    def transition(self, track: str, state: str, act: str) -> Transition | None:
        """Return the row that allows an act in a state, or None: what is not in the table is refused."""
        table = self.pack.transitions.get(track, ())
        return next((row for row in table if row.act == act and state in row.from_), None)

    def states(self, track: str) -> tuple[State, ...]:
        """Return the states a track can be in, in the order of the pack."""
        used = {name for row in self.transitions(track) for name in (*row.from_, row.to)}
        return tuple(state for state in self.pack.states if state.id in used)

    def state(self, state_id: str) -> State:
        """Return a state by its id."""
        return self._states[state_id]

    def stage_of(self, state_id: str) -> Named:
        """Return the stage a state is shown under: 申请, 受理, 审核, 公示, 登记."""
        return next(stage for stage in self.pack.stages if stage.id == self._states[state_id].stage)

    def deadline(self, deadline_id: str) -> DeadlineRule:
        """Return a deadline of the pack by its id (D01 …)."""
        return next(rule for rule in self.pack.deadlines if rule.id == deadline_id)

    def has_notice(self, track: str) -> bool:
        """Tell whether the project's notice policy applies to a track."""
        return track in self.pack.notice_policy.tracks

    def route(self, answers: Mapping[str, str]) -> Route | None:
        """Return the track that answers lead to; None while they do not decide."""
        for rule in self.pack.routes:
            if all(answers.get(question) == choice for question, choice in rule.when.items()):
                return Route(rule.track, rule.reason, rule.basis, rule.to_check, rule.confidence)
        return None
