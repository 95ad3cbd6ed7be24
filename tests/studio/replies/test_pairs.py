"""Question/answer pairs: every format, and every mistake with its place and remedy."""

import pytest

from openbeian.manifest import Fault
from openbeian.studio.replies.pairs import load_pairs, load_questions

pytestmark = pytest.mark.studio


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "question,answer\n一,二\n", "至少"),
        ("a.csv", "问,答\n一,二\n", "没有 question"),
        ("a.jsonl", '{"question": "一", "answer": "二"}\n{oops\n', ":2"),
        ("a.jsonl", '{"question": "一", "answer": ""}\n', ":1"),
        ("a.yaml", "pairs: [", "YAML"),
        ("a.yaml", "rows: []", "pairs"),
        ("a.txt", "x", "格式"),
    ],
)
def test_data_that_cannot_be_trained_on_says_file_line_and_remedy(tmp_path, name, content, words):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(Fault) as fault:
        load_pairs(tmp_path / name)
    assert words in fault.value.text()
    assert fault.value.remedy


def test_a_table_in_gb18030_is_read(tmp_path):
    rows = "".join(f"第{n}个问题怎么办,第{n}个答复\n" for n in range(30))
    (tmp_path / "a.csv").write_bytes(f"问题,答复\n{rows}".encode("gb18030"))
    assert load_pairs(tmp_path / "a.csv").items[29].answer == "第29个答复"


def test_a_dialogue_keeps_its_name(dialogues):
    pairs = load_pairs(dialogues).items
    assert pairs[0].dialogue == pairs[3].dialogue == "空调"
    assert pairs[3].answer == "不客气。"


def test_questions_of_other_domains_stand_one_a_line_or_in_pairs(tmp_path, dialogues):
    (tmp_path / "a.txt").write_text("去哪里玩\n\n 吃什么 \n去哪里玩\n", encoding="utf-8")
    assert load_questions(tmp_path / "a.txt") == ("去哪里玩", "吃什么")
    assert len(load_questions(dialogues)) == 32
    with pytest.raises(Fault) as fault:
        load_questions(tmp_path / "none.txt")
    assert fault.value.code == "pairs-unreadable"
