"""Forms of the review: a package with three people, another person for a seat, one verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from openbeian.assessment.review import Seat, Task, Verdict
from openbeian.assessment.review.marks import LONGEST_REASON
from openbeian.office import fields
from openbeian.office.accounts.errors import Incomplete
from openbeian.office.accounts.models import User
from openbeian.office.fields import Words
from openbeian.office.reviews.packages import MAX_PACKAGE_BYTES, read_package
from openbeian.office.reviews.words import SEATS

CHOOSE = ("", _("请选择"))


def _person(label: Words | Promise, users: Sequence[User], help_text: Words = "") -> forms.ChoiceField:
    missing = _("请选择一个人")
    return forms.ChoiceField(
        label=str(label),
        choices=[CHOOSE, *((str(user.pk), f"{user}（{user.username}）") for user in users)],
        help_text=help_text,
        error_messages={"required": missing, "invalid_choice": missing},
    )


class PackageForm(forms.Form):
    """A review package and who sits on the three seats."""

    file = forms.FileField(
        label=_("复核包（.json）"),
        help_text=_("由 openbeian review package 写出，不超过 16 MB。里面只有题目、回答和类别，没有机器的判定。"),
        error_messages={"required": _("请选择复核包"), "empty": _("文件是空的"), "missing": _("请选择复核包")},
    )

    def __init__(self, *args: Any, users: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.task: Task | None = None
        third = _("只判两名初审不一致的，以及抽中复查的；看得到两份意见，看不到是谁写的。")
        for seat in Seat:
            self.fields[seat.value] = _person(SEATS[seat], users, third if seat is Seat.THIRD else "")

    def clean_file(self) -> UploadedFile[bytes]:
        """Read the package, so that what is wrong stands beside its field."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MAX_PACKAGE_BYTES:
            raise forms.ValidationError(_("文件超过 16 MB，请减少抽样量或分几份"))
        try:
            self.task = read_package(file.read())
        except Incomplete as refused:
            raise forms.ValidationError(refused.reason) from refused
        return file

    def clean(self) -> dict[str, Any]:
        """Refuse one person on two seats."""
        given = super().clean() or {}
        seen: set[str] = set()
        for seat in Seat:
            person = str(given.get(seat.value) or "")
            if person and person in seen:
                self.add_error(seat.value, _("两名初审和终审须是三个不同的人"))
            seen.add(person)
        return given

    @property
    def people(self) -> dict[Seat, int]:
        """The chosen accounts by seat."""
        return {seat: int(self.cleaned_data[seat.value]) for seat in Seat}


class ReseatForm(forms.Form):
    """Who takes over a seat."""

    seat = forms.ChoiceField(label=_("哪一席"), choices=[(seat.value, SEATS[seat]) for seat in Seat])

    def __init__(self, *args: Any, users: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"] = _person(_("换成谁"), users)


class MarkForm(forms.Form):
    """One verdict, and why."""

    reason = fields.text(
        _("理由（可不填）"),
        help_text=_("写给终审看：两人不一致时，终审看得到理由，看不到姓名。"),
        rows=3,
        limit=LONGEST_REASON,
    )

    def __init__(self, *args: Any, verdicts: Sequence[Verdict], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        missing = _("请先选一项判定")
        self.fields["verdict"] = fields.one_of(
            _("判定"), [(verdict.value, verdict.value) for verdict in verdicts], missing=missing
        )
