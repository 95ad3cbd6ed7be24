"""Forms of the provider: track questions, manifest, handing in, answering a supplement, change."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from openbeian.office import fields
from openbeian.office.filings.models import SupplementItem
from openbeian.office.filings.submissions import AttachmentIn
from openbeian.office.wording import in_chinese
from openbeian.rules import Process, form_pack

MAX_MANIFEST_BYTES = 1 << 20


class TrackForm(forms.Form):
    """The questions of the process pack that lead to a track."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, question in enumerate(Process.load().pack.track_questions, 1):
            text = question.text_zh if in_chinese() else question.text_en
            choices = [(choice.id, choice.text_zh if in_chinese() else choice.text_en) for choice in question.choices]
            self.fields[question.id] = fields.one_of(f"{number}　{text}", choices, missing=_("请选择一项"))

    @property
    def answers(self) -> dict[str, str]:
        """The answers by question."""
        return {name: self.cleaned_data[name] for name in self.fields if name in self.cleaned_data}


class ManifestForm(forms.Form):
    """A service manifest, pasted or as a file; a file wins."""

    file = forms.FileField(
        label=_("上传 service.yaml"), required=False, help_text=_("UTF-8 编码，不超过 1 MB。选了文件就以文件为准。")
    )
    source = forms.CharField(
        label=_("或在这里改"),
        required=False,
        strip=False,
        help_text=_("YAML 文本，# 之后是说明。保存前会逐行检查。"),
        widget=forms.Textarea(attrs={"rows": 28, "spellcheck": "false", "wrap": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """Take the file's text when there is a file."""
        given = super().clean() or {}
        file: UploadedFile[bytes] | None = given.get("file")
        if file is not None:
            given["source"] = self._text(file)
        if not str(given.get("source") or "").strip() and not self.errors:
            self.add_error("source", _("请上传文件，或粘贴清单"))
        return given

    def _text(self, file: UploadedFile[bytes]) -> str:
        if (file.size or 0) > MAX_MANIFEST_BYTES:
            self.add_error("file", _("文件超过 1 MB，请把长文放进附件"))
            return ""
        try:
            return str(file.read(), "utf-8-sig")
        except UnicodeDecodeError:
            self.add_error("file", _("文件不是 UTF-8 编码，请用编辑器另存为 UTF-8"))
            return ""


class HandInForm(forms.Form):
    """A round: a note to the office, and the annexes of the dossier."""

    note = fields.text(_("给承办人的说明（可不填）"), rows=3)

    def __init__(self, *args: Any, track: str = "filing", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pack = form_pack()
        self.annexes = list(pack.registration_annexes if track == "registration" else pack.annexes)
        for annex in self.annexes:
            self.fields[f"annex_{annex.no}"] = forms.FileField(
                label=f"{annex.no}　{annex.name}", required=False, help_text=f"{annex.format}　{annex.content}"
            )

    @property
    def annex_fields(self) -> Iterable[tuple[Any, forms.BoundField]]:
        """The annexes with their fields."""
        return [(annex, self[f"annex_{annex.no}"]) for annex in self.annexes]

    @property
    def attachments(self) -> list[AttachmentIn]:
        """The chosen files as they enter at the border."""
        chosen = [(annex, self.cleaned_data.get(f"annex_{annex.no}")) for annex in self.annexes]
        return [_attachment(annex.name, file) for annex, file in chosen if file is not None]


class FirstRoundForm(HandInForm):
    """The first round: with the answers of the track questions."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, question in TrackForm().fields.items():
            self.fields[name] = question

    @property
    def answers(self) -> dict[str, str]:
        """The answers by question."""
        return {question.id: self.cleaned_data[question.id] for question in Process.load().pack.track_questions}

    @property
    def question_fields(self) -> list[forms.BoundField]:
        """The questions of the track."""
        return [self[question.id] for question in Process.load().pack.track_questions]


class SupplementForm(HandInForm):
    """The answers to every item of a supplement, with the next round."""

    def __init__(self, *args: Any, items: Iterable[SupplementItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = list(items)
        for item in self.items:
            self.fields[f"answer_{item.position}"] = fields.text(
                _("第 %(n)s 项的答复") % {"n": item.position}, missing=_("请写明怎样补正，材料在哪里"), rows=3
            )

    @property
    def answer_fields(self) -> list[tuple[SupplementItem, forms.BoundField]]:
        """The items with the fields of their answers."""
        return [(item, self[f"answer_{item.position}"]) for item in self.items]

    @property
    def answers(self) -> dict[int, str]:
        """The answers by position."""
        return {item.position: self.cleaned_data[f"answer_{item.position}"] for item in self.items}


class ChangeForm(forms.Form):
    """Why a registered service is to be filed otherwise."""

    reason = fields.text(
        _("为什么变更"),
        missing=_("请写明变更了什么、为什么"),
        help_text=_("写明哪些内容有变、从什么时候起、对用户有什么影响。"),
    )


def _attachment(duty: str, file: UploadedFile[bytes]) -> AttachmentIn:
    content = file.read()
    return AttachmentIn(
        duty=duty[:60],
        name=str(file.name)[:150],
        sha256=hashlib.sha256(content).hexdigest(),
        content_base64=base64.b64encode(content).decode(),
    )
