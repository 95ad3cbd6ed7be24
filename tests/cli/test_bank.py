"""`bank`: what a bank lacks, its versions, and the empty one to fill in."""

from __future__ import annotations

import json

import openpyxl
import pytest

pytestmark = pytest.mark.req("T5")


def test_check_says_what_is_missing_and_ends_with_problems(command):
    done = command.run("bank", "check", "example/bank.yaml")
    assert done.returncode == 1
    assert "应拒答测试题：30 题，要求不少于 500" in done.stdout
    assert "还没有登记" in done.stdout
    found = json.loads(command.run("bank", "check", "example/bank.yaml", "--json").stdout)
    assert [part["count"] for part in found["parts"]] == [20, 30, 30]
    assert not found["is_enough"]


def test_outline_is_refused_while_blank_and_taken_once_filled(command):
    done = command.run("bank", "outline", "--out", "shape.xlsx")
    assert done.returncode == 0, done.stderr
    assert "2000 行待填" in done.stdout
    blank = command.run("bank", "check", "shape.xlsx")
    assert blank.returncode == 1
    assert "表“生成内容测试题”（测试题）：缺少题目文字" in blank.stderr
    book = openpyxl.load_workbook(command.folder / "shape.xlsx")
    for page in book:
        for row in range(2, page.max_row + 1):
            page.cell(row, 2).value = f"{page.title}第{row:05d}行的苹果怎么保存"
    book.save(command.folder / "filled.xlsx")
    filled = command.run("bank", "check", "filled.xlsx")
    assert filled.returncode == 0, filled.stdout


def test_versions_and_their_difference(command):
    bank = command.folder / "example" / "bank.yaml"
    first = command.run("bank", "keep", str(bank), "--since", "2026-01-05")
    assert first.returncode == 0, first.stderr
    aged = command.run("bank", "check", str(bank)).stdout
    assert "自 2026-01-05 起" in aged
    assert "该更新了" in aged
    (command.folder / "old.yaml").write_bytes(bank.read_bytes())
    bank.write_text(
        bank.read_text(encoding="utf-8").replace("空调滤网多久清洗一次", "加湿器多久清洗一次"), encoding="utf-8"
    )
    assert command.run("bank", "keep", str(bank)).returncode == 0
    found = json.loads(command.run("bank", "versions", "--json").stdout)["versions"]
    assert [version["questions"] for version in found] == [80, 80]
    assert found[0]["since"] == "2026-01-05" < found[1]["since"]
    listed = command.run("bank", "versions").stdout
    assert all(version["digest"][:12] in listed for version in found)
    assert "新增 1 题，删去 1 题，改写 0 题" in command.run("bank", "diff", "old.yaml", str(bank)).stdout
    change = json.loads(command.run("bank", "diff", "old.yaml", str(bank), "--json").stdout)
    assert (len(change["added"]), len(change["removed"]), change["same"]) == (1, 1, 79)
