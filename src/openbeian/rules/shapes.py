"""The shapes of packs: one edition of one rule text as data; every item keeps its source and whether it is 待核对."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from openbeian.rules.conditions import Condition

Confidence = Literal["multi", "single", "general"]
Level = Literal["shall", "should"]
Words = Annotated[str, BeforeValidator(str)]


class Item(BaseModel):
    """One fact of a pack: where it comes from and how sure it is."""

    model_config = ConfigDict(frozen=True, extra="allow")

    source: tuple[str, ...]
    confidence: Confidence
    note: str | None = None

    @property
    def to_check(self) -> bool:
        """Whether the original must still be consulted (待核对): true unless two independent sources agree."""
        return self.confidence != "multi"


class Row(Item):
    """An item as one line of a listing."""

    id: str
    text: str


class Pack(BaseModel):
    """What all packs share."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str
    kind: str
    title: str
    edition: Words
    caution: str | None = None
    sources: dict[str, str]

    def rows(self) -> Iterator[Row]:
        """Yield the pack's items for listings."""
        return iter(())

    @property
    def count(self) -> int:
        """How many items the pack has."""
        return sum(1 for _ in self.rows())

    @property
    def to_check_count(self) -> int:
        """How many of them are 待核对."""
        return sum(row.to_check for row in self.rows())


def _row(item: Item, item_id: str, text: str) -> Row:
    return Row(id=item_id, text=text, source=item.source, confidence=item.confidence, note=item.note)


class Threshold(Item):
    """A limit of the rule. `value` is a decimal string, or two of them for a sample with its pass rate."""

    id: str
    metric: str
    name_zh: str
    """What is measured, as reports name it."""
    op: Literal[">=", "<=", ">", "=="]
    value: str | dict[str, str]
    unit: str
    level: Level
    clause: str
    trigger: bool = False
    """True when reaching the value is what must not happen (T01) or what starts a measure (T20, T21)."""
    subjects: tuple[str, ...] = ()
    """Risk groups, or `aspects`, each of whose members must meet the value by itself."""
    manifest: str | None = None
    """Where the manifest states the figure (rows are counted when it is a list); what is stated is no evidence."""
    is_age: bool = False
    """True when the figure is how old something is, in days: it grows until the moment of finding."""


class ManifestRule(Condition):
    """What a clause asks the manifest to say, the words when it does not, and the proof that settles it."""

    words: str
    proof: str


class Applies(Condition):
    """When a clause applies by the manifest's own facts; 不适用 is then contradicted, in these words."""

    words: str


class Survey(BaseModel):
    """What a clause asks of the findings themselves: those of these chapters and verdicts must each be told in full."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chapters: tuple[str, ...]
    verdicts: tuple[Literal["符合", "不符合", "不适用"], ...]


class Clause(Item):
    """One requirement of the standard, in own words."""

    id: str
    topic: str
    requirement: str
    level: Level
    check: tuple[Literal["auto", "evidence", "attest"], ...]
    thresholds: tuple[str, ...] = ()
    metric_subjects: dict[str, str] = {}
    """Which subject's figures count for a threshold that several clauses share; empty: those of no subject."""
    rests_on: tuple[str, ...] = ()
    """Clauses that must be met for this one: it has no figures of its own and comes out as they do."""
    surveys: Survey | None = None
    """The findings that this clause is about: it is computed from them."""
    counted_in_proof: str | None = None
    """The threshold whose figure is how many of the 31 risks the proof names, where the proof is text."""
    manifest_rule: ManifestRule | None = None
    applies_when: Applies | None = None
    standing: str | None = None


class Aspects(Item):
    """The aspects that a bank of questions to be answered must cover."""

    values: tuple[str, ...]


class ClausePack(Pack):
    """One edition of 生成式人工智能服务安全基本要求."""

    aspects: Aspects
    thresholds: tuple[Threshold, ...]
    clauses: tuple[Clause, ...]

    def rows(self) -> Iterator[Row]:
        """Yield clauses, then thresholds."""
        for clause in self.clauses:
            yield _row(clause, clause.id, f"{clause.topic}：{clause.requirement}")
        for limit in self.thresholds:
            yield _row(limit, limit.id, f"{limit.metric} {limit.op} {limit.value}（{limit.clause}）")

    def threshold(self, threshold_id: str) -> Threshold:
        """Return a threshold by its id (T01 …)."""
        return next(limit for limit in self.thresholds if limit.id == threshold_id)


class Risk(Item):
    """One of the 31 risks of annex A."""

    code: str
    group: str
    name_zh: str
    name_en: str
    counts_as_illegal_or_harmful: bool


class RiskGroup(BaseModel):
    """One of the groups that the risks fall into (A.1 … A.5)."""

    code: str
    name_zh: str
    name_en: str
    count: int


class RiskSlice(Item):
    """A slice of the risks that a rule refers to."""

    id: str
    groups: tuple[str, ...]
    used_for: str


