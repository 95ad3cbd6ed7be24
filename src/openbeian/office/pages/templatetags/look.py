"""The parts of the look as tags: status, clock, chip, diff, field, facts. Words first, colour second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import forms, template
from django.core.exceptions import NON_FIELD_ERRORS
from django.template import Context
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from openbeian.dossier.wording import wording
from openbeian.manifest import PARTS
from openbeian.office import presenting
from openbeian.office.wording import EVIDENCE_NAMES, field_name, in_chinese, part_title
from openbeian.rules import Calendar, Deadline, Process, load_pack, remaining

register = template.Library()

ICONS = {
    "ok": "check",
    "bad": "x",
    "warn": "warn",
    "go": "half",
    "none": "ring",
    "pause": "pause",
    "na": "dash",
    "info": "info",
    "clock": "clock",
}
COLOURS = {"ok": "ok", "bad": "bad", "warn": "warn", "go": "go"}
STATE_KINDS = {
    "draft": "none",
    "submitted": "none",
    "provincial_review": "go",
    "supplement": "pause",
    "provincial_test": "go",
    "reported": "go",
    "national_review": "go",
    "approved": "go",
    "in_notice": "go",
    "filed": "ok",
    "registered": "ok",
    "published": "ok",
    "change_pending": "go",
    "suspended": "pause",
    "cancelled": "na",
    "returned": "warn",
    "rejected": "bad",
    "withdrawn": "na",
}
VERDICT_KINDS = {"符合": "ok", "不符合": "bad", "不适用": "na"}
SOON = 3


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon; it always stands beside a word."""
    return format_html('<i class="i i-{}" aria-hidden="true"></i>', name)


@register.simple_tag
def status(kind: str, word: object, *, pill: bool = False) -> SafeString:
    """Show a state as icon and word; `kind` is ok, bad, warn, go, none, pause or na."""
    classes = " ".join(name for name in ("status", "pill" if pill else "", COLOURS.get(kind, "")) if name)
    return format_html(
        '<span class="{}"><i class="i i-{}" aria-hidden="true"></i>{}</span>', classes, ICONS[kind], word
    )


@register.simple_tag
def case_state(state: str, *, pill: bool = False) -> SafeString:
    """Show the state of a case in the words of the process pack."""
    return status(STATE_KINDS.get(state, "none"), state_name(state), pill=pill)


@register.filter
def state_name(state: str) -> str:
    """Return the short name of a state."""
    name = Process.load().state(state).name("zh" if in_chinese() else "en")
    return name.partition("（")[0].partition("，")[0]


@register.filter
def act_name(act: str) -> str:
    """Return the name of an act; one outside the pack keeps a name of the page."""
    words = Process.load().pack.acts.get(act)
    if words is None:
        return {"recuse": gettext("声明回避"), "complete_change": gettext("变更办结")}.get(act, act)
    return words.name("zh" if in_chinese() else "en")


@register.filter
def role_name(role: str) -> str:
    """Return the name of a role."""
    found = next((item for item in Process.load().pack.roles if item.id == role), None)
    if found is None:
        return {"public": gettext("公众"), "system": gettext("系统")}.get(role, role)
    return found.name("zh" if in_chinese() else "en")


@register.filter
def track_name(track: str) -> str:
    """Return the name of a track."""
    names = {"filing": gettext("备案"), "registration": gettext("登记"), "algorithm_filing": gettext("算法备案")}
    return names.get(track, track)


@register.filter
def kind_name(kind: str) -> str:
    """Return whether a case is a first filing or a change."""
    return gettext("变更") if kind == "change" else gettext("首次")


@register.simple_tag
def verdict(word: str, *, is_warning: bool = False, missing: Sequence[str] = ()) -> SafeString:
    """Show a finding's verdict; a failed one that only lacks evidence says so."""
    names = {"符合": gettext("符合"), "不符合": gettext("不符合"), "不适用": gettext("不适用")}
    if word == "不符合" and missing:
        return status("none", gettext("缺证据"))
    if word == "不符合" and is_warning:
        return status("warn", gettext("未达建议"))
    return status(VERDICT_KINDS.get(word, "none"), names.get(word, word))


@register.filter
def part_name(part: str) -> str:
    """Return the numbered title of one of the six parts."""
    return part_title(part)


@register.filter
def field_label(path: str) -> str:
    """Return what a dotted field of the manifest is called."""
    return field_name(path)


@register.filter
def short(digest: str) -> str:
    """Shorten a hash to its first and last characters."""
    return presenting.short(digest or "")


