"""Packs are complete, consistent, sourced data; no figure of the rule stands in code."""

import ast
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

import openbeian
from openbeian.manifest import Fault, Manifest
from openbeian.rules import clause_pack, form_pack, load_pack, pack_ids, requirements, risk_pack
from openbeian.rules.packs import ClausePack, read_pack
from openbeian.rules.shapes import Condition

EDITIONS = ("tc260-003", "gbt-45654-2025")
SOURCE = Path(openbeian.__file__).parent
CONFIDENCES = {"multi", "single", "general"}

both = pytest.mark.parametrize("pack", [clause_pack(edition) for edition in EDITIONS], ids=EDITIONS)


def items(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every fact of a pack: each object that names a source or a confidence."""
    if isinstance(node, dict):
        if "source" in node or "confidence" in node:
            yield path, node
        for key, value in node.items():
            yield from items(value, f"{path}.{key}")
    if isinstance(node, list):
        for index, value in enumerate(node):
            yield from items(value, f"{path}.{index}")


def model_fields(model: type[BaseModel]) -> dict[str, Any]:
    return {info.alias or name: info.annotation for name, info in model.model_fields.items()}


def is_in_manifest(path: str) -> bool:
    """Tell whether a dotted path, with `[]` for every row of a list, is a field of the manifest's model."""
    here: Any = Manifest
    for key in path.split("."):
        models = [one for one in _within(here) if isinstance(one, type) and issubclass(one, BaseModel)]
        fields = model_fields(models[0]) if models else {}
        if key.removesuffix("[]") not in fields:
            return False
        here = fields[key.removesuffix("[]")]
    return True


def _within(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _within(inner)


@pytest.mark.parametrize("pack_id", pack_ids())
def test_every_fact_of_a_pack_has_a_known_source_and_a_confidence(pack_id: str) -> None:
    tree = read_pack(f"{pack_id}.yaml")
    found = list(items({key: value for key, value in tree.items() if key not in {"sources", "confidence_levels"}}))
    for path, fact in found:
        assert fact.get("confidence") in CONFIDENCES, path
        assert fact.get("source"), path
        assert set(fact["source"]) <= set(tree["sources"]), (path, fact["source"])
    assert found
    assert load_pack(pack_id).count > 0


@pytest.mark.parametrize("pack_id", pack_ids())
def test_every_row_of_a_pack_can_be_listed_and_is_to_check_unless_two_sources_agree(pack_id: str) -> None:
    pack = load_pack(pack_id)
    rows = list(pack.rows())
    assert all(row.id and row.text and row.source for row in rows)
    assert all(row.to_check is (row.confidence != "multi") for row in rows)
    assert pack.to_check_count == sum(row.to_check for row in rows)


@both
def test_clauses_are_76_with_unique_ids_and_known_thresholds(pack: ClausePack) -> None:
    ids = [clause.id for clause in pack.clauses]
    limits = {limit.id for limit in pack.thresholds}
    assert len(ids) == len(set(ids)) == 76
    assert {limit for clause in pack.clauses for limit in clause.thresholds} == limits
    assert len(limits) == 24
    assert all(clause.check for clause in pack.clauses)


@both
def test_every_shared_threshold_names_the_clauses_that_use_it(pack: ClausePack) -> None:
    for limit in pack.thresholds:
        named = limit.clause.split(",")
        users = [clause.id for clause in pack.clauses if limit.id in clause.thresholds]
        assert all(any(user.startswith(name) for name in named) or user == "7.g.2" for user in users), limit.id
        assert all(any(user.startswith(name) for user in users) for name in named), limit.id


def test_both_editions_have_the_same_clauses_and_figures() -> None:
    old, new = (clause_pack(edition) for edition in EDITIONS)
    assert [clause.id for clause in old.clauses] == [clause.id for clause in new.clauses]
    assert [(t.id, t.op, t.value, t.level) for t in old.thresholds] == [
        (t.id, t.op, t.value, t.level) for t in new.thresholds
    ]


def test_the_standard_in_force_is_to_check_wherever_its_text_was_not_confirmed() -> None:
    for clause in clause_pack("gbt-45654-2025").clauses:
        assert clause.standing is not None
        assert clause.to_check or clause.standing in {"kept", "changed"}, clause.id


@both
def test_minima_per_class_add_up_to_less_than_the_totals(pack: ClausePack) -> None:
    """The two arithmetic traps: 2 500 of 10 000 keywords, 340 of 500 questions; both totals are checked as well."""
    value = {limit.id: Decimal(limit.value) for limit in pack.thresholds if isinstance(limit.value, str)}
    count = {group: sum(risk.group == group for risk in risk_pack().risks) for group in ("A.1", "A.2")}
    assert count["A.1"] * value["T03"] + count["A.2"] * value["T04"] == 2500 < value["T02"]
    assert (count["A.1"] + count["A.2"]) * value["T09"] == 340 < value["T08"]
    assert len(pack.aspects.values) == 13
    assert len(pack.aspects.values) * value["T11"] < value["T10"]


def test_risks_are_31_in_five_groups_and_three_slices() -> None:
    pack = risk_pack()
    counts = {group: sum(risk.group == group for risk in pack.risks) for group in ("A.1", "A.2", "A.3", "A.4", "A.5")}
    assert counts == {"A.1": 8, "A.2": 9, "A.3": 5, "A.4": 7, "A.5": 2}
    assert len({risk.code for risk in pack.risks}) == 31
    assert [len(pack.codes(name)) for name in ("all_31", "illegal_harmful_29", "refusal_17")] == [31, 29, 17]
    assert {risk.code for risk in pack.risks if risk.counts_as_illegal_or_harmful} == set(
        pack.codes("illegal_harmful_29")
    )


@pytest.mark.req("F1")
def test_every_form_field_comes_from_the_manifest_or_is_computed() -> None:
    fields = [field for _, field in form_pack().fields()]
    assert len(fields) == 56
    assert len({(section.id, field.id) for section, field in form_pack().fields()}) == 56
    for field in fields:
        assert (field.manifest is None) is (field.computed is not None), field.id
        assert field.manifest is None or is_in_manifest(field.manifest), field.manifest
        assert field.each is None or is_in_manifest(f"{field.manifest}[].{field.each}"), field.each


@pytest.mark.req("F1")
def test_every_path_in_a_pack_is_a_field_of_the_manifest() -> None:
    form, process = form_pack(), read_pack("process.yaml")
    paths = {signer.manifest for signer in form.signers} | {duty.manifest for duty in requirements()}
    paths |= {part for duty in requirements() for part in duty.parts} | {pair.at for pair in form.consistency}
    paths |= {item["path"] for key in ("checklist", "drift") for item in process[key] if item["path"] != "statements"}
    paths |= {condition.path for pair in form.consistency for condition in (pair.when, pair.then)}
    for edition in EDITIONS:
        pack = clause_pack(edition)
        rules: list[Condition | None] = [rule for c in pack.clauses for rule in (c.manifest_rule, c.applies_when)]
        paths |= {rule.path for rule in rules if rule} | {limit.manifest for limit in pack.thresholds}
    assert [path for path in paths if path and not is_in_manifest(path)] == []


@pytest.mark.req("F1")
def test_every_value_a_pack_compares_with_is_a_choice_of_the_form() -> None:
    form = form_pack()
    choices = {text for _, field in form.fields() for text in field.choices} | {"registration", True}
    conditions: list[Condition] = [one for pair in form.consistency for one in (pair.when, pair.then)]
    for edition in EDITIONS:
        conditions += [rule for c in clause_pack(edition).clauses for rule in (c.manifest_rule, c.applies_when) if rule]
    assert {value for condition in conditions for value in condition.values} <= choices


def test_founding_duties_are_listed_once_each() -> None:
    ids = [duty.id for duty in requirements()]
    wanted = ["F1", "F2", "F3", "F4", "T1", "T1a", "T1b", "T1c", "T1d", "T2", "T2a", "T2b", "T2c", "T2d", "T3", "T3a"]
    wanted += ["T3b", "T3c", "T3d", "A1", "A2", "A3", *(f"M{number}" for number in range(1, 9)), "C1"]
    assert ids == wanted
    assert all(duty.title for duty in requirements())


def test_label_words_of_the_rule_are_data() -> None:
    elements = read_pack("labelling.yaml")["explicit"]["wording"]["elements"]
    assert set(elements) == {"ai", "made"}


@pytest.mark.parametrize("pack_id", ["none", "../packs/risks", "a\0b", "calendar"])
def test_load_of_an_unknown_pack_is_a_fault(pack_id: str) -> None:
    with pytest.raises(Fault) as caught:
        load_pack(f"{pack_id}-x")
    assert caught.value.code == "no-such-pack"


def test_clause_pack_of_another_kind_is_a_fault() -> None:
    with pytest.raises(Fault) as caught:
        clause_pack("risks")
    assert caught.value.code == "no-such-pack"


def test_pack_with_an_item_without_a_source_does_not_load() -> None:
    tree = read_pack("risks.yaml")
    broken = [{key: value for key, value in tree["risks"][0].items() if key != "source"}]
    with pytest.raises(ValidationError):
        type(risk_pack()).model_validate({**tree, "risks": broken})


FLOORS = ("manifest", "rules", "evidence", "protection", "screening", "assessment", "dossier", "gateway")
CONFIDENCE_LEVEL = ("statistics.py", "0.95")  # of the intervals; it happens to equal a threshold


def figures_of_the_rule() -> set[Decimal]:
    """Every threshold that nobody would write by chance: shares, and counts from 2 000 up."""
    values = [limit.value for limit in clause_pack(EDITIONS[0]).thresholds]
    texts = [text for value in values for text in (value.values() if isinstance(value, dict) else [value])]
    return {
        number
        for number in map(Decimal, texts)
        if number >= 2000 or (0 < number < 1 and number not in {Decimal("0.1"), Decimal("0.9")})
    }


def numbers_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return {repr(node.value) for node in nodes if type(node.value) in (int, float)}


def test_no_threshold_of_the_rule_stands_in_code() -> None:
    figures = figures_of_the_rule()
    paths = [path for floor in FLOORS for path in (SOURCE / floor).rglob("*.py")]
    found = [(path.name, text) for path in paths for text in numbers_in(path) if Decimal(text) in figures]
    assert [hit for hit in found if hit != CONFIDENCE_LEVEL] == []
    assert Decimal("0.95") in figures
    assert len(paths) > 20


def test_pack_file_of_another_shape_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openbeian.rules.packs.read_pack", lambda _name: {"id": "risks", "kind": "risks"})
    with pytest.raises(Fault) as caught:
        load_pack.__wrapped__("risks")
    assert caught.value.code == "pack-broken"