class RiskPack(Pack):
    """The 31 risks, their groups and their slices."""

    groups: tuple[RiskGroup, ...]
    risks: tuple[Risk, ...]
    slices: tuple[RiskSlice, ...]

    def rows(self) -> Iterator[Row]:
        """Yield the risks."""
        for risk in self.risks:
            yield _row(risk, risk.code, risk.name_zh)

    def codes(self, slice_id: str) -> tuple[str, ...]:
        """Return the codes of one slice (`all_31`, `illegal_harmful_29`, `refusal_17`)."""
        groups = next(part.groups for part in self.slices if part.id == slice_id)
        return tuple(risk.code for risk in self.risks if risk.group in groups)


class FormField(Item):
    """One field of the filing form; `manifest` is the dotted field it is filled from."""

    id: str
    label: str
    type: str
    required: bool
    manifest: str | None = None
    computed: str | None = None
    choices: tuple[str, ...] = ()
    each: str | None = None
    """The key of every row that the choices are for, when the field is a list of rows."""
    remedy: str | None = None
    """How a mistake in this field is mended."""


class PartName(BaseModel):
    """One of the six filed parts in both languages."""

    model_config = ConfigDict(frozen=True)

    id: str
    name_zh: str
    name_en: str


class Signer(Item):
    """A role that signs, and where the manifest names the person."""

    role: str
    manifest: str


class Consistency(Item):
    """Two facts of the manifest that must agree: when one holds, so must the other; `at` is the field to mend."""

    id: str
    when: Condition
    then: Condition
    at: str
    message: str
    remedy: str
    basis: str


class FormSection(BaseModel):
    """One block of the form."""

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    fields: tuple[FormField, ...]


class Annex(Item):
    """An annex of the dossier."""

    no: int
    name: str
    format: str
    content: str
    optional: bool = False


class LeftOut(Item):
    """The fields of the form that a track does without."""

    fields: tuple[str, ...]


class FormPack(Pack):
    """The filing form with its annexes; `registration_leaves_out` names the fields that a registration does without."""

    sections: tuple[FormSection, ...]
    annexes: tuple[Annex, ...]
    registration_annexes: tuple[Annex, ...]
    registration_leaves_out: LeftOut
    parts: tuple[PartName, ...]
    signers: tuple[Signer, ...]
    consistency: tuple[Consistency, ...]

    def part_name(self, part: str | None) -> str | None:
        """Return what a filed part is called in Chinese; None when there is no such part."""
        return next((name.name_zh for name in self.parts if name.id == part), None)

    def fields(self) -> Iterator[tuple[FormSection, FormField]]:
        """Yield every field with its block."""
        for section in self.sections:
            for field in section.fields:
                yield section, field

    def rows(self) -> Iterator[Row]:
        """Yield the fields."""
        for section, field in self.fields():
            yield _row(field, f"{section.id}.{field.id}", f"{section.title} {field.label}")


class Requirement(Item):
    """One duty of the founding document."""

    id: str
    name_zh: str
    name_en: str
    manifest: str | None = None
    parts: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The duty in Chinese."""
        return self.name_zh


class RequirementPack(Pack):
    """The founding document's duties."""

    requirements: tuple[Requirement, ...]

    def rows(self) -> Iterator[Row]:
        """Yield the duties."""
        for duty in self.requirements:
            yield _row(duty, duty.id, duty.name_zh)


class Article(Item):
    """One article of a law or measure."""

    no: Words
    duty: str
    topic: str | None = None


class Law(BaseModel):
    """A law with the articles that matter to a provider."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str
    name: str
    articles: tuple[Article, ...] = ()


class LawPack(Pack):
    """Laws and their articles."""

    laws: tuple[Law, ...]

    def rows(self) -> Iterator[Row]:
        """Yield the articles."""
        for law in self.laws:
            for article in law.articles:
                yield _row(article, f"{law.id}.{article.no}", f"{law.name}第{article.no}条：{article.duty}")


class NamedDay(BaseModel):
    """A day with the holiday it belongs to."""

    model_config = ConfigDict(frozen=True)

    day: date
    name: str


class HolidayNotice(Item):
    """The notice that arranges a year's holidays; its number is 待核对 until read in the original."""

    title: str
    number: str
    published_on: date


class CalendarPack(Pack):
    """One year of holidays and make-up working days (调休)."""

    year: int
    notice: HolidayNotice
    confidence: Confidence
    source: tuple[str, ...]
    holidays: tuple[NamedDay, ...]
    working_weekends: tuple[NamedDay, ...]

    def rows(self) -> Iterator[Row]:
        """Yield the days that differ from the plain week."""
        for days, words in ((self.holidays, "放假"), (self.working_weekends, "上班")):
            for day in days:
                text = f"{day.name}，{words}"
                yield Row(id=day.day.isoformat(), text=text, source=self.source, confidence=self.confidence)


class LabelPack(Pack):
    """Labels of generated content: wording and metadata (GB 45438-2025)."""

    articles: tuple[Article, ...]
    explicit: dict[str, Any]
    implicit: dict[str, Any]

    def rows(self) -> Iterator[Row]:
        """Yield the articles of the measures."""
        for article in self.articles:
            yield _row(article, f"办法.{article.no}", article.duty)
