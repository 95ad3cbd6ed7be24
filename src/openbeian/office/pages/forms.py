"""Forms of the office's acts on a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from openbeian.office import fields
from openbeian.office.filings.queries import CheckRow
from openbeian.office.filings.services import SupplementRequest
from openbeian.office.wording import in_chinese
from openbeian.rules import Finding, Process

VERDICTS = ("符合", "不符合", "不适用")
MIN_ITEMS = 2
MAX_ITEMS = 30


class NothingForm(forms.Form):
    """An act that needs no words."""


class NoteForm(forms.Form):
    """An act with an optional note."""

    note = fields.text(_("说明（可不填）"), rows=2)


class ReasonForm(forms.Form):
    """An act that must be explained to the provider or a colleague."""

    reason = fields.text(_("理由"), missing=_("请写明理由"), rows=3)


class OptionalReasonForm(forms.Form):
    """An act whose reason may be left out."""

    reason = fields.text(_("理由（可不填）"), rows=2)


class SummaryForm(forms.Form):
    """An act that records what happened elsewhere."""

    summary = fields.text(_("摘要"), missing=_("请写明结果的摘要"), rows=3)


class TestForm(SummaryForm):
    """The result of the technical test."""

    is_passed = fields.one_of(_("结果"), [("yes", _("通过")), ("no", _("未通过"))], missing=_("请选择测试结果"))
    field_order = ("is_passed", "summary")


class OpinionForm(forms.Form):
    """The reviewer's opinion."""

    recommendation = fields.one_of(_("意见"), [("pass", _("同意")), ("reject", _("不予备案"))], missing=_("请选择意见"))
    reason = fields.text(_("理由"), missing=_("请写明理由"), rows=3)


class RecuseForm(forms.Form):
    """A declared conflict of interest."""

    reason = fields.text(_("回避的理由"), missing=_("请写明与本案的利害关系"), rows=2)


class ChecklistForm(forms.Form):
    """Marks on the items of the review checklist; an item may be left for later."""

    def __init__(self, *args: Any, rows: Sequence[CheckRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        for row in rows:
            self.fields[f"v_{row.id}"] = forms.ChoiceField(
                label=row.name,
                required=False,
                choices=[(word, word) for word in VERDICTS],
                widget=forms.RadioSelect,
                initial=row.verdict,
            )
            self.fields[f"n_{row.id}"] = fields.line(_("意见"), limit=500)
            self.fields[f"n_{row.id}"].initial = row.note

    @property
    def marks(self) -> list[tuple[str, str, str]]:
        """The marked items that differ from what was kept: item, verdict, note."""
        given = [
            (row, self.cleaned_data.get(f"v_{row.id}", ""), self.cleaned_data.get(f"n_{row.id}", ""))
            for row in self.rows
        ]
        return [
            (row.id, verdict, note)
            for row, verdict, note in given
            if verdict and (verdict, note) != (row.verdict, row.note)
        ]

    @property
    def areas(self) -> list[tuple[str, list[tuple[CheckRow, forms.BoundField, forms.BoundField]]]]:
        """The items under their three areas."""
        names = dict.fromkeys(row.area for row in self.rows)
        return [
            (area, [(row, self[f"v_{row.id}"], self[f"n_{row.id}"]) for row in self.rows if row.area == area])
            for area in names
        ]


class SupplementForm(forms.Form):
    """Things asked for, all at once; empty rows are left out. `more`: what was typed, to be shown again with one more row."""

    def __init__(
        self,
        *args: Any,
        findings: Iterable[Finding] = (),
        rows: Sequence[CheckRow] = (),
        more: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.initial = dict(more or {})
        reasons = [("", _("不归类"))] + [
            (reason.code, f"{reason.code} {reason.text}") for reason in Process.load().pack.return_reasons
        ]
        suggested = self._suggested(findings, rows)
        self.count = self._rows_wanted(len(suggested))
        for at in range(1, self.count + 1):
            clause, path, request = suggested[at - 1] if at <= len(suggested) else ("", "", "")
            self.fields[f"request_{at}"] = fields.text(_("要求"), rows=3)
            self.fields[f"request_{at}"].initial = request
            self.fields[f"clause_{at}"] = fields.line(_("条款"), limit=40)
            self.fields[f"clause_{at}"].initial = clause
            self.fields[f"path_{at}"] = fields.line(_("字段"), limit=120)
            self.fields[f"path_{at}"].initial = path
            self.fields[f"reason_{at}"] = forms.ChoiceField(label=_("原因"), choices=reasons, required=False)

    @staticmethod
    def _suggested(findings: Iterable[Finding], rows: Sequence[CheckRow]) -> list[tuple[str, str, str]]:
        """Return what the marks 不符合 of the checklist ask for; the findings only when nothing is marked."""
        marked = [
            (row.basis if row.basis[:1].isdigit() else "", row.path, row.note)
            for row in rows
            if row.verdict == "不符合"
        ]
        if marked:
            return marked[:MAX_ITEMS]
        ends = "" if in_chinese() else " "
        return [
            (
                row.clause,
                "",
                _("%(topic)s：%(reason)s。请补证据或改正。") % {"topic": row.topic, "reason": row.reason} + ends,
            )
            for row in findings
            if row.verdict.value == "不符合" and not row.is_warning
        ][:MIN_ITEMS]

    def _rows_wanted(self, suggested: int) -> int:
        given = str((self.data or self.initial).get("count", ""))
        wanted = int(given) if given.isdigit() else max(MIN_ITEMS, suggested)
        return min(MAX_ITEMS, wanted + ("add" in self.initial))

    def clean(self) -> dict[str, Any]:
        """Ask for at least one item."""
        given = super().clean() or {}
        if not any(str(given.get(f"request_{at}", "")).strip() for at in range(1, self.count + 1)):
            self.add_error("request_1", _("至少写一项要求"))
        return given

    @property
    def items(self) -> list[SupplementRequest]:
        """The items that were filled in."""
        given = self.cleaned_data
        return [
            SupplementRequest(given[f"request_{at}"], given[f"clause_{at}"], given[f"path_{at}"], given[f"reason_{at}"])
            for at in range(1, self.count + 1)
            if given[f"request_{at}"].strip()
        ]

    @property
    def item_fields(self) -> list[tuple[int, forms.BoundField, forms.BoundField, forms.BoundField, forms.BoundField]]:
        """The fields of each item."""
        return [
            (at, self[f"clause_{at}"], self[f"path_{at}"], self[f"reason_{at}"], self[f"request_{at}"])
            for at in range(1, self.count + 1)
        ]
