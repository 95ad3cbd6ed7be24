"""The card of a run: the Hub's own library reads it, its figures go round without loss, hostile words stay words."""

from __future__ import annotations

import copy

import pytest
import yaml
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import eval_results_to_model_index

from openbeian.studio.runs import model_card
from tests.studio.runs.sample import collapsed_run, gan_run, vae_run

pytestmark = [pytest.mark.studio, pytest.mark.req("M3", "M4", "M8")]


def front(text: str) -> dict:
    return yaml.safe_load(text.split("---\n")[1])


@pytest.mark.parametrize("run", [gan_run(), vae_run()])
def test_results_go_round_through_the_library_of_the_hub(run):
    text = model_card(run)
    data = ModelCard(text).data
    assert eval_results_to_model_index(data.model_name, data.eval_results) == front(text)["model-index"]


def test_results_are_the_figures_of_the_run_with_what_they_rest_on():
    results = {result.metric_type: result for result in ModelCard(model_card(gan_run())).data.eval_results}
    recall = results["recall"]
    assert recall.metric_value == 0.831
    assert recall.metric_args["interval-95"] == [0.82, 0.842]
    assert recall.metric_args["judge-sha256"] == "5c" * 32
    assert recall.dataset_revision == "73" * 32
    assert recall.dataset_split == "test"
    assert "judge-sha256" not in results["memorised_pixels"].metric_args
    assert set(results) >= {"fid_c", "precision", "recall", "coverage", "right_class"}


def test_front_matter_says_task_tags_and_only_a_licence_that_was_given():
    data = ModelCard(model_card(gan_run())).data
    assert (data.language, data.library_name, data.license) == (["zh"], "openbeian", None)
    assert data.tags == ["openbeian", "gan", "class-conditional"]
    assert ModelCard(model_card(gan_run(), licence="apache-2.0")).data.license == "apache-2.0"


def test_sections_say_data_training_evaluation_and_limits():
    text = ModelCard(model_card(gan_run())).text
    heads = [line for line in text.splitlines() if line.startswith("## ")]
    assert [head.split()[-1] for head in heads] == [
        "Model", "Use", "data", "Training", "Evaluation", "Limits", "Reproduce", "Licence",
    ]  # fmt: skip
    assert "| 召回率，越大越好 | 0.831 | 0.820–0.842 | 0.938 | ≥ 0.75：达标，有把握 |" in text
    assert "**不能写** 只写精确率 0.912：召回率是 0.831" in text
    assert "openbeian train digits-gan --seed 1 --steps 11240 --out DIR" in text


def test_a_stopped_run_has_no_figures_and_a_warning():
    card = ModelCard(model_card(collapsed_run()))
    assert card.data.eval_results is None
    assert "**不要使用：训练没有正常结束。**" in card.text
    assert "没有做最后的评估" in card.text


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "a | b\n# 标题", "---\nlicense: mit\n---", "![x](http://x)", "no", "1.0"]
)
def test_a_hostile_text_stays_a_text(hostile):
    run = copy.deepcopy(gan_run(title=hostile, name=hostile))
    run["data"] = run["data"] | {"title": hostile, "licence": hostile, "classes": [hostile, "b"]}
    card = ModelCard(model_card(run))
    assert card.data.model_name == hostile
    assert card.data.license is None
    outside = "".join(card.text.split("```")[::2])
    assert "<script>" not in outside
    assert "![x]" not in outside
    assert sum(line.startswith("# ") for line in outside.splitlines()) == 1
