"""The report of a run of texts: both trainings side by side, the honest conclusion, samples nobody chose; hostile words stay words."""

from __future__ import annotations

import copy
import re
from html import unescape

import pytest
from huggingface_hub import ModelCard

from openbeian.studio.runs import model_card, report_html
from tests.studio.runs.sample import text_rows, text_run, texts

pytestmark = [pytest.mark.studio, pytest.mark.req("M1", "M5", "M8")]
HOSTILE = '"><script>alert(1)</script>{{ 7*7 }} | a\n# b'


def words(html: str) -> str:
    """Return what a reader sees, in one line."""
    body = re.sub(r"<(style|svg).*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub("[ \n]+", " ", unescape(re.sub("<[^>]+>", "", body)))


def said(run: dict, drawn: dict | None = None) -> str:
    return words(report_html(run, text_rows(), {}, texts() if drawn is None else drawn))


@pytest.fixture(scope="module")
def html() -> str:
    return report_html(text_run(), text_rows(), {}, texts())


def test_it_is_one_file_that_runs_nothing_and_fetches_nothing(html):
    assert "default-src 'none'" in html
    assert not re.findall(r"<script|<link|\bstyle=|\son\w+=|url\(|@import|https?://", html)


def test_it_begins_with_what_the_adversarial_training_came_to(html):
    seen = words(html)
    assert "结论：对抗训练与按似然训练再调温度分不出高下，留下的是按似然训练的权重" in seen
    assert "每字至少好 0.05 奈特才留下，否则留下按似然训练的。这次好 0.027，所以留下按似然训练的权重" in seen
    assert "按似然训练✓ 留下的4.326" in seen
    assert "对抗训练4.299" in seen


def test_every_figure_stands_with_interval_reference_count_temperature_and_what_real_texts_score(html):
    seen = words(html)
    assert "0.417区间 0.406–0.427真文本 0.342" in seen
    assert "1\u202f000 条样本（温度 0.5），对 greetings 测试部分 187 条" in seen
    assert "评审是朴素贝叶斯（单字与双字），在真文本上准确率 77.0%，碰巧 5.9%" in seen
    assert "greetings 测试部分 187 条，由网络逐字算出" in seen


def test_both_curves_are_drawn_with_their_intervals_and_told_apart(html):
    chart = re.search(r"<h3>同样雷同时，对抗训练的 2 个点有 1 个低于似然曲线</h3>(<svg.*?</svg>)", html, re.DOTALL)[1]
    assert chart.count('class="line-') == 2
    assert chart.count("<circle") == 4
    assert chart.count('class="reach"') == 4
    assert "真文本 0.342" in chart


def test_copies_are_counted_and_the_longest_is_shown(html):
    seen = words(html)
    assert "最长照抄 19 字，一半的样本不超过 6 字" in seen
    assert "照抄最长的一条样本：“母亲节快乐，天天开心。”，其中“天天开心”" in seen
    assert "“不会照抄”：筛选之前最长照抄 19 字，0.80% 的样本与某条训练文本一字不差" in seen


def test_samples_stand_as_drawn_and_what_would_be_written_again_is_marked(html):
    seen = words(html)
    assert "每个按种子取 2 条，没有挑选，筛选之前的样子：4 条里 2 条照原样过关" in seen
    assert "愿您团圆。 愿您团团团。 △ 不通顺" in seen
    assert "年年有余。 △ 照抄 15 字" in seen


def test_a_title_without_a_known_character_has_no_samples():
    assert "题目里没有模型认识的字" in said(text_run(), {"☃": []})


def played(low: float, high: float, kept: str, verdict: str) -> dict:
    run = copy.deepcopy(text_run())
    run["model"]["kept"] = kept
    run["results"]["comparison"] |= {"difference": (low + high) / 2, "difference_spread": [low, high]}
    run["results"]["conclusion"] = f"对抗训练{verdict}按似然训练再调温度：相差。"
    return run


def test_the_adversarial_training_is_praised_only_when_the_interval_says_so_and_its_weights_are_the_model():
    better = said(played(-0.3, -0.1, "adversarial", "好于"))
    assert "可以写“对抗训练好于按似然训练再调温度：相差”" in better.replace(" ", "")
    assert "“对抗训练让文本更好”" not in better
    for run in (played(-0.3, -0.1, "likelihood", "好于"), played(-0.1, 0.1, "adversarial", "分不出高下")):
        assert "不能写“对抗训练让文本更好”" in said(run).replace(" ", "")


def test_a_run_without_the_second_training_says_so():
    run = copy.deepcopy(text_run())
    del run["results"]["curves"]["adversarial"]
    run["results"] |= {"comparison": None, "conclusion": "没有可比的对抗训练权重，模型就是按似然训练的模型。"}
    run["model"]["validation"] = {"nll": 3.3}
    seen = said(run)
    assert "结论：没有可比的对抗训练权重，模型就是按似然训练的模型" in seen
    assert "对抗训练没有留下可比的权重，没有什么可选" in seen
    assert "“经过对抗训练”" in seen


def test_texts_that_fit_no_better_than_chance_and_a_model_no_better_than_counts_are_not_praised():
    run = copy.deepcopy(text_run())
    assert "“写的是所要的题目”" not in said(run)
    run["results"] |= {"right_occasion": 0.06, "nll": 3.5}
    run["results"]["spread"] |= {"right_occasion": [0.05, 0.07], "nll": [3.4, 3.6]}
    seen = said(run)
    assert "“写的是所要的题目”：评审只认出 6.00%（区间 5.00–7.00%），碰巧也有 5.88%" in seen
    assert "“比数数更懂文本”：每字 3.500 奈特" in seen


@pytest.mark.parametrize("name", ["self_bleu", "samples", "reference", "temperature", "judge"])
def test_no_report_and_no_card_has_quality_without_variety_or_a_figure_without_its_basis(name):
    run = copy.deepcopy(text_run())
    del run["results"][name]
    for made in (lambda: report_html(run, [], {}, texts()), lambda: model_card(run)):
        with pytest.raises(ValueError, match="without"):
            made()


def test_a_stopped_run_shows_what_was_seen_and_no_figure():
    run = text_run(outcome="collapsed", words="生成的文本大量重复：不同的只占 10%", results={}, steps=300)
    rows = [*text_rows(), {**text_rows()[-1], "distinct_texts": 0.1}]
    seen = words(report_html(run, rows, {}, texts()))
    assert "已停训" in seen
    assert "不重样的样本，记下的最后一次抽查0.100报警线 0.30✗ 低于报警线" in seen
    assert "两种训练，留哪一种" not in seen
    assert "没有做最后的评估" in model_card(run)


def test_hostile_words_stay_words():
    run = copy.deepcopy(text_run(title=HOSTILE))
    run["data"] |= {"title": HOSTILE, "classes": [HOSTILE], "skipped": [HOSTILE]}
    run["results"]["copies"]["worst"] = dict.fromkeys(("sample", "copied", "training"), HOSTILE)
    html = report_html(run, text_rows(), {}, {HOSTILE: [{"text": HOSTILE, "copied": 1, "is_good": False}]})
    assert "<script" not in html
    assert words(html).count("{{ 7*7 }}") >= 5
    card = "".join(ModelCard(model_card(run)).text.split("```")[::2])
    assert "<script>" not in card
    assert sum(line.startswith("# ") for line in card.splitlines()) == 1


def test_the_card_carries_the_figures_for_the_hub():
    card = ModelCard(model_card(text_run()))
    assert (card.data.pipeline_tag, card.data.tags) == ("text-generation", ["openbeian", "gan", "class-conditional"])
    found = {result.metric_type: result for result in card.data.eval_results}
    assert set(found) == {
        "bleu",
        "self_bleu",
        "novelty",
        "right_occasion",
        "exact_copies",
        "distinct_2",
        "reverse_nll",
        "nll",
    }
    assert found["bleu"].metric_args["interval-95"] == [0.406, 0.427]
    assert found["bleu"].metric_args["floor"] == 0.342
    assert "judge-sha256" in found["right_occasion"].metric_args
    assert "judge-sha256" not in found["bleu"].metric_args
    assert "openbeian sample RUN --class 中秋 --n 10" in card.text
    assert "训练 1\u202f531 条，测试 187 条" in card.text
