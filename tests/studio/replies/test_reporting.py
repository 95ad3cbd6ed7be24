"""The report of a reply model: the curve with its filed thresholds, BM25 beside every rank, targets held against the test."""

import json
import re
import shlex
import shutil
from datetime import UTC, datetime
from html import unescape
from itertools import pairwise

import pytest
from huggingface_hub import ModelCard

from openbeian.manifest import Fault
from openbeian.studio import evaluate, to_record, train_replies
from openbeian.studio.replies.reporting import MOST_POINTS, as_run, spread_of
from openbeian.studio.replies.settings import ReplySettings
from openbeian.studio.runs import model_card, report_html

pytestmark = [pytest.mark.studio, pytest.mark.req("M1", "M8")]


@pytest.fixture(scope="module")
def html(run):
    return (run.folder / "report.html").read_text(encoding="utf-8")


def words(html):
    body = re.sub(r"<(style|svg).*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub("[ \n]+", " ", unescape(re.sub("<[^>]+>", "", body)))


def test_it_is_made_of_the_record_alone_and_runs_nothing(run, html):
    rows = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    assert report_html(as_run(run.facts), rows, {}) == html
    assert not re.findall(r"<script|<link|\bstyle=|\son\w+=|url\(|@import|https?://", html)


def test_the_curve_shows_where_the_filed_thresholds_lie(run, html):
    share, right = run.results["answered_share"], run.results["answered_right"]
    curve = run.facts["risk_coverage"]
    assert len(curve) <= MOST_POINTS
    assert [each[0] for each in curve] == sorted(each[0] for each in curve)
    assert any(abs(x - share) < 0.02 and abs(y - right) < 0.02 for x, y in curve), "the thresholds lie on the curve"
    assert f"按备案阈值回答 {share:.1%} 的问题，答对 {right:.1%}" in words(html)
    assert f"把握 {run.answer_from:.3f} 起回答" in words(html)


def test_every_rank_stands_beside_bm25_on_the_same_bank(run, html):
    for name in ("recall_at_1", "recall_at_10"):
        assert f"BM25 {run.results[f'{name}_bm25']:.1%}" in words(html)
    assert f"{run.counts['test']} 条，库里 {run.counts['replies']} 条答复" in words(html)
    low = run.facts["spread"]["recall_at_1"][0]
    praised = "可以写“排序好于 BM25”" in words(html).replace("写 “", "写“")
    assert praised == (low > run.results["recall_at_1_bm25"])


def test_what_the_thresholds_were_chosen_for_is_held_against_the_test(run, html):
    targets = as_run(run.facts)["targets"]
    assert targets["answered_right"] == {"least": run.facts["recipe"]["target_accuracy"]}
    assert ("“答了的答对达标”：" in words(html)) == (run.results["answered_right"] < targets["answered_right"]["least"])


def test_shares_have_wilsons_interval_and_areas_their_standard_error():
    results = {
        "recall_at_1": 0.5,
        "mrr": 0.9,
        "answered_share": 0.4,
        "answered_right": 1.0,
        "other_domain_not_answered": 1.0,
    }
    found = spread_of(results, {"recall_at_1": 0.05, "mrr": 0.1}, {"test": 100, "refuse_test": 0, "unseen": 0})
    assert found["recall_at_1"] == pytest.approx([0.4038, 0.5962], abs=1e-4)  # Wilson (1927), n = 100
    assert found["answered_right"] == pytest.approx([0.9124, 1.0], abs=1e-4)  # of the 40 that were answered
    assert found["mrr"] == pytest.approx([0.704, 1.0], abs=1e-3)
    assert "other_domain_not_answered" not in found


def test_the_command_names_every_setting_that_is_not_the_usual_one(small, tmp_path):
    usual = {"vectors": "no", "head_steps": 12, "gate_steps": 40, "check_every": 5, "worn_copies": 1}
    run = train_replies(small, tmp_path, seed=4, settings=ReplySettings(**usual))
    command = shlex.split(as_run(run.facts)["command"])
    assert command[:7] == ["openbeian", "train", "replies", "--data", "small.yaml", "--seed", "4"]
    said = [value.removeprefix("training.") for flag, value in pairwise(command) if flag == "--set"]
    assert sorted(said) == sorted(f"{name}={value}" for name, value in usual.items())


def test_a_model_that_answers_nothing_has_no_accuracy(run):
    facts = json.loads(json.dumps(run.facts))
    facts["results"] |= {"answered_share": 0.0, "answered_right": 0.0}
    facts["spread"].pop("answered_right")
    seen = words(report_html(as_run(facts), [], {}))
    assert "按备案阈值，一个问题也不回答" in seen
    assert "答了的答对定了目标却没有测" in seen
    del facts["results"]["answered_share"]
    facts["spread"]["answered_right"] = [0.0, 0.1]
    with pytest.raises(ValueError, match="without coverage"):
        report_html(as_run(facts), [], {})


@pytest.mark.req("F1")
def test_report_and_card_are_evidence_and_an_older_run_without_them_is_too(run, tmp_path):
    now = datetime(2026, 11, 27, tzinfo=UTC)
    assert {"report.html", "card.md"} <= {item.name for item in to_record(run.folder, now=now).subjects}
    older = shutil.copytree(run.folder, tmp_path / "older")
    (older / "report.html").unlink()
    (older / "card.md").unlink()
    assert not {"report.html", "card.md"} & {item.name for item in to_record(older, now=now).subjects}


def test_its_figures_are_not_measured_again(run):
    with pytest.raises(Fault) as fault:
        evaluate(run.folder)
    assert fault.value.code == "run-other"
    assert "report.html" in fault.value.remedy


def test_the_card_carries_the_figures_for_the_hub(run):
    text = (run.folder / "card.md").read_text(encoding="utf-8")
    assert text == model_card(as_run(run.facts))
    card = ModelCard(text)
    assert card.data.pipeline_tag == "question-answering"
    found = {result.metric_type: result for result in card.data.eval_results}
    assert found["recall_at_1"].metric_args["floor"] == run.results["recall_at_1_bm25"]
    assert {"mrr", "gate_auc_domain", "answered_share"} <= found.keys()
    assert "openbeian serve --run RUN" in card.text
