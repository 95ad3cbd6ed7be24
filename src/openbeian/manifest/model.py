"""The service manifest `service.yaml`: the one source of truth on a service, in the six filed parts (F1).

Only shape and type live here; what a form requires, and by which rule, is data (`rules/packs/filing-form.yaml`).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)
from stdnum.cn import uscc as credit_code
from stdnum.exceptions import InvalidChecksum, InvalidLength
from stdnum.exceptions import ValidationError as InvalidNumber

PARTS = ("basic", "technical", "data_sources", "scope", "security", "commitment")
PUBLIC_PARTS = PARTS[:5]
"""The parts shown in notice and register (F3); the commitment stays with the office."""

Text = Annotated[str, Field(max_length=20_000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Count = Annotated[int, Field(ge=0, le=10**15)]
Times = Annotated[int, Field(ge=1, le=10**15)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Share = Annotated[float, Field(ge=0, le=1)]


def _credit_code(value: str) -> str:
    """Return the code without separators, in capitals (GB 32100)."""
    try:
        return str(credit_code.validate(value))
    except InvalidLength as reason:
        raise ValueError(f"应为 18 位，写了 {len(value)} 位") from reason
    except InvalidChecksum as reason:
        raise ValueError("校验位不对") from reason
    except InvalidNumber as reason:
        raise ValueError("含有代码中没有的字符") from reason


def _ratio(value: str) -> str:
    try:
        share = Decimal(value)
    except InvalidOperation as reason:
        raise ValueError("应为 0 到 1 之间的小数，如 0.3") from reason
    if not 0 <= share <= 1:
        raise ValueError("应在 0 到 1 之间")
    return value


CreditCode = Annotated[str, AfterValidator(_credit_code)]
Ratio = Annotated[str, AfterValidator(_ratio)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class Part(BaseModel):
    """A frozen piece of the manifest; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, defer_build=True)


class Modalities(Part):
    """What goes in and what comes out, in the words of the form."""

    input: list[Name]
    output: list[Name]


class ServiceFacts(Part):
    """Name, version and track of the service."""

    id: Slug
    name: Name
    name_latin: Annotated[str, Field(pattern=r"^[A-Za-z0-9.\-]{1,40}$")]
    version: Name
    track: Literal["filing", "registration", "algorithm_filing"]
    modalities: Modalities


class Contact(Part):
    """Who answers for the filing. Never public."""

    name: Name
    phone: Annotated[str, Field(pattern=r"^[0-9+\-() ]{5,30}$")]
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=200)]


class Basic(Part):
    """一、基本信息."""

    org_name: Name
    uscc: CreditCode
    legal_representative: Name
    overall_lead: Name
    assessment_lead: Name
    legality_lead: Name
    contact: Contact
    registered_address: Text
    office_address: Text
    org_nature: Name
    parent_org: Text | None = None
    industry_authority: Text | None = None
    main_functions: list[Name]
    domain: Name
    domain_detail: Text | None = None
    target_users: list[Name]
    launch_on: date | None = None
    algorithm_filing_number: Text | None = None


class BaseModelUsed(Part):
    """The third party's model a service is built on."""

    name: Name
    version: Name
    licence: Text
    filing_number: Text | None = None


class Compute(Part):
    """Servers and accelerators, and whose they are."""

    description: Text
    is_third_party_cloud: bool
    location: Text


class FiledModel(Part):
    """The identity of the filed model; the gateway compares the running one with it."""

    name: Name
    weights_sha256: Sha256 | None = None


class ReplyPolicy(Part):
    """Filed thresholds: answer from `answer_from`, hand over to a person from `hand_over_from`, refuse below."""

    answer_from: Share | None = None
    hand_over_from: Share | None = None


class Technical(Part):
    """二、技术方案."""

    origin: Name
    base_model: BaseModelUsed | None = None
    architecture: Text
    parameters: Count
    training_process: Text
    data_processing: Text
    framework: Text
    training_compute: Compute
    inference_compute: Compute
    concurrency: Count
    third_party_cloud: Text
    model: FiledModel
    reply_policy: ReplyPolicy


class DataSource(Part):
    """One source of training data: type, size, origin, licence."""

    id: Slug
    name: Name
    kind: Name
    content_type: Name
    language: Name
    items: Count
    storage_bytes: Count
    origin: Text
    licence: Text
    collection: Text
    is_domestic: bool
    path: Text | None = None
    proof: Text | None = None


class UserInput(Part):
    """Whether users' inputs train the model, and on what authorisation (T3b)."""

    is_used: bool
    authorisation: Text


class PersonalInformation(Part):
    """Whether the corpus holds personal information, and the lawful basis."""

    is_present: bool
    basis: Text


class Annotation(Part):
    """How data were annotated and checked."""

    items: Count
    staff: Text
    sampling: Text
    accuracy: Ratio | None = None


class DataSources(Part):
    """三、数据来源."""

    sources: Annotated[list[DataSource], Field(max_length=500)]
    foreign_open_ratio: Ratio | None = None
    user_input: UserInput
    personal_information: PersonalInformation
    annotation: Annotation


class Channel(Part):
    """Where the public meets the service."""

    kind: Name
    name: Name
    url: Text | None = None
    version: Name | None = None


