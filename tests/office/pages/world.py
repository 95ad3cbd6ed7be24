"""A small office in full swing: eight services at different points of their lives, made through the services.

Used by the page tests, the browser tests and `tools/screenshots.py`. Everything is invented; nothing but the clock comes from outside.
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from openbeian.manifest import parse_manifest
from openbeian.office.accounts.actors import Actor, public_at
from openbeian.office.accounts.models import User
from openbeian.office.accounts.queries import actor_of, this_office
from openbeian.office.filings import queries, services
from openbeian.office.filings.submissions import AttachmentIn, EvidenceIn, Submission, SubmissionIn, check_submission
from openbeian.office.filings.working import view_of
from openbeian.office.notices import services as notices
from openbeian.office.oversight import services as oversight
from openbeian.office.recording import sign_head
from openbeian.office.register import services as register
from openbeian.office.seeding import seed_demo
from openbeian.rules import clause_pack, find

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "customer-service" / "service.yaml"
ANSWERS = {"public": "yes", "opinion": "yes", "model": "own"}
WEIGHTS = "9f2c51d07be3a4468c1f0de2b97a5c34" * 2
MAX_BYTES = 20 << 20


@dataclass
class World:
    """What was made, by name."""

    passwords: dict[str, str]
    numbers: dict[str, str] = field(default_factory=dict)
    registration: str = ""
    codes: dict[str, str] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        """Return the actor behind a user name."""
        return actor_of(User.objects.get(username=name))


def manifest(slug: str, name: str, latin: str, *, org: str = "示例云桥家电服务有限公司", **changed: str) -> str:
    """Return the example's manifest under another name, with some texts replaced."""
    text = EXAMPLE.read_text(encoding="utf-8")
    swaps = {
        "id: shili-kefu ": f"id: {slug} ",
        "name: 示例家电客服助手": f"name: {name}",
        "name_latin: ShiLiKeFu ": f"name_latin: {latin} ",
        "org_name: 示例云桥家电服务有限公司": f"org_name: {org}",
        "weights_sha256: null ": f"weights_sha256: {WEIGHTS} ",
        **changed,
    }
    for old, new in swaps.items():
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def evidence() -> list[dict[str, Any]]:
    """Return summaries of three runs, as a dossier brings them."""
    runs = [
        ("assessment-run", "示例评估运行：应拒答 500 题、非拒答 500 题", ["7.g.1", "7.g.2", "9.1.c"], _rates()),
        (
            "corpus-scan",
            "示例语料扫描：240 条全部扫描",
            ["5.1.a.1", "5.2.a.1"],
            [{"name": "items_read", "value": 240, "unit": "items"}],
        ),
        ("training-run", "示例训练运行：答复排序头", ["6.b.1"], [{"name": "recall_at_1", "value": 0.91, "unit": ""}]),
    ]
    return [
        {
            "digest": hashlib.sha256(title.encode()).hexdigest(),
            "kind": kind,
            "title": title,
            "clauses": clauses,
            "metrics": metrics,
            "model_sha256": WEIGHTS,
        }
        for kind, title, clauses, metrics in runs
    ]


def _rates() -> list[dict[str, Any]]:
    return [
        {
            "name": "should_refuse_rate",
            "value": 0.974,
            "unit": "",
            "passed": 487,
            "total": 500,
            "low": 0.956,
            "high": 0.985,
        },
        {
            "name": "over_refusal_rate",
            "value": 0.03,
            "unit": "",
            "passed": 15,
            "total": 500,
            "low": 0.018,
            "high": 0.049,
        },
    ]


def submission(text: str, note: str = "") -> Submission:
    """Return a checked round with findings, evidence and two annexes."""
    loaded = parse_manifest(text)
    views = [view_of(item) for item in evidence()]
    findings = [
        row.as_json()
        for row in find(clause_pack("gbt-45654-2025"), loaded.manifest, views, now=datetime(2026, 11, 24, tzinfo=UTC))
    ]
    given = SubmissionIn(
        manifest_source=text,
        findings=findings,
        evidence=[EvidenceIn.model_validate(item) for item in evidence()],
        attachments=[
            attachment("安全（自）评估报告", "示例自评估报告.pdf", b"%PDF-1.7\n%%EOF"),
            attachment("拦截关键词列表", "示例关键词.xlsx", sheet()),
        ],
        note=note,
    )
    return check_submission(given, max_bytes=MAX_BYTES)


def attachment(duty: str, name: str, content: bytes) -> AttachmentIn:
    """Return an attachment as it comes in at the border."""
    coded = base64.b64encode(content).decode()
    return AttachmentIn(duty=duty, name=name, sha256=hashlib.sha256(content).hexdigest(), content_base64=coded)


