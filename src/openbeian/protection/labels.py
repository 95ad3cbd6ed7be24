"""Labels of generated content: the words users see and the AIGC metadata object (标识办法, GB 45438-2025)."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from stdnum.cn import uscc as credit_code
from stdnum.exceptions import ValidationError as InvalidNumber

from openbeian.manifest import Fault
from openbeian.rules import load_pack
from openbeian.rules.shapes import LabelPack

KEYS = ("Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2")
WRAPPER = "AIGC"


class LabelVerdict(StrEnum):
    """What reading a label found."""

    COMPLIANT = "compliant"
    NONCOMPLIANT = "noncompliant"
    NOT_FOUND = "not_found"
    INCONCLUSIVE = "inconclusive"


def is_explicit(text: str) -> bool:
    """Tell whether words name every element the pack asks for: artificial intelligence, and generated or synthesised.

    Full-width letters count as letters, and “AI” inside another word does not count.
    """
    plain = unicodedata.normalize("NFKC", text)
    return all(pattern.search(plain) for pattern in _elements())


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
        """Return the seven keys in their order, as one line of plain JSON.

        Raises:
            Fault: `label-characters`, `label-value`, or `label-incomplete` when producer or content number are missing.
        """
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
        fields = dict(zip(KEYS, values, strict=True))
        required, allowed = _required()
        if self.label not in allowed:
            raise Fault(
                "label-value", f"隐式标识 {KEYS[0]} 没有取值 {self.label}", f"可取 {'、'.join(sorted(allowed))}"
            )
        if missing := [key for key in KEYS if key in required and not fields[key]]:
            raise Fault("label-incomplete", f"隐式标识缺少 {'、'.join(missing)}", "补上再写入")
        return json.dumps(fields, separators=(",", ":"))


def read_label(text: str | None) -> LabelVerdict:
    """Judge an implicit label, bare or wrapped in `{"AIGC": …}`.

    Noncompliant: a required key is missing or empty, a key is unknown or stands twice, a value is not visible ASCII text,
    or `Label` has another value than the pack lists. Inconclusive: what is there cannot be read.
    """
    if not text or not text.strip():
        return LabelVerdict.NOT_FOUND
    try:
        found = json.loads(text, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return LabelVerdict.INCONCLUSIVE
    if isinstance(found, _Pairs) and WRAPPER in found.values:
        if found.count(WRAPPER) > 1:
            return LabelVerdict.NONCOMPLIANT
        found = found.values[WRAPPER]
    if not isinstance(found, _Pairs):
        return LabelVerdict.INCONCLUSIVE
    if not any(key in KEYS for key in found.values):
        return LabelVerdict.NOT_FOUND
    return LabelVerdict.COMPLIANT if _is_right(found) else LabelVerdict.NONCOMPLIANT


class _Pairs:
    """A JSON object that still knows when a key stood twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.pairs = pairs
        self.values = dict(pairs)

    def count(self, key: str) -> int:
        return sum(name == key for name, _ in self.pairs)


def _is_right(found: _Pairs) -> bool:
    required, values = _required()
    return (
        len(found.values) == len(found.pairs)
        and all(found.values.get(key) for key in required)
        and all(key in KEYS and isinstance(value, str) and _is_visible_ascii(value) for key, value in found.pairs)
        and found.values[KEYS[0]] in values
    )


@cache
def _pack() -> LabelPack:
    pack = load_pack("labelling")
    assert isinstance(pack, LabelPack)
    return pack


@cache
def _elements() -> tuple[re.Pattern[str], ...]:
    """Return one pattern for each element of the wording; a Latin word must stand at the beginning of a word."""
    elements: dict[str, list[str]] = _pack().explicit["wording"]["elements"]
    return tuple(re.compile("|".join(map(_word, words)), re.IGNORECASE) for words in elements.values())


def _word(word: str) -> str:
    return rf"(?<![A-Za-z]){re.escape(word)}(?-i:(?![a-z]))" if word.isascii() else re.escape(word)


@cache
def _required() -> tuple[frozenset[str], frozenset[str]]:
    """Return the keys an implicit label must have, and the values of its first key."""
    fields: list[dict[str, Any]] = _pack().implicit["fields"]
    values = next(field["values"] for field in fields if field["name"] == KEYS[0])
    return frozenset(str(field["name"]) for field in fields if field["required"]), frozenset(map(str, values))


def provider_code(uscc: str, own: str, *, spreads: bool = False) -> str:
    """Return the 27-character provider code: 00, organisation, credit code, service type, four own characters.

    `spreads` makes it the code of a service that spreads content instead of generating it (TC260-PG-20252A).

    Raises:
        Fault: `credit-code` when its check digit is wrong, `provider-code` when the own part is no four digits or capitals.
    """
    try:
        number = credit_code.validate(uscc)
    except InvalidNumber as reason:
        raise Fault("credit-code", "统一社会信用代码不对", "对照营业执照核对") from reason
    if len(own) != 4 or not own.isascii() or not own.isalnum() or own != own.upper():
        raise Fault("provider-code", "自编码应为四位数字或大写字母", "改写自编码")
    return f"0011{number}{'2' if spreads else '1'}{own}"


def _is_visible_ascii(text: str) -> bool:
    return all("!" <= char <= "~" for char in text)