@register.filter
def grouped(digest: str) -> str:
    """Write a hash in groups of eight, so that it can be read aloud and wraps."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest or ""), 8))


@register.filter
def day(value: datetime | date | None) -> str:
    """Write the legal day of an instant: 2026-11-24, in English 24 Nov 2026."""
    if value is None:
        return ""
    on = timezone.localtime(value) if isinstance(value, datetime) else value
    return on.strftime("%Y-%m-%d") if in_chinese() else date_format(on, "j M Y")


@register.filter
def moment(value: datetime | None) -> str:
    """Write an instant in the office's time with minutes."""
    if value is None:
        return ""
    at = timezone.localtime(value)
    return at.strftime("%Y-%m-%d %H:%M") if in_chinese() else date_format(at, "j M Y, H:i")


@register.filter
def number(value: int | None) -> str:
    """Write a whole number with no-break spaces."""
    return "—" if value is None else presenting.number(value)


@register.inclusion_tag("components/clock.html")
def clock(
    deadline: Deadline | None, today: date, what: str = "", *, big: bool = False, is_done: bool = False
) -> dict[str, object]:
    """Show a deadline as words and date: 剩, 今日到期, 已超, 已停, 已办结."""
    if deadline is None:
        return {"kind": "", "icon": "dash", "words": gettext("没有期限"), "small": what, "big": big}
    left = remaining(deadline, today, Calendar.china())
    kind, sign, words = _clock_words(left, is_done=is_done, unit=deadline.unit)
    small = (
        "，".join(text for text in (what, _due_words(deadline)) if text)
        if in_chinese()
        else ", ".join(text for text in (what, _due_words(deadline)) if text)
    )
    return {"kind": kind, "icon": sign, "words": words, "small": small, "big": big}


def _clock_words(left: int | None, *, is_done: bool, unit: str) -> tuple[str, str, str]:
    if is_done:
        return "ok", "check", gettext("已办结")
    if left is None:
        return "muted", "pause", gettext("计时已停")
    if left == 0:
        return "warn", "clock", gettext("今日到期")
    in_working_days = unit == "working_day"
    if left < 0:
        over = (
            ngettext("已超 %(n)s 个工作日", "已超 %(n)s 个工作日", -left)
            if in_working_days
            else ngettext("已超 %(n)s 天", "已超 %(n)s 天", -left)
        )
        return "bad", "warn", over % {"n": -left}
    words = (
        ngettext("剩 %(n)s 个工作日", "剩 %(n)s 个工作日", left)
        if in_working_days
        else ngettext("剩 %(n)s 天", "剩 %(n)s 天", left)
    )
    return ("warn" if left <= SOON else ""), "clock", words % {"n": left}


def _due_words(deadline: Deadline) -> str:
    if deadline.due_on is None:
        return ""
    words = gettext("%(day)s 24:00 截止") % {"day": day(deadline.due_on)}
    return f"{words} · {gettext('暂估')}" if deadline.is_provisional else words


@register.filter
def deadline_kind(kind: str) -> str:
    """Say which kind of deadline it is: 法定, 项目政策, 实务, 观察, 提供者自定."""
    return {
        "statutory": gettext("法定"),
        "project_policy": gettext("项目政策"),
        "practice": gettext("实务"),
        "observed": gettext("观察"),
        "provider_defined": gettext("提供者自定"),
    }.get(kind, kind)


@register.inclusion_tag("components/chip.html")
def chip(evidence: Mapping[str, Any], *, base: str = "") -> dict[str, object]:
    """Link a claim to its evidence: kind, title and short hash."""
    sign, name = EVIDENCE_NAMES.get(str(evidence.get("kind")), ("file", str(evidence.get("kind", ""))))
    return {"icon": sign, "name": name, "digest": evidence["digest"], "title": evidence.get("title", ""), "base": base}


@register.inclusion_tag("components/facts.html")
def filed(part: str, value: Mapping[str, Any]) -> dict[str, object]:
    """Show the filed values of one part."""
    rows = presenting.facts(part, value)
    return {
        "plain": [row for row in rows if row.table is None],
        "tables": [row for row in rows if row.table is not None],
    }


@register.simple_tag
def old_side(old: object, new: object, path: str = "") -> SafeString:
    """Show the old value of a change; words that went are marked."""
    return _pieces(presenting.difference(old, new, path)[0])


@register.simple_tag
def new_side(old: object, new: object, path: str = "") -> SafeString:
    """Show the new value of a change; words that came are marked."""
    return _pieces(presenting.difference(old, new, path)[1])


def _pieces(pieces: Sequence[presenting.Piece]) -> SafeString:
    if not pieces:
        return format_html('<span class="muted">{}</span>', gettext("空"))
    shapes = {"same": "{}", "ins": "<ins>{}</ins>", "del": "<del>{}</del>"}
    return format_html_join("", "{}", ((format_html(shapes[piece.mark], piece.text),) for piece in pieces))


