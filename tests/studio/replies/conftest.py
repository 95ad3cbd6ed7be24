"""A small service of its own: two dozen questions, so that a training run takes a moment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

THINGS = ("空调", "冰箱", "洗衣机", "热水器", "油烟机", "电视", "风扇", "烤箱")
ASKED = (("{}保修几年？", "{}坏了多久之内能修", "{}整机保修三年，从发票日期起算。"),
         ("{}怎么清洗？", "{}脏了如何处理", "{}断电以后用软布擦洗，不要用水冲。"),
         ("{}怎么预约安装？", "想请师傅来装{}", "请在订单页选日期，师傅会带{}的配件上门。"))  # fmt: skip
STRANGE = ("明天股票会涨吗", "给我讲个笑话", "帮我写一首诗", "去北京怎么坐火车", "感冒吃什么药", "唐朝有多少位皇帝")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs with another wording each, and questions to refuse."""
    rows = [
        f"  - {{question: {question.format(thing)}, variants: [{other.format(thing)}], answer: {answer.format(thing)}}}"
        for thing in THINGS
        for question, other, answer in ASKED
    ]
    text = "\n".join(["pairs:", *rows, "refuse:", *(f"  - {question}" for question in STRANGE)])
    path = tmp_path_factory.mktemp("small") / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def dialogues(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as dialogues of three turns, without other wordings; the last reply is the same in all."""
    rows = []
    for thing in THINGS:
        turns = [(question.format(thing), answer.format(thing)) for question, _, answer in ASKED]
        for user, reply in (*turns, (f"谢谢，{thing}的事就这样", "不客气。")):
            rows.append(json.dumps({"dialogue": thing, "user": user, "reply": reply}, ensure_ascii=False))
    path = tmp_path_factory.mktemp("dialogues") / "dialogues.jsonl"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path
