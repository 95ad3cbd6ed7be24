"""What a manifest still lacks, by the fields of the filing form, each with the rule that asks for it (F1)."""

from __future__ import annotations

from typing import Any

from openbeian.manifest import LoadedManifest, ManifestInvalid, Problem, load_manifest, part_of
from openbeian.rules.packs import FormField, FormSection, clause_pack, form_pack

EDITION = "gbt-45654-2025"
CHOICE_TYPES = frozenset({"enum", "multi_enum"})


def check(loaded: LoadedManifest) -> list[Problem]:
    """Return everything that keeps a manifest from being filed: empty required fields, values outside the choices."""
    plain = loaded.manifest.as_json()
    found: list[Problem] = []
    for section, field in form_pack().fields():
        if field.manifest is None:
            continue
        value = value_at(plain, field.manifest)
        if field.required and _is_empty(value):
            found.append(_problem("field-empty", section, field, "没有填写", "请填写", loaded))
        found += _choice_problems(section, field, value, loaded)
    return found + _statement_problems(loaded)


def explain(invalid: ManifestInvalid) -> ManifestInvalid:
    """Return the same problems, each with the label and the rule of its form field where there is one."""
    return ManifestInvalid([_with_rule(problem) for problem in invalid.problems])


def load_checked(path: Any) -> LoadedManifest:
    """Read a manifest; a mistake in shape names the form field and the rule that asks for it."""
    try:
        return load_manifest(path)
    except ManifestInvalid as invalid:
        raise explain(invalid) from invalid


def completeness(loaded: LoadedManifest) -> dict[str, tuple[int, int]]:
    """Return, for each of the six parts, how many of its form fields are filled, and how many there are."""
    plain = loaded.manifest.as_json()
    counts: dict[str, tuple[int, int]] = {}
    for _, field in form_pack().fields():
        part = part_of(field.manifest or "")
        if part is None or not field.required:
            continue
        filled, total = counts.get(part, (0, 0))
        counts[part] = (filled + (not _is_empty(value_at(plain, field.manifest or ""))), total + 1)
    return counts


def value_at(plain: Any, path: str) -> Any:
    """Return the value at a dotted path of plain JSON; None when there is none."""
    for key in path.split("."):
        plain = plain.get(key) if isinstance(plain, dict) else None
    return plain


def rule_of(section: FormSection, field: FormField) -> str:
    """Return the rule that asks for a field, in words."""
    flag = "，待核对" if field.to_check else ""
    return f"备案表 {section.id}.{field.id}（来源 {'、'.join(field.source)}{flag}）；立项文档 F1"


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _problem(code: str, section: FormSection, field: FormField, message: str, remedy: str, loaded: LoadedManifest) -> Problem:
    path = field.manifest or ""
    return Problem(
        code,
        message,
        remedy,
        file=loaded.name,
        line=loaded.lines.get(path),
        path=path,
        label=f"{section.title.split('、')[-1]}·{field.label}",
        rule=rule_of(section, field),
    )


def _choice_problems(section: FormSection, field: FormField, value: Any, loaded: LoadedManifest) -> list[Problem]:
    if field.type not in CHOICE_TYPES or not field.choices:
        return []
    given = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    strange = [text for text in given if isinstance(text, str) and text not in field.choices]
    remedy = f"从这些中选：{'、'.join(field.choices)}"
    return [_problem("field-choice", section, field, f"“{text}”不在可选项中", remedy, loaded) for text in strange]


def _statement_problems(loaded: LoadedManifest) -> list[Problem]:
    known = {clause.id for clause in clause_pack(EDITION).clauses}
    return [
        Problem(
            "unknown-clause",
            f"规则包中没有条款 {statement.clause}",
            "用 openbeian packs show gbt-45654-2025 查看条款号",
            file=loaded.name,
            line=loaded.lines.get(f"statements.{index}"),
            path=f"statements.{index}.clause",
        )
        for index, statement in enumerate(loaded.manifest.statements)
        if statement.clause not in known
    ]


def _with_rule(problem: Problem) -> Problem:
    best: tuple[int, FormSection, FormField] | None = None
    for section, field in form_pack().fields():
        path = field.manifest or "?"
        near = problem.path is not None and (problem.path == path or problem.path.startswith(path + "."))
        if near and (best is None or len(path) > best[0]):
            best = (len(path), section, field)
    if best is None:
        return Problem(**{**problem.as_json(), "rule": "服务清单 openbeian/manifest/v1；立项文档 F1"})  # type: ignore[arg-type]
    _, section, field = best
    label = f"{section.title.split('、')[-1]}·{field.label}"
    return Problem(**{**problem.as_json(), "label": label, "rule": rule_of(section, field)})  # type: ignore[arg-type]