@register.inclusion_tag("components/field.html")
def field(bound: forms.BoundField, *, rows: int = 0, is_small: bool = False) -> dict[str, object]:
    """Show a form field: label, help, error, control, tied together for assistive technology."""
    widget = bound.field.widget
    is_group = isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
    attrs: dict[str, str | bool] = {"class": "input"}
    if rows:
        attrs["rows"] = str(rows)
    return {
        "field": bound,
        "is_group": is_group,
        "is_checkbox": isinstance(widget, forms.CheckboxInput),
        "is_file": isinstance(widget, forms.FileInput),
        "control": "" if is_group else bound.as_widget(attrs=attrs),
        "is_small": is_small,
    }


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: forms.BaseForm | None, title: str = "") -> dict[str, object]:
    """List what to mend above a form, each with a link to its field; nothing when there is nothing to mend."""
    rows: list[tuple[str, str]] = []
    if form is not None and form.is_bound:
        for name, errors in form.errors.items():
            target = "" if name == NON_FIELD_ERRORS else form[name].id_for_label or form[name].auto_id
            label = "" if name == NON_FIELD_ERRORS else str(form[name].label)
            rows += [(target, f"{label}：{error}" if label else str(error)) for error in errors]
    return {"rows": rows, "title": title}


@register.inclusion_tag("components/empty.html")
def empty(title: str, text: str = "") -> dict[str, str]:
    """Say that nothing waits here and what will appear."""
    return {"title": title, "text": text}


@register.simple_tag(takes_context=True)
def with_query(context: Context, **changed: object) -> str:
    """Return the query of this page with some keys changed; an empty value drops its key."""
    query = context["request"].GET.copy()
    for key, value in changed.items():
        if value in (None, ""):
            query.pop(key, None)
        else:
            query[key] = str(value)
    return f"?{query.urlencode()}" if query else "?"


@register.filter
def item(mapping: object, key: object) -> Any:
    """Return a value by its key; nothing where there is no mapping or no such key."""
    return mapping.get(key) if isinstance(mapping, Mapping) else None


@register.filter
def unlocal(value: float) -> str:
    """Write a number for an SVG attribute, with a point whatever the language."""
    return f"{value:g}"


@register.filter
def month(first: date) -> str:
    """Write a month: 11 月, in English Nov."""
    return f"{first.month} 月" if in_chinese() else date_format(first, "M")


@register.inclusion_tag("components/clock.html")
def notice_clock(row: Any, *, big: bool = False) -> dict[str, object]:
    """Show the days left of a public notice."""
    small = gettext("%(day)s 24:00 截止") % {"day": day(row.last_day)}
    if row.notice.closed_at is not None:
        ended = gettext("%(day)s 结束") % {"day": day(row.notice.closed_at)}
        return {"kind": "ok", "icon": "check", "words": gettext("公示已结束"), "small": ended, "big": big}
    if row.days_left < 0:
        return {"kind": "", "icon": "clock", "words": gettext("期满，待结束"), "small": small, "big": big}
    kind, sign, words = _clock_words(row.days_left, is_done=False, unit="day")
    return {"kind": kind, "icon": sign, "words": words, "small": small, "big": big}


@register.simple_tag
def objection_state(objection: Any, *, pill: bool = False) -> SafeString:
    """Show how far an objection is."""
    words = {
        "received": ("none", gettext("已收到")),
        "verifying": ("go", gettext("核验中")),
        "answered": ("ok", gettext("已答复")),
    }
    kind, word = words[objection.state]
    return status(kind, word, pill=pill)


@register.simple_tag
def complaint_state(complaint: Any, *, pill: bool = False) -> SafeString:
    """Show how far a complaint is."""
    words = {
        "received": ("none", gettext("已收到")),
        "forwarded": ("go", gettext("已转提供者")),
        "answered": ("go", gettext("提供者已答复")),
        "closed": ("ok", gettext("已办结")),
    }
    kind, word = words[complaint.state]
    return status(kind, word, pill=pill)


@register.simple_tag
def registration_state(registration: Any, *, pill: bool = False) -> SafeString:
    """Show whether a registration holds."""
    track = track_name(registration.track)
    words = {
        "in_force": ("ok", gettext("已%(track)s · 有效") % {"track": track}),
        "suspended": ("pause", gettext("暂停服务")),
        "cancelled": ("na", gettext("已注销")),
    }
    kind, word = words[registration.state]
    return status(kind, word, pill=pill)


@register.filter
def hexed(value: bytes | memoryview) -> str:
    """Write bytes in hexadecimal."""
    return bytes(value).hex()


@register.filter
def drift_name(name: str) -> str:
    """Return what a compared fact is called."""
    found = next((rule for rule in Process.load().pack.drift if rule.item == name), None)
    return name if found is None else found.name_zh if in_chinese() else found.name_en


