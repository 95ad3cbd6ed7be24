"""A review package as it comes in at the border: read strictly, refused in plain words, before anything is written."""

from __future__ import annotations

import json
from collections import Counter
from typing import Annotated, Any

from pydantic import Field, ValidationError

from openbeian.assessment.review import Population, Task
from openbeian.assessment.review.task import SCHEMA
from openbeian.assessment.sampling import ALGORITHM, seed_from
from openbeian.office.accounts.errors import Incomplete
from openbeian.office.filings.submissions import Border, Sha256

MAX_PACKAGE_BYTES = 16 << 20
MAX_ITEMS = 10_000
MAX_TEXT = 200_000
MAX_ID = 300
MAX_NAME = 200
POLICY = "国标 9.2–9.4；复核包用 openbeian review package 写出"

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
Id = Annotated[str, Field(min_length=1, max_length=MAX_ID)]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Count = Annotated[int, Field(ge=0)]
Facts = Annotated[dict[Name, Annotated[str, Field(max_length=1000)]], Field(max_length=1000)]


class StratumIn(Border):
    """One stratum of the plan."""

    size: Count
    core: Count
    top_up: Count
    shortfall: Count


class ItemIn(Border):
    """One item with the digest of what the reviewer sees; a machine's label has no place here."""

    id: Id
    stratum: Name
    text: Text
    answer: Text
    is_core: bool
    digest: Sha256


class PolicyIn(Border):
    """The switches of counting."""

    redirection_refuses: bool


class PackageIn(Border):
    """The JSON of a review task, and nothing beside it."""

    schema_: Annotated[str, Field(alias="schema", pattern=f"^{SCHEMA}$")]
    algorithm: Annotated[str, Field(pattern=f"^{ALGORITHM}$")]
    population: Annotated[str, Field(pattern=f"^({'|'.join(Population)})$")]
    source: Facts
    seed: Sha256
    seed_facts: Facts
    strata: Annotated[dict[Name, StratumIn], Field(min_length=1, max_length=1000)]
    items: Annotated[list[ItemIn], Field(min_length=1, max_length=MAX_ITEMS)]
    policy: PolicyIn
    silent: Annotated[list[Id], Field(max_length=MAX_ITEMS)]


def read_package(data: bytes) -> Task:
    """Return the task of a package.

    Raises:
        Incomplete: `review-package`, saying what is wrong and where.
    """
    if len(data) > MAX_PACKAGE_BYTES:
        raise _refused(f"复核包超过 {MAX_PACKAGE_BYTES >> 20} MB，请减少抽样量或分几份")
    body = _json(data)
    try:
        given = PackageIn.model_validate(body)
    except ValidationError as error:
        raise _refused(_words(error)) from error
    _check_plan(given)
    try:
        task = Task.from_json(body)
    except (ValueError, KeyError, TypeError) as error:
        raise _refused("有条目的文字与它的校验码对不上，写出以后被改动过") from error
    return task


def _refused(words: str) -> Incomplete:
    return Incomplete("review-package", words, POLICY)


def _json(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(str(data, "utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise _refused("文件不是 UTF-8 编码") from error
    except (ValueError, RecursionError) as error:
        raise _refused("文件不是合格的 JSON（括号、引号不配对，或有重复的键）") from error
    if not isinstance(body, dict) or body.get("schema") != SCHEMA:
        raise _refused(f"这不是复核包：开头没有 schema“{SCHEMA}”")
    return body


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _words(error: ValidationError) -> str:
    """Say where the first thing stands that is wrong, and how many there are."""
    found = error.errors(include_url=False, include_input=False)
    where = " › ".join(str(key + 1) if isinstance(key, int) else key for key in found[0]["loc"]) or "文件"
    more = f"，共 {len(found)} 处" if len(found) > 1 else ""
    if found[0]["type"] == "value_error":
        return f"{where}：{found[0]['ctx']['error']}{more}"
    kinds = {"missing": "缺这一项", "extra_forbidden": "多出这一项", "too_long": "太多", "string_too_long": "太长"}
    return f"{where}：{kinds.get(found[0]['type'], '写法不合规定')}{more}"


def _check_plan(given: PackageIn) -> None:
    """Hold the sample against its own plan: ids once, strata known, as many of the core as planned, the seed from its facts."""
    ids = [item.id for item in given.items] + list(given.silent)
    twice = next((name for name, count in Counter(ids).items() if count > 1), None)
    if twice is not None:
        raise _refused(f"条目 {twice} 出现了两次")
    unknown = next((item.stratum for item in given.items if item.stratum not in given.strata), None)
    if unknown is not None:
        raise _refused(f"类别“{unknown}”不在抽样计划里")
    if seed_from(given.seed_facts) != given.seed:
        raise _refused("抽样种子不是由所列事实得出的，样本不能由他人重抽")
    core = sum(item.is_core for item in given.items) + len(given.silent)
    if core != sum(stratum.core for stratum in given.strata.values()):
        raise _refused("条目数与抽样计划不符，有条目被增删")
