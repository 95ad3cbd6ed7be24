"""Forms of the notice: the public's objection, the office's verification and answer."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from openbeian.office import fields
from openbeian.office.wording import in_chinese
from openbeian.rules import Process


class ObjectionForm(forms.Form):
    """What someone objects to, why, and how to reach them; the contact is never published."""

    part = fields.one_of(
        _("公示的哪一部分"), [], missing=_("请选择公示的哪一部分"), help_text=_("说不清就选最接近的。")
    )
    statement = fields.text(
        _("哪里不对，为什么"),
        missing=_("请写明哪里不对，为什么"),
        help_text=_(
            "写清三件事：公示里的哪一句；您知道的事实；根据是什么。请不要写别人的姓名、电话、证件号。最多 5000 字。"
        ),
        rows=7,
    )
    contact = fields.line(
        _("怎样联系您（可不填）"),
        help_text=_("手机号或电子邮箱，只用来问情况。加密保存，不公开，提供者看不到。不填也可以凭回执号查进度。"),
        autocomplete="email",
    )
    facts = fields.agreed(_("我说的是我知道的事实"), missing=_("请确认所说的是您知道的事实"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        language = "zh" if in_chinese() else "en"
        parts = [(part.id, part.name(language)) for part in Process.load().pack.objection_parts]
        self.fields["part"].choices = parts  # type: ignore[attr-defined]


class VerificationForm(forms.Form):
    """What the office checked about an objection."""

    verification = fields.text(
        _("核验的经过"),
        missing=_("请写明看了什么、结论是什么"),
        help_text=_("写明核对了哪些材料、问了谁、每一点是否属实。"),
        rows=6,
    )


class AnswerForm(forms.Form):
    """The office's answer, which is published."""

    is_upheld = fields.one_of(
        _("处理结论"),
        [("yes", _("成立或部分成立")), ("no", _("不成立"))],
        missing=_("请选择处理结论"),
    )
    answer = fields.text(
        _("答复（公开）"),
        missing=_("请写明结论和理由"),
        help_text=_("写明结论、理由和处理。答复会公布在公示页，不要写任何人的姓名和联系方式。签发后不能修改。"),
        rows=6,
    )
