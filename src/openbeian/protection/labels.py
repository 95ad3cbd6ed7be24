"""Labels of generated content: the words users see and the AIGC metadata object (标识办法, GB 45438-2025)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from stdnum.cn import uscc as credit_code
from stdnum.exceptions import ValidationError as InvalidNumber

from openbeian.manifest import Fault
from openbeian.rules import load_pack

KEYS = ("Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2")
REQUIRED = KEYS[:3]
AI_WORDS = ("人工智能", "AI")
MADE_WORDS = ("生成", "合成")


class LabelVerdict(StrEnum):
    """What reading a label found."""

    COMPLIANT = "compliant"
    NONCOMPLIANT = "noncompliant"
    NOT_FOUND = "not_found"
    INCONCLUSIVE = "inconclusive"


def is_explicit(text: str) -> bool:
    """Tell whether words name both elements the rule asks for: artificial intelligence, and generated or synthesised."""
    plain = text.upper()
    return any(word in plain for word in AI_WORDS) and any(word in plain for word in MADE_WORDS)


def label_text(text: str, prefix: str) -> str:
    """Return the text with the filed words at its start, once.

    Raises:
        Fault: `label-wording` when the prefix lacks an element the rule asks for.
    """
    if not is_explicit(prefix):
        rule = load_pack("labelling").title
        raise Fault("label-wording", f"标识“{prefix}”没有同时写明人工智能和生成", f"改写标识；依据：{rule}")
    return text if text.startswith(prefix) else prefix + text


@dataclass(frozen=True, slots=True)
class AigcLabel:
    """The implicit label. All values are visible ASCII; `label` 1 = is generated, 2 = may be, 3 = suspected."""

    producer: str
    produce_id: str
    label: str = "1"
    reserved_1: str = ""
    propagator: str = ""
    propagate_id: str = ""
    reserved_2: str = ""

    def to_json(self) -> str:
        """Return the seven keys in their order, as one line of plain JSON."""
        values = (
            self.label,
            self.producer,
            self.produce_id,
            self.reserved_1,
            self.propagator,
            self.propagate_id,
            self.reserved_2,
        )
        for key, value in zip(KEYS, values, strict=True):
            if not _is_visible_ascii(value):
                raise Fault("label-characters", f"隐式标识 {key} 只能用可见的 ASCII 字符", "名称改用编码")
        return json.dumps(dict(zip(KEYS, values, strict=True)), separators=(",", ":"))


def read_label(text: str | None) -> LabelVerdict:
    """Judge an implicit label, bare or wrapped in `{"AIGC": …}`."""
    if not text:
        return LabelVerdict.NOT_FOUND
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return LabelVerdict.INCONCLUSIVE
    found = found.get("AIGC", found) if isinstance(found, dict) else found
    if not isinstance(found, dict):
        return LabelVerdict.INCONCLUSIVE
    is_right = (
        all(found.get(key) for key in REQUIRED)
        and found["Label"] in {"1", "2", "3"}
        and all(key in KEYS and isinstance(value, str) and _is_visible_ascii(value) for key, value in found.items())
    )
    return LabelVerdict.COMPLIANT if is_right else LabelVerdict.NONCOMPLIANT


def provider_code(uscc: str, own: str, *, spreads: bool = False) -> str:
    """Return the 27-character provider code: 00, organisation, credit code, service type, four own characters."""
    try:
        number = credit_code.validate(uscc)
    except InvalidNumber as reason:
        raise Fault("credit-code", "统一社会信用代码不对", "对照营业执照核对") from reason
    if len(own) != 4 or not own.isascii() or not own.isalnum() or own != own.upper():
        raise Fault("provider-code", "自编码应为四位数字或大写字母", "改写自编码")
    return f"0011{number}{'2' if spreads else '1'}{own}"


def _is_visible_ascii(text: str) -> bool:
    return all("!" <= char <= "~" for char in text)
