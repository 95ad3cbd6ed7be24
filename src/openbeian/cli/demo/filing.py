"""Steps 7 and 8: through the office to the number, then a complaint and a change; every act over the HTTP API by its own person."""

from __future__ import annotations

from typing import Any

from openbeian.cli.console import out
from openbeian.cli.demo import preparing
from openbeian.cli.demo.journal import Facts
from openbeian.cli.demo.stage import Stage, hold
from openbeian.cli.filing_commands import make_round
from openbeian.dossier import Round
from openbeian.manifest import Fault, set_value
from openbeian.rules import Process

ANSWERS = {"public": "yes", "opinion": "yes", "model": "own"}
NOTICE_DAYS = 31
# The states a case passes, in order: a stopped demonstration asks the office how far it is and goes on from there.
ORDER = (
    "draft",
    "submitted",
    "provincial_review",
    "supplement",
    "provincial_test",
    "reported",
    "national_review",
    "in_notice",
    "filed",
    "published",
)


def file_service(stage: Stage) -> Facts:
    """Submit, be accepted, supplement, be reviewed by two persons, stand the notice, get the number, be published."""
    number = _submit(stage)
    _supplement(stage, number)
    _review(stage, number)
    _notice(stage, number)
    return {"case": number, "number": _publish(stage, number)}


def state(stage: Stage, number: str) -> str:
    """Return the state of a case as the office says it."""
    return stage.as_("clerk").filing(number).state


def _is_before(stage: Stage, number: str, mark: str) -> bool:
    return ORDER.index(state(stage, number)) < ORDER.index(mark)


def a_round(stage: Stage, note: str = "") -> Round:
    """Return the round of the manifest and evidence as they stand, with fresh papers."""
    moment = stage.now()
    papers = preparing.paper(stage, "dossier", moment)
    return make_round(stage.manifest(), stage.store, preparing.EDITIONS[0], papers, note, now=moment)


def _submit(stage: Stage) -> str:
    slug = stage.manifest().manifest.service.id
    known = [case.number for case in stage.as_("kefu").filings() if case.service == slug and case.state != "withdrawn"]
    number = known[-1] if known else stage.as_("kefu").submit_filing(ANSWERS, a_round(stage)).number
    if state(stage, number) == "submitted":
        hold(not _can_see(stage, "other", number), f"案卷 {number} 已提交；别的提供者看不到它")
        stage.as_("clerk").act(number, "accept")
    hold(state(stage, number) != "submitted", "受理人受理")
    return number


def _can_see(stage: Stage, user: str, number: str) -> bool:
    try:
        stage.as_(user).filing(number)
    except Fault:
        return False
    return True


def _supplement(stage: Stage, number: str) -> None:
    case = stage.as_("reviewer").filing(number)
    if case.state == "provincial_review" and case.round == 1:
        item: dict[str, Any] = {
            "clause": "7.f.2",
            "path": "security.complaint",
            "reason_code": "R10",
            "request": "请写明投诉的答复时限能否缩短，并写清书面答复的方式。",
        }
        stage.as_("reviewer").act(number, "request_supplement", {"items": [item]})
    if state(stage, number) == "supplement":
        set_value(stage.manifest_path, "security.complaint.response_days", 3)
        set_value(stage.manifest_path, "security.complaint.process", "一线受理、合规复核、三个工作日内书面答复")
        answers: list[Any] = [{"position": 1, "answer": "已改为三个工作日，写明书面答复。"}]
        stage.as_("kefu").answer_supplement(number, a_round(stage, "答复补正"), answers)
    rows = stage.as_("reviewer").changes(number, 2)
    hold(
        {row.path for row in rows} == {"security.complaint.response_days", "security.complaint.process"},
        f"要求补正一次，第 2 轮答复；承办人看到两轮的 {len(rows)} 处差异",
    )


def _review(stage: Stage, number: str) -> None:
    reviewer, approver = stage.as_("reviewer"), stage.as_("approver")
    if state(stage, number) == "provincial_review":
        marks: list[Any] = [
            {"item": item.id, "verdict": "符合", "note": "核对无误"} for item in Process.load().pack.checklist
        ]
        reviewer.act(number, "mark_checklist", {"marks": marks})
        if not _has_opinion(stage, number):
            reviewer.act(
                number, "sign_opinion", {"recommendation": "pass", "reason": "材料齐全，不足之处已如实申报并附计划。"}
            )
        hold(_is_refused(stage, "reviewer", number, "approve_opinion"), "承办人不能批准自己的意见")
        approver.act(number, "approve_opinion", {"reason": "同意承办意见。"})
    hold(not _is_before(stage, number, "provincial_test"), "承办人签署意见，另一人批准")
    if state(stage, number) == "provincial_test":
        reviewer.act(
            number, "record_test", {"is_passed": True, "summary": "按演示题库抽测，拦截与应答符合申报的阈值。"}
        )
        stage.as_("clerk").act(number, "report_up")
    if state(stage, number) == "reported":
        stage.as_("clerk").act(
            number, "record_national_review", {"summary": "演示：国家复核在系统外进行，此处只作记录。"}
        )
    hold(not _is_before(stage, number, "national_review"), "技术测试、上报、国家复核逐步记录")


def _has_opinion(stage: Stage, number: str) -> bool:
    return "approve_opinion" in [str(act) for act in stage.as_("approver").filing(number).acts]


