"""Forms of complaints: the public's, the provider's answer, the office's close, and looking up a receipt."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from openbeian.office import fields


class ComplaintForm(forms.Form):
    """What happened with which registered service, and how to reach the complainant."""

    number = fields.line(
        _("备案号或上线编号"),
        missing=_("请填写服务的备案号或上线编号"),
        help_text=_("服务页面的显著位置应写有编号；不知道编号，可以先按名称查。"),
    )
    text = fields.text(
        _("发生了什么"),
        missing=_("请写明发生了什么"),
        help_text=_(
            "写清时间、在哪里用、看到或遇到了什么、希望怎样处理。请不要写别人的姓名、电话、证件号。最多 5000 字。"
        ),
        rows=7,
    )
    contact = fields.line(
        _("怎样联系您（可不填）"),
        help_text=_("手机号或电子邮箱，只用来问情况。加密保存，不公开，提供者看不到。不填也可以凭回执号查进度。"),
        autocomplete="email",
    )


class ReceiptForm(forms.Form):
    """The code on a receipt."""

    code = fields.line(
        _("回执号"), missing=_("请填写回执号"), help_text=_("以 YY- 或 TS- 开头，在提交后的回执上。"), limit=20
    )


class ProviderAnswerForm(forms.Form):
    """The provider's answer to a complaint."""

    answer = fields.text(
        _("答复"), missing=_("请写明核实的情况和怎样处理"), help_text=_("写明查到了什么、怎样改正。签发后不能修改。")
    )


class CloseForm(forms.Form):
    """The office's words on how a complaint ended."""

    outcome = fields.text(_("办理结果"), missing=_("请写明办理结果"), help_text=_("投诉人凭回执号能看到这段文字。"))
