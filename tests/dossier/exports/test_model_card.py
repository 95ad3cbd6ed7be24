"""The model card: the Hub's own library reads it, and its `model-index` goes round without loss."""

import pytest
import yaml
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import eval_results_to_model_index

from openbeian.dossier.exports import to_model_card
from tests.dossier.conftest import with_value
from tests.dossier.exports.conftest import NOW


@pytest.fixture
def text(manifest, found, records, pack) -> str:
    return to_model_card(manifest, found, records, NOW, pack).decode()


def front(text: str) -> dict:
    return yaml.safe_load(text.split("---\n")[1])


def test_results_go_round_through_the_library_of_the_hub(text):
    data = ModelCard(text).data
    assert eval_results_to_model_index(data.model_name, data.eval_results) == front(text)["model-index"]


def test_results_are_the_figures_of_the_evidence(text):
    results = {result.metric_type: result for result in ModelCard(text).data.eval_results}
    recall = results["recall_at_1"]
    assert recall.metric_value == 0.8125
    assert recall.metric_args == {"unit": "ratio", "passed": 195, "total": 240, "interval-95": [0.758, 0.857]}
    assert recall.task_type == "text-generation"
    assert recall.dataset_revision == "ab" * 32
    assert recall.source_url.startswith("ni:///sha-256;")


def test_front_matter_says_language_task_and_rules(text):
    data = ModelCard(text).data
    assert (data.language, data.pipeline_tag, data.license) == (["zh"], "text-generation", None)
    assert data.tags == ["openbeian", "gbt-45654-2025"]


@pytest.mark.parametrize(("name", "told"), [("acme/base-7b", "acme/base-7b"), ("某基座模型", None)])
def test_base_model_is_told_to_the_hub_by_its_name_there_only(manifest, found, records, pack, name, told):
    base = {"name": name, "version": "1", "licence": "Apache-2.0", "filing_number": None}
    text = to_model_card(with_value(manifest, "technical.base_model", base), found, records, NOW, pack).decode()
    assert ModelCard(text).data.base_model == told
    assert "基座模型" in ModelCard(text).text


def test_without_figures_there_is_no_model_index(manifest, found, pack):
    assert ModelCard(to_model_card(manifest, found, [], NOW, pack).decode()).data.eval_results is None


def test_sections_are_headed_in_both_languages(text):
    heads = [line for line in text.splitlines() if line.startswith("## ")]
    assert "## 训练数据 Training data" in heads
    assert "## 评测结果 Evaluation" in heads
    assert len(heads) == 9


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "a | b\n# 标题", "---\nlicense: mit\n---", "![x](http://x)", "no", "1.0"]
)
def test_a_hostile_text_stays_a_text(manifest, found, records, pack, hostile):
    changed = with_value(manifest, "technical.model.name", hostile)
    changed = with_value(changed, "technical.architecture", hostile)
    text = to_model_card(changed, found, records, NOW, pack).decode()
    card = ModelCard(text)
    assert card.data.model_name == hostile.strip()
    assert card.data.license is None
    assert "<script>" not in card.text
    assert sum(line.startswith("# ") for line in card.text.splitlines()) == 1
    assert "![x]" not in card.text


def _without_dataset(index):
    del index[0]["results"][0]["dataset"]


def _without_value(index):
    del index[0]["results"][0]["metrics"][0]["value"]


def _without_task(index):
    del index[0]["results"][0]["task"]["type"]


@pytest.mark.parametrize("breaking", [_without_dataset, _without_value, _without_task])
def test_library_of_the_hub_refuses_a_broken_index(text, breaking):
    meta = front(text)
    breaking(meta["model-index"])
    with pytest.raises(ValueError, match="model_index"):
        ModelCard(f"---\n{yaml.safe_dump(meta)}---\n")