def _is_refused(stage: Stage, user: str, number: str, act: str) -> bool:
    try:
        stage.as_(user).act(number, act, {"reason": "演示"})
    except Fault:
        return True
    return False


def _notice(stage: Stage, number: str) -> None:
    if state(stage, number) == "national_review":
        stage.as_("approver").act(number, "open_notice")
    if state(stage, number) != "in_notice":
        return
    facts = stage.journal.once(f"objection-{number}", lambda: _object(stage, number))
    _answer(stage, str(facts["receipt"]))
    if _is_refused(stage, "clerk", number, "close_notice"):
        hold(True, "公示期未满，不能结束公示")
        stage.skip_days(NOTICE_DAYS)
        out.print(f"   [yellow]⏱[/] 演示时钟拨快 {NOTICE_DAYS} 天，到 {stage.now():%Y-%m-%d}（30 天公示是项目政策）")
        stage.as_("clerk").act(number, "close_notice")
    hold(True, "公示 30 天期满结束")


def _object(stage: Stage, number: str) -> Facts:
    made = stage.as_("public").object_to_notice(
        number, "scope", "服务范围写有“节日和生日问候”，请说明是否会主动向用户推送。"
    )
    return {"receipt": made.receipt}


def _answer(stage: Stage, receipt: str) -> None:
    reviewer = stage.as_("reviewer")
    if reviewer.objection(receipt).state == "received":
        reviewer.verify_objection(receipt, "与提供者核对：问候只在用户先问候时返回，不主动推送。")
    if reviewer.objection(receipt).state == "verifying":
        reviewer.answer_objection(receipt, "经核验，服务不主动推送问候，范围与实际一致，异议不成立。")
    hold(stage.as_("public").objection(receipt).answer, f"公众提出异议 {receipt}，机构核验并答复，凭回执可查")


def _publish(stage: Stage, number: str) -> str:
    if state(stage, number) == "in_notice":
        stage.as_("approver").act(number, "assign_number")
    if state(stage, number) == "filed":
        stage.as_("clerk").act(number, "publish")
    name = stage.manifest().manifest.service.name
    found = [entry for entry in stage.as_("public").register_search(name) if entry.name == name]
    hold(
        len(found) == 1 and found[0].number.startswith("MoNi-") and found[0].is_simulated,
        f"登记，模拟编号 {found[0].number if found else '无'}，登记簿可查",
    )
    return found[0].number


def after(stage: Stage) -> Facts:
    """Take a complaint to its end, and a change of the filing with it."""
    number = str(stage.journal.facts["filing"]["number"])
    facts = stage.journal.once(
        "complaint",
        lambda: {"receipt": stage.as_("public").file_complaint(number, "人工客服晚上九点后找不到，希望延长。").receipt},
    )
    _handle(stage, str(facts["receipt"]))
    change = str(stage.journal.once("change", lambda: _open_change(stage, number))["case"])
    _finish_change(stage, change)
    filed: Any = stage.as_("public").register_entry(number).parts
    hold(
        filed["security"]["complaint"]["response_days"] == 2,
        f"变更 {change} 走完同样的流程，登记簿换为新版本，编号不变",
    )
    return {"change": change}


def _handle(stage: Stage, receipt: str) -> None:
    def stands(expected: str) -> bool:
        return stage.as_("clerk").complaint(receipt).state == expected

    if stands("received"):
        stage.as_("clerk").forward_complaint(receipt)
    if stands("forwarded"):
        stage.as_("kefu").answer_complaint(
            receipt, "自下周起人工客服延长到二十三点，投诉答复时限缩短为两个工作日，并办理变更。"
        )
    if stands("answered"):
        stage.as_("clerk").close_complaint(receipt, "已督促提供者办理变更，办结。")
    hold(stands("closed"), f"公众投诉 {receipt}：转办、答复、办结")


def _open_change(stage: Stage, number: str) -> Facts:
    slug = stage.manifest().manifest.service.id
    for case in stage.as_("kefu").filings():
        if case.service == slug and case.state == "draft":
            return {"case": case.number}
    return {"case": stage.as_("kefu").open_change(number, "投诉答复时限由三个工作日缩短为两个工作日").number}


def _finish_change(stage: Stage, change: str) -> None:
    if stage.as_("kefu").filing(change).state == "draft":
        set_value(stage.manifest_path, "security.complaint.response_days", 2)
        set_value(stage.manifest_path, "security.complaint.process", "一线受理、合规复核、两个工作日内书面答复")
        stage.as_("kefu").submit_round(change, a_round(stage, "变更"))
    if state(stage, change) == "submitted":
        stage.as_("clerk").act(change, "accept")
    _review(stage, change)
    if state(stage, change) == "national_review":
        stage.as_("approver").act(change, "open_notice")
    if state(stage, change) == "in_notice":
        if _is_refused(stage, "clerk", change, "close_notice") and "close_notice" not in _acts(stage, change):
            stage.skip_days(NOTICE_DAYS)
            out.print(f"   [yellow]⏱[/] 演示时钟再拨快 {NOTICE_DAYS} 天，到 {stage.now():%Y-%m-%d}")
            stage.as_("clerk").act(change, "close_notice")
        stage.as_("approver").act(change, "assign_number")
    if state(stage, change) == "filed":
        stage.as_("clerk").act(change, "publish")


def _acts(stage: Stage, number: str) -> list[str]:
    return [str(act) for act in stage.as_("approver").filing(number).acts]
