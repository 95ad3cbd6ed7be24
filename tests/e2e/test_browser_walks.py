"""Whole ways through the office in a browser."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.browser
Open = Callable[..., Any]


@pytest.mark.req("F3")
def test_a_member_of_the_public_objects_without_javascript_and_the_office_answers(
    open_as: Open, office: SimpleNamespace
) -> None:
    public = open_as("", javascript=False, width=375)
    public.goto("/")
    public.get_by_role("link", name="对示例食谱助手提出异议").click()
    public.get_by_label("服务范围").check()
    public.get_by_label("哪里不对，为什么").fill("公示没有写清节日问候怎样关闭。")
    public.get_by_role("button", name="提出异议").click()
    assert "有 1 处要改" in public.locator("[role=alert]").inner_text()
    assert public.get_by_label("哪里不对，为什么").input_value() == "公示没有写清节日问候怎样关闭。"
    public.get_by_label("我说的是我知道的事实").check()
    public.get_by_role("button", name="提出异议").click()
    code = public.locator(".receipt b.mono").inner_text()
    receipt = public.url
    reviewer = open_as("reviewer")
    reviewer.goto("/office/objections/")
    reviewer.get_by_role("link", name=code).click()
    reviewer.get_by_label("核验的经过").fill("核对了服务设置页，问候可以关闭。")
    reviewer.get_by_role("button", name="记录核验").click()
    reviewer.locator("label", has_text="不成立").last.click()
    reviewer.get_by_label("答复（公开）").fill("问候可在设置中关闭，异议不成立。")
    reviewer.get_by_role("button", name="签发答复").click()
    public.goto(receipt)
    assert "已答复：不成立" in public.inner_text("main")
    public.goto(f"/notices/{office.numbers['notice']}/")
    assert "问候可在设置中关闭，异议不成立。" in public.inner_text("main")


@pytest.mark.req("F1", "F2")
def test_a_provider_answers_a_supplement_and_two_people_pass_the_case(open_as: Open, office: SimpleNamespace) -> None:
    provider = open_as("kefu")
    provider.goto("/provider/services/shili-tianqi/")
    provider.get_by_role("link", name="答复补正（2 项）").click()
    provider.get_by_role("link", name="改清单").click()
    box = provider.get_by_label("或在这里改")
    box.fill(box.input_value().replace("response_days: 5", "response_days: 3"))
    provider.get_by_role("button", name="检查并存草稿").click()
    assert "草稿已存" in provider.inner_text("[role=status]")
    provider.goto("/provider/services/shili-tianqi/supplement/")
    provider.get_by_label("第 1 项的答复").fill("已附编写记录")
    provider.get_by_label("第 2 项的答复").fill("改为三个工作日")
    provider.get_by_role("button", name="提交答复").click()
    assert "补正已收到" in provider.inner_text("[role=status]")
    reviewer = open_as("reviewer")
    case = f"/office/cases/{office.numbers['supplement']}/"
    reviewer.goto(case)
    assert reviewer.locator("#diff ins").first.inner_text() == "3"
    for group in reviewer.locator("[role=radiogroup]").all():
        group.locator("label.pick-ok").click()
    reviewer.get_by_role("button", name="存核对").click()
    assert "核对已存" in reviewer.inner_text("[role=status]")
    reviewer.locator("#act-sign_opinion label.choice", has_text="同意").click()
    reviewer.locator("#act-sign_opinion textarea").fill("三方面核对齐全。")
    reviewer.get_by_role("button", name="签署承办意见").click()
    assert reviewer.locator("#act-approve_opinion button").is_disabled()
    approver = open_as("approver")
    approver.goto(case)
    approver.locator("#act-approve_opinion button").click()
    assert "属地技术测试" in approver.inner_text(".head")


@pytest.mark.req("F4")
def test_a_complaint_is_filed_on_a_phone_and_its_receipt_found_again(open_as: Open, office: SimpleNamespace) -> None:
    page = open_as("", width=375)
    page.goto(f"/register/{office.registration}/")
    page.get_by_role("link", name="反馈或投诉").click()
    assert page.get_by_label("备案号或上线编号").input_value() == office.registration
    page.get_by_label("发生了什么").fill("回答与页面上的说明不一致。")
    page.get_by_role("button", name="提交投诉").click()
    code = page.locator(".receipt b.mono").inner_text()
    page.goto("/receipts/")
    page.get_by_label("回执号").fill(code.lower())
    page.get_by_role("button", name="查进度").click()
    assert code in page.inner_text("main")


def test_the_menu_opens_on_a_phone_by_keyboard(open_as: Open) -> None:
    page = open_as("", width=375)
    page.goto("/")
    page.get_by_role("button", name="菜单", exact=True).focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("link", name="公示与异议").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("link", name="公示与异议").is_visible()


def test_language_and_type_switch_without_javascript(open_as: Open) -> None:
    page = open_as("", javascript=False)
    page.goto("/notices/")
    page.get_by_role("button", name="English").click()
    assert page.get_attribute("html", "lang") == "en"
    page.get_by_role("button", name="Large type").first.click()
    assert page.get_attribute("html", "data-type") == "large"
    page.get_by_role("button", name="中文").click()
    assert page.get_attribute("html", "lang") == "zh-Hans"