class Scope(Part):
    """四、服务范围."""

    scenarios: Text
    content: Text
    channels: list[Channel]
    out_of_scope: Text
    occasions: Text
    minors: Text


class DataSecurity(Part):
    """Encryption, access control, backup, audit (T1)."""

    encryption: Text
    access_control: Text
    backup: Text
    audit: Text


class Collected(Part):
    """One kind of personal information the service collects, why, how long (T2b)."""

    item: Name
    purpose: Text
    retention_days: Count
    deletion: Text


class OptOut(Part):
    """The way to switch off the use of one's inputs for training."""

    path: Text
    clicks: Count


class Privacy(Part):
    """What is collected, consent, policy (T2)."""

    collected: list[Collected]
    consent: Text
    policy_url: Text
    opt_out: OptOut


class Strikes(Part):
    """Bad inputs before a user is suspended; with 0 everybody would be, before the first word."""

    in_a_row: Times
    per_day: Times


class Labelling(Part):
    """The filed label of generated content (GB 45438)."""

    text_prefix: Text
    implicit: bool


class ComplaintChannel(Part):
    """How users complain, and within how many working days they are answered."""

    channels: list[Text]
    process: Text
    response_days: Count


class Security(Part):
    """五、安全措施."""

    data_security: DataSecurity
    privacy: Privacy
    access_flow: Text
    input_control: Text
    output_control: Text
    classifier: Text | None = None
    strikes: Strikes
    monitoring: Text
    labelling: Labelling
    stability: Text
    complaint: ComplaintChannel
    minors: Text
    update_rollback: Text
    emergency: Text
    supply_chain: Text
    environments_isolated: bool


class Signature(Part):
    """A signature given on paper: role, name, day."""

    role: Name
    name: Name
    signed_on: date


class Commitment(Part):
    """六、合规承诺."""

    statement: Text
    signatures: list[Signature]
    overall_conclusion: Text


LATER_FIELDS = frozenset({"plan_by", "plan_until", "measures", "equivalent", "valid_until"})


class Statement(Part):
    """A verdict that a responsible person states on one clause, with a reason and, better, a proof file.

    An admitted 不符合 tells what was done (`measures`), what is planned, by whom and until which day (`plan`, `plan_by`,
    `plan_until`), or which other measure has the same effect (`equivalent`, shown by `proof`).
    `valid_until` is the last legal day on which the statement and its proof hold; None: no end.
    """

    clause: Name
    verdict: Literal["符合", "不符合", "不适用"]
    reason: Annotated[str, Field(min_length=1, max_length=20_000)]
    by: Name
    proof: Text | None = None
    plan: Text | None = None
    plan_by: Name | None = None
    plan_until: date | None = None
    measures: Text | None = None
    equivalent: Text | None = None
    valid_until: date | None = None

    @model_serializer(mode="wrap")
    def _without_later_fields(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # A manifest filed before these fields existed keeps its canonical form, and with it its digest.
        return {key: value for key, value in plain(self).items() if key not in LATER_FIELDS or value is not None}


class Manifest(Part):
    """A service as filed: the six parts, and the statements of responsible persons."""

    schema_id: Annotated[Literal["openbeian/manifest/v1"], Field(alias="schema")] = "openbeian/manifest/v1"
    service: ServiceFacts
    basic: Basic
    technical: Technical
    data_sources: DataSources
    scope: Scope
    security: Security
    commitment: Commitment
    statements: list[Statement] = []

    def as_json(self) -> dict[str, object]:
        """Return the manifest as plain JSON, with `schema` under its own name."""
        return self.model_dump(mode="json", by_alias=True)


def public_view(manifest: Manifest) -> dict[str, object]:
    """Return the five public parts for notice and register (F3, T3a), without contacts or persons' names."""
    basic = manifest.basic
    return {
        "basic": {
            "service": manifest.service.name,
            "version": manifest.service.version,
            "org_name": basic.org_name,
            "uscc": basic.uscc,
            "registered_address": basic.registered_address,
            "main_functions": basic.main_functions,
            "domain": basic.domain_detail or basic.domain,
            "target_users": basic.target_users,
        },
        "technical": {
            "origin": manifest.technical.origin,
            "architecture": manifest.technical.architecture,
            "parameters": manifest.technical.parameters,
            "model": manifest.technical.model.name,
            "weights_sha256": manifest.technical.model.weights_sha256,
        },
        "data_sources": {
            "sources": [
                source.model_dump(mode="json", include={"name", "kind", "content_type", "items", "origin", "licence"})
                for source in manifest.data_sources.sources
            ],
            "user_input": manifest.data_sources.user_input.authorisation,
            "personal_information": manifest.data_sources.personal_information.basis,
        },
        "scope": manifest.scope.model_dump(mode="json"),
        "security": {
            "input_control": manifest.security.input_control,
            "output_control": manifest.security.output_control,
            "labelling": manifest.security.labelling.text_prefix,
            "minors": manifest.security.minors,
            "complaint": manifest.security.complaint.model_dump(mode="json"),
            "collected": [item.model_dump(mode="json") for item in manifest.security.privacy.collected],
        },
    }