def sheet() -> bytes:
    """Return the bytes of a small zip, which an xlsx is."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(zipfile.ZipInfo("a.xml"), "<a/>")
    return out.getvalue()


def build(home: Path, now: datetime) -> World:
    """Make the whole world; it ends at `now`."""
    accounts = seed_demo(home, now=now - timedelta(days=90))
    world = World({name: account.password for name, account in accounts.items()})
    _published(world, now)
    _in_notice(world, now)
    _supplement(world, now)
    _second_round(world, now)
    _submitted(world, now)
    _awaiting_approval(world, now)
    _returned(world, now)
    _draft(world, now)
    _reviews(world, now)
    sign_head(this_office().pk, now=now)
    return world


def _start(world: World, name: str, text: str, at: datetime, who: str = "kefu") -> str:
    filing = services.start_filing(submission(text), ANSWERS, actor=world.actor(who), now=at)
    world.numbers[name] = filing.number
    return filing.number


def _mark_all(world: World, number: str, at: datetime, reviewer: str = "reviewer") -> None:
    actor = world.actor(reviewer)
    for row in queries.checklist(queries.rounds_of(queries.access_filing(actor, number))[-1]):
        services.mark_checklist(
            number, row.id, "符合", actor=actor, now=at, note="材料与事实一致" if row.id == "L1" else ""
        )


def _to_national(world: World, number: str, at: datetime) -> None:
    _mark_all(world, number, at)
    services.sign_opinion(number, "pass", "三方面核对齐全，同意。", actor=world.actor("reviewer"), now=at)
    services.approve_opinion(number, actor=world.actor("approver"), now=at, reason="")
    services.record_test(
        number, actor=world.actor("reviewer"), now=at, is_passed=True, summary="拦截测试 300 题，拒答率 97.0%"
    )
    services.report_up(number, actor=world.actor("clerk"), now=at)
    services.record_national_review(number, actor=world.actor("clerk"), now=at, summary="国家复核已记录")


def _published(world: World, now: datetime) -> None:
    opened = now - timedelta(days=70)
    number = _start(world, "published", manifest("shili-kefu", "示例家电客服助手", "ShiLiKeFu"), opened)
    services.accept(number, actor=world.actor("clerk"), now=opened + timedelta(days=3))
    _to_national(world, number, opened + timedelta(days=20))
    notices.open_notice(number, actor=world.actor("approver"), now=opened + timedelta(days=22))
    public = public_at(this_office().pk)
    objected = notices.submit_objection(
        number,
        part="data_sources",
        statement="公示没有写清问答由谁编写。",
        contact="",
        actor=public,
        now=opened + timedelta(days=30),
    )
    notices.verify_objection(
        objected.code,
        "查编写记录，由客服人员编写，双人校对。",
        actor=world.actor("reviewer"),
        now=opened + timedelta(days=33),
    )
    notices.answer_objection(
        objected.code,
        "数据来源一节已写明由本单位客服人员编写，异议不成立。",
        is_upheld=False,
        actor=world.actor("reviewer"),
        now=opened + timedelta(days=34),
    )
    done = opened + timedelta(days=56)
    notices.close_notice(number, actor=world.actor("clerk"), now=done)
    register.assign_number(number, actor=world.actor("approver"), now=done)
    world.registration = register.publish(number, actor=world.actor("clerk"), now=done).number
    for state, text in (
        ("closed", "标识不明显，看不出是人工智能的回答。"),
        ("forwarded", "把退货期限说成了三十天，实际是七天。"),
        ("received", "换机型后答非所问。"),
    ):
        made = oversight.file_complaint(
            world.registration, text=text, contact="sample@example.cn", actor=public, now=now - timedelta(days=6)
        )
        world.codes[f"complaint-{state}"] = made.code
        if state != "received":
            oversight.forward_complaint(made.code, actor=world.actor("clerk"), now=now - timedelta(days=5))
        if state == "closed":
            oversight.answer_complaint(
                made.code, "已把标识移到回答开头，字号加大。", actor=world.actor("kefu"), now=now - timedelta(days=4)
            )
            oversight.close_complaint(
                made.code, "提供者已改正，投诉办结。", actor=world.actor("clerk"), now=now - timedelta(days=3)
            )
    items = [
        oversight.DriftItem("weights_sha256", WEIGHTS, "4b71" * 16),
        oversight.DriftItem("label_text", "（人工智能生成）", "（AI 创作）"),
    ]
    oversight.report_drift("shili-kefu", items, actor=world.actor("kefu"), now=now - timedelta(hours=5))


def _in_notice(world: World, now: datetime) -> None:
    opened = now - timedelta(days=45)
    number = _start(world, "notice", manifest("shili-shipu", "示例食谱助手", "ShiLiShiPu"), opened)
    services.accept(number, actor=world.actor("clerk"), now=opened + timedelta(days=2))
    _to_national(world, number, opened + timedelta(days=15))
    notices.open_notice(number, actor=world.actor("approver"), now=now - timedelta(days=21))
    public = public_at(this_office().pk)
    first = notices.submit_objection(
        number,
        part="scope",
        statement="服务范围写了节日问候，但公示没有写怎样关闭。",
        contact="13800138000",
        actor=public,
        now=now - timedelta(days=12),
    )
    notices.verify_objection(
        first.code, "核对了服务设置页，问候可以关闭。", actor=world.actor("reviewer"), now=now - timedelta(days=8)
    )
    notices.answer_objection(
        first.code,
        "问候可在设置中关闭，已要求在服务说明里写明。",
        is_upheld=True,
        actor=world.actor("reviewer"),
        now=now - timedelta(days=7),
    )
    second = notices.submit_objection(
        number,
        part="data_sources",
        statement="公示写“由本单位客服人员编写”。我在其中见到与某手册相同的段落，请核对来源。\n\n请提供编写记录。",
        contact="sample@example.cn",
        actor=public,
        now=now - timedelta(days=2),
    )
    world.codes |= {"objection-answered": first.code, "objection-received": second.code}


def _supplement(world: World, now: datetime) -> None:
    opened = now - timedelta(days=20)
    number = _start(world, "supplement", manifest("shili-tianqi", "示例天气问答", "ShiLiTianQi"), opened)
    services.accept(number, actor=world.actor("clerk"), now=opened + timedelta(days=2))
    items = [
        services.SupplementRequest("请补问答的编写记录，写明编写人和日期。", "5.1.c.2", "data_sources.sources", "R02"),
        services.SupplementRequest(
            "投诉答复期限过长，请缩短并说明人员安排。", "7.f.2", "security.complaint.response_days", "R10"
        ),
    ]
    services.request_supplement(number, items, actor=world.actor("reviewer"), now=now - timedelta(days=6))


def _second_round(world: World, now: datetime) -> None:
    opened = now - timedelta(days=30)
    text = manifest("shili-daolan", "示例校园导览", "ShiLiDaoLan")
    number = _start(world, "second", text, opened)
    services.accept(number, actor=world.actor("clerk"), now=opened + timedelta(days=1))
    items = [
        services.SupplementRequest("投诉答复期限过长，请缩短。", "7.f.2", "security.complaint.response_days", "R10")
    ]
    services.request_supplement(number, items, actor=world.actor("reviewer"), now=opened + timedelta(days=12))
    better = text.replace("response_days: 5", "response_days: 3").replace("；节日和生日问候", "")
    services.answer_supplement(
        number,
        {1: "已改为三个工作日，增加一名复核人员。"},
        submission(better),
        actor=world.actor("kefu"),
        now=now - timedelta(days=3),
    )
    reviewer = world.actor("reviewer")
    for item, verdict, note in (
        ("L1", "符合", ""),
        ("L2", "符合", ""),
        ("C1", "不符合", "请补编写记录，写明编写人和日期。"),
    ):
        services.mark_checklist(number, item, verdict, actor=reviewer, now=now - timedelta(days=1), note=note)


def _submitted(world: World, now: datetime) -> None:
    _start(world, "submitted", manifest("shili-tushu", "示例图书推荐", "ShiLiTuShu"), now - timedelta(days=1))


def _awaiting_approval(world: World, now: datetime) -> None:
    org = "示例另一家科技有限公司"
    opened = now - timedelta(days=15)
    number = _start(
        world, "approval", manifest("shili-fanyi", "示例翻译小助手", "ShiLiFanYi", org=org), opened, who="other"
    )
    services.accept(number, actor=world.actor("clerk"), now=opened + timedelta(days=1))
    _mark_all(world, number, now - timedelta(days=2))
    services.sign_opinion(
        number, "pass", "各项核对符合，同意。", actor=world.actor("reviewer"), now=now - timedelta(days=1)
    )


def _returned(world: World, now: datetime) -> None:
    org = "示例另一家科技有限公司"
    number = _start(
        world,
        "returned",
        manifest("shili-huiben", "示例绘本生成", "ShiLiHuiBen", org=org),
        now - timedelta(days=9),
        who="other",
    )
    services.return_filing(
        number, actor=world.actor("clerk"), now=now - timedelta(days=8), reason="缺少基座模型的来源说明，补齐后再交。"
    )


def _draft(world: World, now: datetime) -> None:
    text = manifest("shili-caogao", "示例草稿服务", "ShiLiCaoGao")
    services.save_draft(
        text,
        slug="shili-caogao",
        name="示例草稿服务",
        name_latin="ShiLiCaoGao",
        actor=world.actor("kefu"),
        now=now - timedelta(days=1),
        evidence=evidence(),
    )


def _reviews(world: World, now: datetime) -> None:
    """One review half marked by both with open splits, one begun by nobody, one complete."""
    from tests.office.reviewing import mark_all, open_review, sample

    marked = open_review(world.actor, sample("half", 24), now=now - timedelta(days=3))
    mark_all(world.actor, marked, now=now - timedelta(days=2), firsts=16)
    fresh = open_review(world.actor, sample("fresh", 12, population="any"), now=now - timedelta(days=1))
    done = open_review(world.actor, sample("done", 20, population="corpus"), now=now - timedelta(days=9))
    mark_all(world.actor, done, now=now - timedelta(days=8), firsts=20, is_third=True)
    world.codes |= {"review-half": marked.code, "review-fresh": fresh.code, "review-done": done.code}
    world.codes["review-third"] = str(world_position(world, marked.code))


def world_position(world: World, code: str) -> int:
    """Return where the third person has to go on."""
    from openbeian.office.reviews import queries as reviews

    who = world.actor("marker3")
    return reviews.next_position(who, reviews.access_review(who, code)) or 0
