"""The arithmetic of the reply model against independent arithmetic: figures, thresholds, logistic regression, Gumbel draws."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from openbeian.studio.replies.bank import Bank, BankVectors, Entry
from openbeian.studio.replies.gate import LogOdds, logistic
from openbeian.studio.replies.heads import VectorHead, draw
from openbeian.studio.replies.measuring import Policy, RiskCoverage, auc, auc_error, calibration_error, ranks
from openbeian.studio.replies.retrieval import grams
from openbeian.studio.replies.thresholds import wilson
from openbeian.studio.replies.vocabulary import Vocabulary

pytestmark = [pytest.mark.studio, pytest.mark.req("M1")]
SCORES = st.lists(st.tuples(st.integers(0, 9).map(lambda n: n / 9), st.booleans()), min_size=1, max_size=30)


@given(SCORES)
def test_the_auc_is_that_of_scikit_learn(items):
    scores, labels = np.array([s for s, _ in items]), np.array([label for _, label in items])
    value = auc(scores[labels], scores[~labels])
    if 0 < labels.sum() < len(labels):
        assert value == pytest.approx(roc_auc_score(labels, scores))
    else:
        assert math.isnan(value)


def test_the_error_of_an_auc_is_that_of_the_paper():
    # Hanley and McNeil (1982), table II: 58 normal and 51 abnormal images, area 0.893, standard error about 0.032
    assert auc_error(0.893, 51, 58) == pytest.approx(0.032, abs=0.001)


@given(SCORES)
def test_the_curve_of_risk_and_coverage_is_what_counting_gives(items):
    scores, right = np.array([s for s, _ in items]), np.array([r for _, r in items])
    curve = RiskCoverage.of(scores, right)
    for share, accuracy in zip(curve.share, curve.accuracy, strict=True):
        cut = sorted(scores, reverse=True)[round(share * len(scores)) - 1]
        assert share == pytest.approx((scores >= cut).mean())
        assert accuracy == pytest.approx(right[scores >= cut].mean())
    assert curve.accuracy[-1] == pytest.approx(right.mean())
    assert 0 <= curve.area() <= 1
    shares = [curve.answered_at(target) for target in (0.0, 0.5, 0.8, 0.95, 1.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1


def test_equal_scores_earn_half_the_luck():
    scores = torch.tensor([[0.9, 0.5, 0.1], [0.2, 0.2, 0.2], [0.3, 0.1, 0.3]])
    assert ranks(scores, [1, 0, 2]).tolist() == [2.0, 2.0, 1.5]


def test_both_thresholds_must_be_passed():
    policy = Policy(answer_from=0.5, hand_over_from=0.3)
    domain, right = np.array([0.3, 0.29, 0.9, 0.9]), np.array([0.5, 0.9, 0.49, 0.9])
    assert policy.answers(domain, right).tolist() == [True, False, False, True]


def test_a_lower_bound_is_below_the_share_and_nears_it():
    assert wilson(np.array([1.0, 1.0]), np.array([5, 500])) == pytest.approx([5 / 6, 500 / 501])
    assert wilson(np.array([0.8]), np.array([10_000])) == pytest.approx([0.796], abs=1e-4)


def test_a_sure_and_right_judge_is_calibrated_and_a_sure_and_wrong_one_is_not():
    assert calibration_error(np.array([0.0, 0, 1, 1]), np.array([False, False, True, True])) == 0
    assert calibration_error(np.array([1.0, 1, 0, 0]), np.array([False, False, True, True])) == 1


def test_the_logistic_regression_is_that_of_scikit_learn():
    random = np.random.default_rng(3)
    rows = random.normal(size=(200, 4)).astype(np.float32)
    labels = random.random(200) < 1 / (1 + np.exp(-(rows @ [2.0, -1.0, 0.5, 0.0] + 0.3)))
    ours = logistic(torch.from_numpy(rows), torch.from_numpy(labels).float(), torch.ones(200), decay=1e-2)
    theirs = LogisticRegression(C=1 / (200 * 1e-2), tol=1e-10, max_iter=1000).fit(rows.astype(float), labels)
    assert ours[:-1].tolist() == pytest.approx(theirs.coef_[0].tolist(), abs=1e-3)
    assert float(ours[-1]) == pytest.approx(theirs.intercept_[0], abs=1e-3)


def test_separable_rows_do_not_break_the_logistic_regression():
    rows = torch.tensor([[0.0], [1.0], [9.0], [10.0]])
    found = logistic(rows, torch.tensor([0.0, 0.0, 1.0, 1.0]), torch.ones(4))
    assert torch.isfinite(found).all()
    assert (rows @ found[:1] + found[1]).sign().tolist() == [-1, -1, 1, 1]


@pytest.mark.parametrize("is_own", [True, False])
def test_odds_without_a_text_are_those_of_a_table_that_never_had_it(is_own):
    own, strange = ["空调保修", "冰箱清洗", "空调的股票"], ["股票会涨吗", "空调的股票"]
    text = grams(strange[1])
    once, never = LogOdds(own, strange), LogOdds(own[:2] if is_own else own, strange if is_own else strange[:1])
    never._size = once._size  # the smoothing counts the same n-grams either way
    by_hand = [never.of(gram) for gram in dict.fromkeys(text)]
    assert once.without(text, is_own=is_own) == pytest.approx(sum(by_hand) / len(by_hand))
    assert (once.of("空调") > never.of("空调")) is is_own
    assert once.of("保修") > 0 > once.of("涨")


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_gumbel_draws_follow_the_softmax_at_a_temperature(temperature):
    logits = torch.tensor([1.0, 0.0, -1.0, 2.0])
    drawn = draw(logits.expand(20_000, -1), np.random.default_rng(5), temperature=temperature)
    share = np.bincount(drawn.numpy(), minlength=4) / 20_000
    assert share == pytest.approx(torch.softmax(logits / temperature, dim=0).numpy(), abs=0.015)


def test_a_reply_that_is_not_to_be_drawn_is_not_drawn():
    drawn = draw(torch.tensor([[9.0, 0.0]] * 50), np.random.default_rng(5), temperature=1.0, but=torch.zeros(50).long())
    assert drawn.tolist() == [1] * 50


def _vector_bank():
    generator = torch.Generator().manual_seed(2)
    entries = [Entry("a", ("一", "二"), "甲"), Entry("b", (), "乙"), Entry("c", ("三",), "丙")]
    unit = torch.nn.functional.normalize(torch.randn(7, 384, generator=generator), dim=1)
    vectors = BankVectors.of(unit[:3], unit[3:6])
    return Bank(entries, Vocabulary.of(grams(e.answer) for e in entries), vectors), unit


def test_the_nearest_filed_question_of_a_reply_is_the_largest_cosine_and_the_mean_where_there_is_none():
    bank, unit = _vector_bank()
    asked = bank.ask(["四"], unit[6:])
    centred = torch.nn.functional.normalize(unit[:3] - unit[:3].mean(0), dim=1)
    question = torch.nn.functional.normalize(unit[6] - unit[:3].mean(0), dim=0)
    first, second, third = (centred @ question).tolist()
    nearest = asked.nearest[0].tolist()
    assert nearest[0] == pytest.approx(max(first, second), abs=1e-6)
    assert nearest[2] == pytest.approx(third, abs=1e-6)
    assert nearest[1] == pytest.approx((nearest[0] + nearest[2]) / 2, abs=1e-6)
    assert float(asked.closest[0]) == pytest.approx(float((unit[:3] @ unit[6]).max()), abs=1e-6)


def test_a_new_vector_head_ranks_the_bank_s_own_questions_by_plain_cosine():
    bank, unit = _vector_bank()
    alone = bank.ask(["四"], unit[6:], own=False)
    logits = VectorHead()(bank, alone)[0]
    replies = torch.nn.functional.normalize(unit[3:6] - unit[3:6].mean(0), dim=1)
    question = torch.nn.functional.normalize(unit[6] - unit[:3].mean(0), dim=0)
    assert logits.tolist() == pytest.approx((10 * replies @ question).tolist(), abs=1e-5)