@register.filter
def event_name(kind: str) -> str:
    """Return what a ledger entry is about."""
    return {
        "objection_received": gettext("收到异议"),
        "objection_verified": gettext("核验异议"),
        "objection_answered": gettext("答复异议"),
        "complaint_received": gettext("收到投诉"),
        "complaint_forwarded": gettext("投诉转提供者"),
        "complaint_answered": gettext("提供者答复投诉"),
        "complaint_closed": gettext("投诉办结"),
        "drift_reported": gettext("网关报告核对结果"),
        "review_opened": gettext("人工复核开始"),
        "review_completed": gettext("人工复核完成"),
    }.get(kind) or act_name(kind)


@register.inclusion_tag("components/clock.html")
def queue_clock(row: Any, today: date) -> dict[str, object]:
    """Show the most urgent deadline of a case; without one, how long it has been with the office."""
    if row.filing.state in {"published", "withdrawn", "rejected", "cancelled"}:
        return {
            "kind": "ok",
            "icon": "check",
            "words": gettext("已办结"),
            "small": day(row.last.at) if row.last else "",
            "big": False,
        }
    if row.is_stopped:
        since = gettext("%(day)s 要求补正") % {"day": day(row.last.at)} if row.last else ""
        return {"kind": "muted", "icon": "pause", "words": gettext("计时已停"), "small": since, "big": False}
    if row.deadline is None:
        words = ngettext("已办 %(n)s 个工作日", "已办 %(n)s 个工作日", row.worked_days) % {"n": row.worked_days}
        return {"kind": "", "icon": "clock", "words": words, "small": gettext("没有法定时限"), "big": False}
    what = gettext("公示") if row.what == "notice" else ""
    return clock(row.deadline, today, what)


@register.filter
def evidence_name(kind: str) -> str:
    """Return what a kind of evidence is called."""
    return str(EVIDENCE_NAMES[kind][1]) if kind in EVIDENCE_NAMES else kind


@register.filter
def metric_name(name: str) -> str:
    """Return what a figure is called in Chinese; an unknown one, or in English, keeps its own name."""
    return wording().metrics.get(name, name) if in_chinese() else name


@register.simple_tag
def metric_value(metric: Mapping[str, Any]) -> str:
    """Write a figure with its count, interval and unit."""
    passed, total, low, high = (metric.get(key) for key in ("passed", "total", "low", "high"))
    if passed is not None and total:
        text = f"{100 * passed / total:.1f}%（{presenting.number(passed)} / {presenting.number(total)}）"
        return f"{text} [{100 * low:.1f}–{100 * high:.1f}%]" if low is not None and high is not None else text
    value = float(metric.get("value", 0))
    text = presenting.number(int(value)) if value.is_integer() else f"{value:.3g}"
    return f"{text} {wording().units.get(str(metric.get('unit', '')), '')}".strip()


@register.filter
def unit_name(unit: str) -> str:
    """Return a unit of time in words."""
    return {"workday": gettext("个工作日"), "day": gettext("天"), "month": gettext("个月")}.get(unit, unit)


@register.filter
def area_name(area: str) -> str:
    """Return the name of one of the three areas of review."""
    return {"legality": gettext("合法性"), "compliance": gettext("合规性"), "security": gettext("安全性")}.get(
        area, area
    )


@register.filter
def place_on_case(path: str) -> str:
    """Return the id of the element of a case's page where a dotted path is shown."""
    part = path.partition(".")[0]
    return f"part-{part}" if part in PARTS else "findings"


@register.simple_tag
def act_help(act: str) -> SafeString:
    """Say what an act brings about, where that is not plain from its name."""
    words = {
        "open_notice": gettext("公开部分立即公布，任何人可在 30 天内提异议（项目政策）。"),
        "close_notice": gettext("异议都已答复；结束后可以编号。"),
        "assign_number": gettext("编号连续、不重复、不收回。演示机构只发 MoNi- 开头的模拟编号。"),
        "publish": gettext("公开部分进入登记册，任何人可查。"),
        "report_up": gettext("记录已上报国家网信办；上报本身在系统外进行。"),
        "accept": gettext("受理后进入审核；受理人不再参与审核和批准。"),
    }
    return format_html('<p class="help">{}</p>', words[act]) if act in words else SafeString("")


@register.filter
def is_hash(text: str) -> bool:
    """Tell whether a text is a SHA-256 in hexadecimal."""
    return bool(presenting.HASH.match(text or ""))


@register.filter
def pack_title(pack_id: str) -> str:
    """Return the title and edition of a rule pack."""
    pack = load_pack(pack_id)
    return f"{pack.title} · {pack.edition}"
