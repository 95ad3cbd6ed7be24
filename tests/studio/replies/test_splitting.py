"""Who learns what: nothing of the test is in the bank or in training, damaged replies are damaged, settings keep their bounds."""

import numpy as np
import pytest
from pydantic import ValidationError

from openbeian.studio.replies.damage import DAMAGES
from openbeian.studio.replies.pairs import load_pairs
from openbeian.studio.replies.retrieval import grams
from openbeian.studio.replies.settings import ReplySettings
from openbeian.studio.replies.splitting import everyday_questions, split_pairs
from tests.trained import FAQ

pytestmark = [pytest.mark.studio, pytest.mark.req("M1")]
PARTS = ("train", "reworded", "validation", "test")
STRANGE = ("strange_train", "strange_validation", "strange_test")


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", ["small", "dialogues"])
def test_no_held_out_question_is_in_the_bank_and_each_is_in_one_part(request, name, seed):
    entries, split = split_pairs(load_pairs(request.getfixturevalue(name)), ReplySettings(), seed)
    filed = {question for entry in entries for question in entry.questions}
    questions = [{question for question, _ in getattr(split, part)} for part in PARTS]
    assert questions[0] == filed
    assert sum(map(len, questions)) == len(set.union(*questions))
    assert len({entry.answer for entry in entries}) == len(entries)
    strange = [set(getattr(split, part)) for part in STRANGE]
    assert sum(map(len, strange)) == len(set.union(*strange))
    assert all(strange)


def test_a_dialogue_is_in_one_part_only(dialogues):
    pairs = load_pairs(dialogues)
    _, split = split_pairs(pairs, ReplySettings(), 1)
    of = {pair.question: pair.dialogue for pair in pairs.items}
    names = [{of[question] for question, _ in getattr(split, part)} for part in PARTS]
    assert sum(map(len, names)) == len(set.union(*names)) == 8


def test_other_domains_come_from_the_data_and_a_list_and_own_questions_never_count_as_such(small, tmp_path):
    (tmp_path / "other.txt").write_text("怎么办护照\n空调保修几年？\n猫不吃东西怎么办\n", encoding="utf-8")
    _, split = split_pairs(load_pairs(small), ReplySettings(other=tmp_path / "other.txt", everyday=False), 1)
    strange = [text for part in STRANGE for text in getattr(split, part)]
    assert len(strange) == 6 + 2
    assert "空调保修几年？" not in strange
    assert split.strange_from == "other.txt"


def test_everyday_questions_are_never_in_the_test_beside_others_nor_like_them():
    _, split = split_pairs(load_pairs(FAQ), ReplySettings(), 1)
    everyday = everyday_questions()
    assert len(everyday) == len(set(everyday)) > 100
    assert not set(split.strange_test) & set(everyday)
    listed = [set(grams(text)) for part in STRANGE for text in getattr(split, part) if text not in set(everyday)]
    for text in set(split.strange_train + split.strange_validation) & set(everyday):
        own = set(grams(text))
        assert all(len(own & other) < 0.5 * len(own | other) for other in listed)


@pytest.mark.parametrize("name", sorted(DAMAGES))
def test_a_damaged_reply_is_another_text(name):
    reply, other = "请先断电，不要用水冲洗，再预约师傅上门检修。", "整机保修三年，从发票上的日期起算。"
    damaged = [DAMAGES[name](reply, other, np.random.default_rng(seed)) for seed in range(5)]
    assert all(text != reply for text in damaged)
    if name == "negation":
        assert set(damaged) == {"请先断电，要用水冲洗，再预约师傅上门检修。"}


@pytest.mark.parametrize(
    "wrong", [{"temperature": 0}, {"head_steps": 0}, {"target_accuracy": 1.1}, {"vectors": "maybe"}, {"step": 1}]
)
def test_settings_keep_their_bounds_and_know_their_names(wrong):
    with pytest.raises(ValidationError):
        ReplySettings(**wrong)


def test_yes_and_no_are_understood_as_a_reader_of_old_yaml_gives_them():
    assert (ReplySettings(vectors=True).vectors, ReplySettings(vectors=False).vectors) == ("yes", "no")
    assert ReplySettings(rounds=1).objective == "adversarial"
