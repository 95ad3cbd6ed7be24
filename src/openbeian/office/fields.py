"""Form fields that say in plain words what is missing; shared by the forms of all apps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = str | _StrPromise
else:
    Words = str

LONG_TEXT = 5000


def text(
    label: Words, *, missing: Words = "", help_text: Words = "", rows: int = 4, limit: int = LONG_TEXT
) -> forms.CharField:
    """Return a field for sentences; it is required when `missing` says what to write."""
    return forms.CharField(
        label=label,
        required=bool(missing),
        help_text=help_text,
        max_length=limit,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": missing, "max_length": _("太长：最多 %(limit_value)d 字，现在 %(show_value)d 字")},
    )


def line(
    label: Words, *, missing: Words = "", help_text: Words = "", limit: int = 200, autocomplete: str = "off"
) -> forms.CharField:
    """Return a field for one line; it is required when `missing` says what to write."""
    return forms.CharField(
        label=label,
        required=bool(missing),
        help_text=help_text,
        max_length=limit,
        widget=forms.TextInput(attrs={"autocomplete": autocomplete}),
        error_messages={"required": missing, "max_length": _("太长：最多 %(limit_value)d 字，现在 %(show_value)d 字")},
    )


def one_of(
    label: Words, choices: Sequence[tuple[str, Words]], *, missing: Words, help_text: Words = ""
) -> forms.ChoiceField:
    """Return a question with exactly one answer."""
    return forms.ChoiceField(
        label=label,
        choices=choices,
        help_text=help_text,
        widget=forms.RadioSelect,
        error_messages={"required": missing, "invalid_choice": missing},
    )


def agreed(label: Words, *, missing: Words) -> forms.BooleanField:
    """Return a box that must be ticked."""
    return forms.BooleanField(label=label, error_messages={"required": missing})
