"""Packs: one edition of one rule text as data. Every item keeps its source, its confidence and whether it is 待核对."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from openbeian.manifest import Fault

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
    op: Literal[">=", "<=", ">", "=="]
    value: str | dict[str, str]
    unit: str
    level: Level
    clause: str
    trigger: bool = False
    """True when reaching the value is what must not happen (T01) or what starts a measure (T20, T21)."""
    subjects: tuple[str, ...] = ()
    """Risk groups, or `aspects`, each of whose members must meet the value by itself."""


class Clause(Item):
    """One requirement of the standard, in own words."""

    id: str
    topic: str
    requirement: str
    level: Level
    check: tuple[Literal["auto", "evidence", "attest"], ...]
    thresholds: tuple[str, ...] = ()
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


class RiskSlice(Item):
    """A slice of the risks that a rule refers to."""

    id: str
    groups: tuple[str, ...]
    used_for: str


class RiskPack(Pack):
    """The 31 risks and their slices."""

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


class FormPack(Pack):
    """The filing form with its annexes."""

    sections: tuple[FormSection, ...]
    annexes: tuple[Annex, ...]
    registration_annexes: tuple[Annex, ...]

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


class LabelPack(Pack):
    """Labels of generated content: wording and metadata (GB 45438-2025)."""

    articles: tuple[Article, ...]
    explicit: dict[str, Any]
    implicit: dict[str, Any]

    def rows(self) -> Iterator[Row]:
        """Yield the articles of the measures."""
        for article in self.articles:
            yield _row(article, f"办法.{article.no}", article.duty)


KINDS: dict[str, type[Pack]] = {
    "clauses": ClausePack,
    "risks": RiskPack,
    "form": FormPack,
    "requirements": RequirementPack,
    "laws": LawPack,
    "labelling": LabelPack,
}


def pack_ids() -> tuple[str, ...]:
    """Return the ids of all packs."""
    folder = resources.files("openbeian.rules") / "packs"
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


@cache
def load_pack(pack_id: str) -> Pack:
    """Return a pack by its id.

    Raises:
        Fault: `no-such-pack`, or `pack-broken` when the file does not have the shape of its kind.
    """
    tree = read_pack(f"{pack_id}.yaml")
    from openbeian.rules.process import ProcessPack  # the process pack has its own module

    shape = ProcessPack if tree.get("kind") == "process" else KINDS.get(str(tree.get("kind")), Pack)
    try:
        return shape.model_validate(tree)
    except ValidationError as errors:
        raise Fault("pack-broken", f"规则包 {pack_id} 的内容不合规定：{errors}", "恢复安装时的文件") from errors


@cache
def read_pack(name: str) -> dict[str, Any]:
    """Read one file of the packs' folder as plain data."""
    path = resources.files("openbeian.rules") / "packs" / name
    try:
        tree = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as reason:
        raise Fault("no-such-pack", f"没有规则包 {name}", f"现有：{'、'.join(pack_ids())}") from reason
    except YAMLError as reason:
        raise Fault("pack-broken", f"规则包 {name} 不是可读的 YAML", "恢复安装时的文件") from reason
    return dict(tree)


def clause_pack(pack_id: str) -> ClausePack:
    """Return a pack of clauses; a fault when the id names another kind."""
    pack = load_pack(pack_id)
    if not isinstance(pack, ClausePack):
        raise Fault("no-such-pack", f"{pack_id} 不是条款规则包", "用 openbeian packs list 查看")
    return pack


def risk_pack() -> RiskPack:
    """Return the 31 risks."""
    pack = load_pack("risks")
    assert isinstance(pack, RiskPack)
    return pack


def form_pack() -> FormPack:
    """Return the filing form."""
    pack = load_pack("filing-form")
    assert isinstance(pack, FormPack)
    return pack


def requirements() -> tuple[Requirement, ...]:
    """Return the duties of the founding document."""
    pack = load_pack("founding")
    assert isinstance(pack, RequirementPack)
    return pack.requirements
