"""Invented values for the style page, so that every part can be seen and checked by itself."""

from __future__ import annotations

from datetime import date, timedelta

from openbeian.office.fields import line, one_of, text
from openbeian.office.filings.queries import StepRow
from openbeian.rules import Calendar, Deadline, Process, Term, due

HASH = "9f2c51d07be3a4468c1f0de2b97a5c34" * 2


def parts(today: date) -> dict[str, object]:
    """Return one sample of every part."""
    return {
        "kinds": [
            ("ok", "符合"),
            ("bad", "不符合"),
            ("warn", "轻微"),
            ("go", "审核"),
            ("none", "缺证据"),
            ("pause", "计时已停"),
            ("na", "不适用"),
        ],
        "states": [state.id for state in Process.load().pack.states],
        "deadlines": [_deadline(today, days) for days in (-2, 0, 2, 20)],
        "today": today,
        "evidence": {"digest": HASH, "kind": "assessment-run", "title": "示例评估运行"},
        "steps": _steps(today),
        "old": "法律咨询、代写诉状、法规检索",
        "new": "法律知识咨询、法规检索",
        "form": _form(),
        "facts": {
            "architecture": "检索加排序",
            "parameters": 900000,
            "framework": None,
            "model": {"name": "示例", "weights_sha256": HASH},
        },
        "months": (),
    }


def _deadline(today: date, days: int) -> Deadline:
    return due(Term(30, "day", "project_policy", "示例"), today + timedelta(days=days - 30), Calendar.china())


def _steps(today: date) -> list[StepRow]:
    stages = Process.load().pack.stages
    return [
        StepRow(
            stage.id,
            stage.name_zh,
            stage.name_en,
            "done" if at < 2 else "current" if at == 2 else "todo",
            today if at <= 2 else None,
        )
        for at, stage in enumerate(stages)
    ]


def _form() -> object:
    from django import forms

    class Sample(forms.Form):
        name = line("单位全称", missing="请填写单位全称", help_text="与营业执照完全一致")
        kind = one_of("类型", [("a", "首次"), ("b", "变更")], missing="请选择类型")
        reason = text("理由", missing="请写明理由")

    return Sample({"kind": "a"})
