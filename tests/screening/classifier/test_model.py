"""A classifier trained on the user's own labels: honest about what it has not seen, refused when it cannot sort."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.manifest import Fault
from openbeian.screening.classifier import Classifier, area_under_curve, fit, labelled, to_record, training_report

pytestmark = pytest.mark.req("T2a")
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
COMMENTS = Path(__file__).resolve().parents[4] / "shared" / "data" / "coldataset" / "cold_train_8000.csv"
HOME, FRUIT, TREES = "冰箱洗衣机空调电视烤箱热水器滤网", "苹果香蕉橙子葡萄西瓜草莓樱桃荔枝", "松柏杨柳榆槐桐枫"


def texts(clean=600, marked=400, seed=1):
    random = Random(seed)
    rows = [("".join(random.choices(HOME, k=9)), "合格") for _ in range(clean)]
    rows += [("".join(random.choices(HOME, k=4) + random.choices(FRUIT, k=5)), "A.1.a") for _ in range(marked)]
    return labelled(rows)


@pytest.fixture(scope="module")
def trained() -> Classifier:
    return fit(texts(), "0" * 64, "labels.csv")


@pytest.fixture(scope="module")
def of_several():
    """Two risks in other words, some texts with both, one with too few examples, one that nothing tells, two groups."""
    random = Random(5)
    draw = lambda *kinds: "".join("".join(random.choices(kind, k=5)) for kind in kinds)  # noqa: E731
    rows = [(draw(HOME, HOME), "合格", "家电") for _ in range(500)]
    rows += [(draw(FRUIT, FRUIT), "合格", "水果") for _ in range(60)]
    rows += [(draw(FRUIT, FRUIT), "A.1.a", "") for _ in range(300)]
    rows += [(draw(TREES, HOME), "A.2.c", "") for _ in range(300)]
    rows += [(draw(TREES, FRUIT), "A.1.a、A.2.c", "") for _ in range(60)]
    rows += [(draw(TREES, TREES), "A.4.b", "") for _ in range(9)]
    rows += [(text, "自定", "") for text, _, _ in rows if random.random() < 0.08]
    return fit(labelled(rows), "0" * 64, "labels.csv")


def test_it_sorts_what_it_has_not_seen_and_says_for_which_risks(trained):
    assert trained.quality.auc > 0.99
    assert trained.quality.macro_f1 > 0.95
    assert trained.quality.held_out > 150
    assert trained.covered == ("A.1.a",)
    assert len(trained.without_model) == 30
    assert trained.flags(["苹果香蕉葡萄西瓜", "冰箱洗衣机空调"]) == [True, False]
    assert trained.by_risk(["苹果香蕉葡萄西瓜"])["A.1.a"][0] > 0.9


def test_what_it_flags_has_a_probability_and_the_likeliest_risk(of_several):
    told = ["冰箱洗衣机空调电视", "苹果香蕉橙子葡萄西", "松柏杨柳榆冰箱洗衣"]
    found = of_several.flagged(told)
    assert found.text.tolist() == [1, 2] == np.flatnonzero(of_several.flags(told)).tolist()
    assert [of_several.covered[risk] for risk in found.risk] == ["A.1.a", "A.2.c"]
    assert found.probability == pytest.approx(of_several.probabilities(told)[1:], rel=1e-6)
    assert of_several.flagged([]).text.tolist() == of_several.flagged(["", " "]).text.tolist() == []


def test_probabilities_are_calibrated_on_held_out_texts(trained):
    fresh = texts(clean=300, marked=300, seed=9)
    said = trained.probabilities([text.text for text in fresh])
    truth = np.array([bool(text.risks) for text in fresh])
    assert np.mean((said - truth) ** 2) < 0.05  # Brier score
    assert trained.quality.brier < 0.05
    assert trained.quality.ece < 0.1


def test_curves_begin_and_end_where_they_must_and_hold_the_threshold(trained):
    quality = trained.quality
    assert (quality.roc[0], quality.roc[-1]) == ((0.0, 0.0), (1.0, 1.0))
    assert quality.precision_recall[-1] == (1.0, pytest.approx(quality.positives / quality.held_out, abs=1e-6))
    for curve in (quality.roc, quality.precision_recall):
        assert list(curve) == sorted(curve, key=lambda point: point[0])
        assert len(curve) <= 62
    assert sum(count for _, _, count in quality.reliability) == quality.held_out


def test_each_risk_has_a_model_of_its_own_and_the_rest_say_why_not(of_several):
    assert of_several.covered == ("A.1.a", "A.2.c")
    assert [head.risk for head in of_several.heads] == ["", "A.1.a", "A.2.c"]
    fruit, trees = (
        of_several.by_risk(["苹果香蕉橙子葡萄西瓜", "松柏杨柳榆冰箱空调电"])[risk] for risk in ("A.1.a", "A.2.c")
    )
    assert fruit[0] > 0.8 > 0.2 > fruit[1]
    assert trees[1] > 0.8 > 0.2 > trees[0]
    assert "只有 9 条标注" in of_several.left_out["A.4.b"]
    assert "分不开" in of_several.left_out["自定"]
    assert "A.4.b" in of_several.without_model


def test_flags_on_texts_that_qualify_are_counted_by_group(of_several):
    groups = {group.name: group for group in of_several.quality.groups}
    assert groups.keys() == {"家电", "水果"}
    assert groups["家电"].rate < 0.1 < groups["水果"].rate


def test_a_text_in_two_rows_has_the_risks_of_both_and_counts_once():
    (one,) = labelled([("云朵ＡＢ", "A.1.a", "甲"), ("云朵ab", "A.2.c|A.1.a"), ("云朵ab", "合格"), (" ", "A.1.a")])
    assert (one.text, one.risks, one.group) == ("云朵ＡＢ", ("A.1.a", "A.2.c"), "甲")


def test_the_same_texts_give_the_same_file_in_any_order(trained, of_several, tmp_path):
    rows = [(text.text, "、".join(text.risks)) for text in texts()]
    Random(3).shuffle(rows)
    assert fit(labelled(rows), "0" * 64, "labels.csv").digest == trained.digest
    for each in (trained, of_several):
        each.save(tmp_path / "a.npz")
        back = Classifier.load(tmp_path / "a.npz")
        assert (back.digest, back.heads, back.left_out) == (each.digest, each.heads, each.left_out)
        assert (back.probabilities(["苹果香蕉"]) == each.probabilities(["苹果香蕉"])).all()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.text(st.characters(codec=None) | st.sampled_from("苹果冰箱Ａ\u200b㍿"), max_size=30), max_size=12),
    st.randoms(),
)
def test_a_text_scores_the_same_in_any_batch(trained, found, random):
    alone = [trained.probabilities([text])[0] for text in found]
    assert list(trained.probabilities(found)) == alone
    assert all(0 <= value <= 1 for value in alone)
    assert list(trained.probabilities([text.replace("Ａ", "a") for text in found])) == alone


def test_a_blank_text_is_nothing_to_look_at(trained):
    assert trained.flags(["", " \u3000\n"]) == [False, False]
    assert list(trained.probabilities([])) == []


def test_batches_of_any_size_score_alike(trained):
    many = [text.text for text in texts(clean=3000, marked=2500)] + ["苹果" * 100_000, ""]
    together = trained.probabilities(many)
    assert list(together[::500]) == [trained.probabilities([text])[0] for text in many[::500]]
    assert together[-2] == pytest.approx(trained.probabilities(["苹果" * 40])[0])  # a place counts once in a text


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (labelled([(f"文{n}", "合格") for n in range(90)]), "classifier-too-few"),
        (texts(clean=900, marked=0), "classifier-one-sided"),
        (texts(clean=900, marked=12), "classifier-one-sided"),
        (labelled([(f"第{n}句", "A.1.a" if Random(n).random() < 0.5 else "") for n in range(900)]), "classifier-weak"),
    ],
)
def test_labels_that_teach_nothing_are_refused(rows, code):
    with pytest.raises(Fault) as fault:
        fit(rows, "0" * 64, "labels.csv")
    assert (fault.value.code, fault.value.file) == (code, "labels.csv")
    assert fault.value.remedy


@given(data=st.binary(max_size=300))
def test_any_bytes_are_a_classifier_or_a_fault(data, tmp_path_factory):
    path: Path = tmp_path_factory.mktemp("c") / "x.npz"
    path.write_bytes(data)
    with pytest.raises(Fault) as fault:
        Classifier.load(path)
    assert fault.value.code == "classifier-unreadable"


@pytest.fixture(scope="module")
def saved(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "x.npz"
    trained.save(path)
    return path.read_bytes()


@settings(max_examples=60, deadline=None)
@given(cut=st.floats(0, 0.999), flip=st.floats(0, 0.999), how=st.sampled_from(["cut", "flip"]))
def test_a_damaged_file_is_a_fault_or_the_same_classifier(trained, saved, tmp_path_factory, cut, flip, how):
    path: Path = tmp_path_factory.mktemp("c") / "x.npz"
    data = bytearray(saved)
    if how == "cut":
        data = data[: int(cut * len(data))]
    else:
        data[int(flip * len(data))] ^= 0xFF
    path.write_bytes(data)
    try:
        back = Classifier.load(path)
    except Fault as fault:
        code = fault.code
    else:
        code = back.digest
    assert code in {"classifier-unreadable", trained.digest}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"schema": "openbeian/classifier/v1"}, "classifier-old"),
        ({"schema": "x"}, "classifier-unreadable"),
        ({"heads": []}, "classifier-unreadable"),
        ({"heads": "x"}, "classifier-unreadable"),
    ],
)
def test_a_file_of_another_make_says_what_to_do(trained, tmp_path, change, code):
    about = json.dumps({**trained.about(), **change}).encode()
    path = tmp_path / "x.npz"
    np.savez_compressed(
        path, places=np.zeros(0, np.uint32), values=np.zeros((1, 0), np.float32), about=np.frombuffer(about, np.uint8)
    )
    with pytest.raises(Fault) as fault:
        Classifier.load(path)
    assert fault.value.code == code


def test_the_report_shows_curves_groups_and_risks_without_a_model(of_several):
    page = training_report(of_several, "labels.csv", now=NOW)
    for words in ("ROC：AUC", "查准与查全", "说的概率准不准", "29 种没有模型", "水果", "只有 9 条标注", "自定分类"):
        assert words in page
    assert page.count('class="chart"') == 4
    assert "<script" not in page
    assert not any(words in page for words in ("src=", "href=", "url(", "@import"))  # nothing from elsewhere


def test_the_evidence_says_what_was_measured_and_what_has_no_model(of_several, tmp_path):
    of_several.save(tmp_path / "m.npz")
    (tmp_path / "labels.csv").write_text("x")
    record = to_record(of_several, tmp_path / "m.npz", tmp_path / "labels.csv", now=NOW)
    metrics = {(metric.name, metric.subject): metric for metric in record.metrics}
    assert metrics["risk_coverage", "分类模型"].value == 2
    assert metrics["classifier_flagged_qualified", "水果"].total > 5
    assert record.detail["by_risk"].keys() == {"A.1.a", "A.2.c"}
    assert len(record.detail["without_model"]) == 29


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
def test_the_area_under_the_curve_is_the_share_of_pairs_in_order(pairs):
    truth, scores = np.array([t for t, _ in pairs]), np.array([float(s) for _, s in pairs])
    good, bad = scores[truth], scores[~truth]
    if not len(good) or not len(bad):
        return
    wins = sum((g > b) + 0.5 * (g == b) for g in good for b in bad)
    assert area_under_curve(truth, scores) == pytest.approx(wins / (len(good) * len(bad)))


@pytest.mark.skipif(not COMMENTS.exists(), reason="the public set of comments is not here")
def test_public_comments_are_sorted_well_and_their_probabilities_hold():
    with COMMENTS.open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], "偏见" if row["label"] == "1" else "") for row in csv.DictReader(file)]
    quality = fit(labelled(rows), "0" * 64, COMMENTS.name).quality
    assert quality.held_out > 1500
    assert quality.macro_f1 > 0.79
    assert quality.auc > 0.87
    assert quality.ece < 0.05
