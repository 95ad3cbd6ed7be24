"""What people do on the pages, the happy way and the refused one; an error keeps what was typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from openbeian.office.filings import queries
from openbeian.office.filings.working import working_copy
from openbeian.office.notices.queries import objection_by_code
from openbeian.office.oversight.queries import complaint_by_code
from tests.office.pages.conftest import NOW
from tests.office.pages.world import ANSWERS, World, manifest, sheet

Enter = Callable[[str], Client]


def text_of(answer: object) -> str:
    return answer.content.decode()


@pytest.mark.req("F3")
def test_object_during_a_notice_gives_a_receipt_that_shows_the_way(enter: Enter, world: World) -> None:
    client = enter("")
    address = f"/notices/{world.numbers['notice']}/object/"
    given = {"part": "scope", "statement": "范围写得过宽。<b>不是标签</b>", "contact": "13900139000", "facts": "on"}
    answer = client.post(address, given)
    assert answer.status_code == 302
    receipt = text_of(client.get(answer.url))
    code = answer.url.split("/")[2]
    assert code in receipt
    assert "接下来：承办人核验" in receipt
    assert "&lt;b&gt;不是标签&lt;/b&gt;" in receipt
    assert "13900139000" not in receipt
    assert "13900139000" not in objection_by_code(world.actor("clerk").office_id, code).contact


def test_object_with_gaps_keeps_what_was_typed_and_names_the_fields(enter: Enter, world: World) -> None:
    answer = enter("").post(f"/notices/{world.numbers['notice']}/object/", {"statement": "只写了这一句"})
    page = text_of(answer)
    assert answer.status_code == 422
    assert "只写了这一句" in page
    assert "<title>错误：" in page
    assert 'href="#id_part"' in page
    assert 'href="#id_facts"' in page
    assert 'id="id_part"' in page


def test_object_after_the_last_day_is_refused_in_words(enter: Enter, world: World) -> None:
    address = f"/notices/{world.numbers['published']}/object/"
    assert "公示已经结束" in text_of(enter("").get(address))
    answer = enter("").post(address, {"part": "scope", "statement": "晚了", "facts": "on"})
    assert answer.status_code == 409


@pytest.mark.req("F4")
def test_complain_goes_from_receipt_to_close(enter: Enter, world: World) -> None:
    sent = enter("").post("/complain/", {"number": world.registration.lower(), "text": "回答不对", "contact": ""})
    code = sent.url.split("/")[2]
    assert enter("clerk").post(f"/office/complaints/{code}/", {"act": "forward"}).status_code == 302
    assert enter("kefu").post(f"/provider/complaints/{code}/", {"answer": "已改正"}).status_code == 302
    assert enter("clerk").post(f"/office/complaints/{code}/", {"act": "close", "outcome": "已办结"}).status_code == 302
    page = text_of(enter("").get(f"/receipts/{code}/"))
    assert "已改正" in page
    assert complaint_by_code(world.actor("clerk").office_id, code).state == "closed"


def test_complain_about_an_unknown_number_keeps_the_text(enter: Enter) -> None:
    answer = enter("").post("/complain/", {"number": "MoNi-None", "text": "写了很久的内容"})
    assert answer.status_code == 422
    assert "写了很久的内容" in text_of(answer)
    assert "登记册里没有这个编号" in text_of(answer)


def test_look_up_a_receipt_leads_to_it_or_says_it_is_unknown(enter: Enter, world: World) -> None:
    code = world.codes["complaint-closed"]
    assert enter("").post("/receipts/", {"code": f" {code.lower()} "}).url == f"/receipts/{code}/"
    assert "请填写回执号" in text_of(enter("").post("/receipts/", {"code": ""}))


def test_too_many_public_posts_are_refused_in_words(enter: Enter, world: World, settings: object) -> None:
    from django.core.cache import cache

    cache.clear()
    settings.PUBLIC_POSTS_PER_HOUR = 2
    answers = [enter("").post("/receipts/", {"code": "TS-1"}) for _ in range(3)]
    cache.clear()
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert "提交得太频繁" in text_of(answers[-1])


@pytest.mark.req("F1")
def test_save_a_manifest_with_a_mistake_names_line_field_and_rule_and_keeps_the_text(enter: Enter) -> None:
    source = manifest("shili-caogao", "示例草稿服务", "ShiLiCaoGao").replace("uscc: 91440101MA5EXAM0P0", "uscc: 12345")
    answer = enter("kefu").post("/provider/services/shili-caogao/manifest/", {"source": source})
    page = text_of(answer)
    line = next(number for number, text in enumerate(source.splitlines(), 1) if "uscc: 12345" in text)
    assert answer.status_code == 422
    assert f"第 {line} 行" in page
    assert "basic.uscc" in page
    assert "依据" in page
    assert "  uscc: 12345" in page


def test_save_a_manifest_keeps_a_draft_that_only_the_provider_sees(enter: Enter, world: World) -> None:
    client = enter("kefu")
    source = manifest("shili-caogao", "示例草稿服务", "ShiLiCaoGao").replace("并发", "并发")
    file = SimpleUploadedFile("service.yaml", source.replace("售前售后咨询", "只做售后咨询").encode())
    answer = client.post("/provider/services/shili-caogao/manifest/", {"file": file, "source": "文件优先"})
    assert answer.status_code == 302
    service = queries.access_service(world.actor("kefu"), "shili-caogao")
    assert "只做售后咨询" in working_copy(service).source
    assert "shili-caogao" not in text_of(enter("reviewer").get("/office/"))


@pytest.mark.parametrize(
    ("content", "said"),
    [("名称".encode("gb18030"), "不是 UTF-8"), (b"x" * ((1 << 20) + 1), "超过 1 MB")],
)
def test_upload_a_manifest_that_cannot_be_read_says_why(enter: Enter, content: bytes, said: str) -> None:
    answer = enter("kefu").post("/provider/new/", {"file": SimpleUploadedFile("service.yaml", content)})
    assert answer.status_code == 422
    assert said in text_of(answer)


def test_save_a_manifest_of_another_service_is_refused(enter: Enter) -> None:
    source = manifest("shili-bie", "示例别的服务", "ShiLiBie")
    answer = enter("kefu").post("/provider/services/shili-caogao/manifest/", {"source": source})
    assert answer.status_code == 422
    assert "不能换成别的服务" in text_of(answer)


def test_begin_a_service_from_its_manifest_and_hand_it_in(enter: Enter, world: World) -> None:
    client = enter("kefu")
    source = manifest("shili-xin", "示例新服务", "ShiLiXin")
    assert client.post("/provider/new/", {"source": source}).url == "/provider/services/shili-xin/manifest/"
    client.get("/provider/track/", ANSWERS)
    page = text_of(client.get("/provider/services/shili-xin/submit/"))
    assert page.count("checked") == 3
    files = {"annex_1": SimpleUploadedFile("报告.pdf", b"%PDF-1.7"), "annex_4": SimpleUploadedFile("词.xlsx", sheet())}
    answer = client.post("/provider/services/shili-xin/submit/", {**ANSWERS, "note": "第一次提交", **files})
    assert answer.status_code == 302
    assert "已提交" in text_of(client.get("/provider/services/shili-xin/"))
    filing = queries.filings_of(queries.access_service(world.actor("kefu"), "shili-xin"))[0]
    assert [item["name"] for item in queries.rounds_of(filing)[0].attachments] == ["报告.pdf", "词.xlsx"]


@pytest.mark.parametrize(
    ("change", "said"),
    [({"model": "filed_api"}, "按问卷应走"), ({"public": ""}, "请选择一项")],
)
def test_hand_in_on_the_wrong_track_is_refused_with_the_reason(enter: Enter, change: dict[str, str], said: str) -> None:
    answer = enter("kefu").post("/provider/services/shili-caogao/submit/", {**ANSWERS, **change, "note": "留着这句话"})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert "留着这句话" in text_of(answer)


def test_hand_in_a_file_of_another_kind_than_its_name_is_refused(enter: Enter) -> None:
    files = {"annex_1": SimpleUploadedFile("报告.pdf", b"MZ not a pdf")}
    answer = enter("kefu").post("/provider/services/shili-caogao/submit/", {**ANSWERS, **files})
    assert answer.status_code == 422
    assert "内容与类型不符" in text_of(answer)


@pytest.mark.req("F2")
def test_answer_a_supplement_makes_the_next_round_with_its_differences(enter: Enter, world: World) -> None:
    client = enter("kefu")
    base = "/provider/services/shili-tianqi/"
    better = working_copy(queries.access_service(world.actor("kefu"), "shili-tianqi")).source.replace(
        "response_days: 5", "response_days: 3"
    )
    assert client.post(f"{base}manifest/", {"source": better}).status_code == 302
    short = client.post(f"{base}supplement/", {"answer_1": "已附编写记录"})
    assert short.status_code == 422
    assert "已附编写记录" in text_of(short)
    done = client.post(f"{base}supplement/", {"answer_1": "已附编写记录", "answer_2": "改为三个工作日"})
    assert done.status_code == 302
    page = text_of(enter("reviewer").get(f"/office/cases/{world.numbers['supplement']}/"))
    assert "<del>5</del>" in page
    assert "<ins>3</ins>" in page
    assert "第 2 项" in page


@pytest.mark.req("F4", "T1d")
def test_write_drift_into_a_change_puts_the_running_values_into_the_draft(enter: Enter, world: World) -> None:
    client = enter("kefu")
    answer = client.post("/provider/services/shili-kefu/drift/")
    assert answer.url == "/provider/services/shili-kefu/manifest/"
    service = queries.access_service(world.actor("kefu"), "shili-kefu")
    source = working_copy(service).source
    assert "4b71" * 16 in source
    assert "（AI 创作）" in source
    assert "# 服务清单" in source
    change = queries.filings_of(service)[0]
    assert (change.kind, change.state) == ("change", "draft")
    assert client.post("/provider/services/shili-kefu/submit/", {"note": "按运行的值变更"}).status_code == 302
    assert "变更" in text_of(enter("clerk").get("/office/"))


@pytest.mark.req("F2")
def test_review_and_approve_by_two_people_moves_the_case_on(enter: Enter, world: World) -> None:
    case = f"/office/cases/{world.numbers['second']}/"
    reviewer = enter("reviewer")
    page = text_of(reviewer.get(case))
    assert "核对清单还有 7 项未核" in page
    marks = {
        f"v_{row.id}": "符合"
        for row in queries.checklist(
            queries.rounds_of(queries.access_filing(world.actor("clerk"), world.numbers["second"]))[-1]
        )
    }
    assert reviewer.post(f"{case}checklist/", marks).status_code == 302
    assert reviewer.post(f"{case}acts/sign_opinion/", {"recommendation": "pass", "reason": "齐全"}).status_code == 302
    again = reviewer.post(f"{case}acts/approve_opinion/", {"reason": ""})
    assert again.status_code == 403
    assert "由批准人办理" in text_of(again)
    assert enter("approver").post(f"{case}acts/approve_opinion/", {"reason": "同意承办意见"}).status_code == 302
    assert "属地技术测试" in text_of(enter("auditor").get(case))


def test_sign_without_a_reason_keeps_the_choice(enter: Enter, world: World) -> None:
    answer = enter("reviewer").post(
        f"/office/cases/{world.numbers['approval']}/acts/sign_opinion/", {"recommendation": "reject", "reason": ""}
    )
    page = text_of(answer)
    assert answer.status_code == 422
    assert 'value="reject" class="' not in page or "checked" in page
    assert "请写明理由" in page


def test_compose_a_supplement_adds_a_row_and_keeps_what_was_typed(enter: Enter, world: World) -> None:
    case = f"/office/cases/{world.numbers['second']}/supplement/"
    typed = {
        "count": "2",
        "request_1": "请补编写记录",
        "clause_1": "5.1.c.2",
        "path_1": "",
        "reason_1": "R02",
        "request_2": "",
    }
    more = enter("reviewer").post(case, {**typed, "add": "1"})
    page = text_of(more)
    assert more.status_code == 200
    assert "请补编写记录" in page
    assert 'name="request_3"' in page
    sent = enter("reviewer").post(case, typed)
    assert sent.status_code == 302
    assert "请补编写记录" in text_of(enter("kefu").get("/provider/services/shili-daolan/"))


def test_close_a_notice_waits_for_time_and_answers_then_number_and_register(
    enter: Enter, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = f"/office/cases/{world.numbers['notice']}/"
    objection = f"/office/objections/{world.codes['objection-received']}/"
    assert "公示期未满" in text_of(enter("approver").get(case))
    monkeypatch.setattr("openbeian.office.clock.now", lambda _home, **_: NOW + timedelta(days=10))
    assert "还有异议没有答复" in text_of(enter("approver").post(f"{case}acts/close_notice/"))
    reviewer = enter("reviewer")
    assert reviewer.post(objection, {"act": "verify", "verification": "核对了编写记录"}).status_code == 302
    assert (
        reviewer.post(
            objection, {"act": "answer", "is_upheld": "no", "answer": "由客服人员编写，异议不成立。"}
        ).status_code
        == 302
    )
    assert enter("approver").post(f"{case}acts/close_notice/").status_code == 302
    assert enter("approver").post(f"{case}acts/assign_number/").status_code == 302
    assert enter("clerk").post(f"{case}acts/publish/").status_code == 302
    found = text_of(enter("").get("/register/?q=食谱"))
    assert "MoNi-Guangdong-ShiLiShiPu" in found
    assert "异议不成立" in text_of(enter("").get(f"/notices/{world.numbers['notice']}/"))


def test_sign_in_with_a_wrong_password_keeps_the_name(world: World, db: None) -> None:
    client = Client()
    wrong = client.post("/accounts/login/", {"login": "kefu", "password": "not this one"})
    assert 'value="kefu"' in text_of(wrong)
    assert "没有登录成" in text_of(wrong)
    right = client.post("/accounts/login/", {"login": "kefu", "password": world.passwords["kefu"]})
    assert right.url == "/work/"
    assert client.get("/work/").url == "/provider/"


def test_choose_english_and_large_type_stays_in_cookies(enter: Enter) -> None:
    client = enter("")
    assert client.post("/language/", {"language": "en", "next": "/about/"}).url == "/about/"
    assert client.post("/type/", {"type": "large", "next": "/about/"}).url == "/about/"
    page = text_of(client.get("/about/"))
    assert '<html lang="en" data-type="large">' in page
    client.post("/type/", {"type": "normal", "next": "/about/"})
    assert "data-type" not in text_of(client.get("/about/"))


def test_go_back_never_leads_to_another_site(enter: Enter) -> None:
    assert enter("").post("/type/", {"type": "large", "next": "https://elsewhere.example/"}).url == "/"


@pytest.mark.req("F1")
def test_make_the_dossier_hands_out_a_zip(enter: Enter) -> None:
    answer = enter("kefu").get("/provider/services/shili-kefu/dossier.zip")
    assert answer.status_code == 200
    assert answer.content[:2] == b"PK"
    assert enter("other").get("/provider/services/shili-kefu/dossier.zip").status_code == 404
