"""Marking in a browser: by keyboard alone on a phone's width, without JavaScript, in two tabs; the whole way to the outcome."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.office.reviewing import sample

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
PHONE = {"width": 375, "height": 667}
THUMB_PX = 44  # the least height of a target for a thumb


def begin(open_as: Open, folder: Path, name: str, size: int, *, population: str = "refuse") -> str:
    """Upload a package as the provider and seat the three people; return the review's address."""
    file = folder / "package.json"
    task = sample(name, size, population=population)
    file.write_text(json.dumps(task.as_json(), ensure_ascii=False), encoding="utf-8")
    page = open_as("kefu")
    page.goto("/provider/services/shili-kefu/")
    page.get_by_role("link", name="开始复核").click()
    page.get_by_label("复核包（.json）").set_input_files(file)
    for label, person in (("初审甲", "陈示例"), ("初审乙", "林示例"), ("终审", "何示例")):
        box = page.get_by_label(label)
        box.select_option(label=next(text for text in box.locator("option").all_inner_texts() if person in text))
    page.get_by_role("button", name="开始复核").click()
    assert "复核已开始" in page.inner_text("[role=status]")
    return str(page.url)


def press(page: Any, *keys: str) -> None:
    """Press keys on the page as it stands."""
    for key in keys:
        page.keyboard.press(key)


def saved(page: Any, *keys: str) -> None:
    """Press keys, the last of which leads to another page."""
    press(page, *keys[:-1])
    with page.expect_navigation():
        page.keyboard.press(keys[-1])


@pytest.mark.req("M2")
def test_three_people_mark_by_keyboard_alone_on_a_phone(open_as: Open, office: SimpleNamespace, tmp_path: Path) -> None:
    review = begin(open_as, tmp_path, "keys", 4)
    first, second, third = (open_as(f"marker{number}", width=375) for number in (1, 2, 3))
    for page in (first, second, third):
        page.set_viewport_size(PHONE)
    first.goto(f"{review}mark/")
    assert "已标 0 / 4" in first.inner_text(".marked-so-far")
    press(first, "ArrowRight")
    assert first.get_by_text("请先选一项判定").is_visible()
    press(first, "2", "r")
    first.keyboard.type("1 劝导为主 r")
    press(first, "Escape")
    saved(first, "1", "Enter")
    assert "已标 1 / 4" in first.inner_text(".marked-so-far")
    saved(first, "ArrowLeft")
    assert "您的判定：拒答" in first.inner_text(".mark")
    assert "1 劝导为主 r" in first.inner_text(".mark")
    assert "保存后不能更改" in first.inner_text(".mark")
    saved(first, "ArrowRight")
    for _ in range(3):
        saved(first, "1", "ArrowRight")
    assert "您这一席已标完" in first.inner_text("h1")
    second.goto(f"{review}mark/")
    for _ in range(4):
        saved(second, "4", "Enter")
    third.goto(f"{review}mark/")
    assert "两份初审意见" in third.inner_text("article")
    for _ in range(4):
        saved(third, "1", "Enter")
    assert "复核已完成" in third.inner_text("h1")
    first.goto(review)
    assert "三席进度" in first.inner_text("main")
    assert first.locator("td.same").all_inner_texts() == ["0"] * 5
    with first.expect_download() as download:
        first.get_by_role("link", name="下载标注").click()
    assert len(Path(download.value.path()).read_text(encoding="utf-8").splitlines()) == 12


@pytest.mark.req("M2")
def test_the_tab_key_reaches_everything_and_nothing_is_hidden_behind_the_bar(
    open_as: Open, office: SimpleNamespace
) -> None:
    page = open_as("marker1", width=375)
    page.set_viewport_size(PHONE)
    page.goto(f"/provider/reviews/{office.codes['review-half']}/mark/20/")
    seen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => {
              const at = document.activeElement, box = at.getBoundingClientRect(), bar = document.querySelector('.mark');
              const label = at.closest('label') || at, shown = label.getBoundingClientRect();
              const behind = !bar.contains(at) && shown.bottom > bar.getBoundingClientRect().top + 1;
              return [at.name || at.textContent.trim().slice(0, 20), behind, shown.height];
            }"""
        )
        seen.append(found)
        if found[0].startswith("保存"):
            break
    assert [name for name, behind, _ in seen if behind and name != "BODY"] == []
    assert "verdict" in [name for name, _, _ in seen]
    assert seen[-1][0].startswith("保存")


@pytest.mark.req("M2")
@pytest.mark.parametrize("code", ["review-half", "review-fresh"])
def test_the_verdicts_lie_within_the_thumbs_reach(open_as: Open, office: SimpleNamespace, code: str) -> None:
    page = open_as("marker1", width=375)
    page.set_viewport_size(PHONE)
    page.goto(
        f"/provider/reviews/{office.codes[code]}/mark/20/"
        if code == "review-half"
        else f"/provider/reviews/{office.codes[code]}/mark/"
    )
    boxes = [label.bounding_box() for label in page.locator("label.verdict").all()]
    boxes.append(page.get_by_role("button", name="保存，看下一条").bounding_box())
    assert [box for box in boxes if box["height"] < THUMB_PX or box["width"] < THUMB_PX] == []
    assert [
        box for box in boxes if box["y"] < PHONE["height"] * 0.5 or box["y"] + box["height"] > PHONE["height"]
    ] == []


def test_marking_works_without_javascript_and_a_second_tab_changes_nothing(open_as: Open, tmp_path: Path) -> None:
    review = begin(open_as, tmp_path, "plain", 3, population="corpus")
    page = open_as("marker1", width=375, javascript=False, quiet=False)
    page.goto(f"{review}mark/")
    other = page.context.new_page()
    other.goto(f"{review}mark/1/")
    page.get_by_role("button", name="保存，看下一条").click()
    assert page.get_by_text("请先选一项判定").is_visible()
    page.locator("label.verdict", has_text="合格").first.click()
    page.get_by_text("写理由（可不填）").first.click()
    page.locator("textarea").fill("没有问题")
    page.get_by_role("button", name="保存，看下一条").click()
    assert "已标 1 / 3" in page.inner_text(".marked-so-far")
    other.locator("label.verdict", has_text="不合格").click()
    other.get_by_role("button", name="保存，看下一条").click()
    assert "初次标注不可更改" in other.inner_text("[role=alert]")
    assert "您的判定：合格" in other.inner_text(".mark")


def test_the_keys_can_be_switched_off_and_stay_off(open_as: Open, office: SimpleNamespace) -> None:
    page = open_as("marker2")
    address = f"/provider/reviews/{office.codes['review-fresh']}/mark/"
    page.goto(address)
    page.get_by_role("button", name="关掉快捷键").click()
    page.locator("h1").click()
    press(page, "1")
    assert page.locator("input:checked").count() == 0
    page.goto(address)
    press(page, "1")
    assert page.locator("input:checked").count() == 0
    page.get_by_role("button", name="打开快捷键").click()
    page.locator("h1").click()
    press(page, "3")
    assert page.locator("input:checked").get_attribute("value") == "无法判定"
