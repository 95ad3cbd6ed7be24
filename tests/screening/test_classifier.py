"""A classifier trained on the user's own labels: honest about what it has not seen, refused when it cannot sort."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.manifest import Fault
from openbeian.screening import Library
from openbeian.screening.classifier import Classifier, area_under_curve, fit, labelled
from openbeian.screening.corpus import scan_corpus, to_record
from openbeian.screening.keywords import Keyword

pytestmark = pytest.mark.req("T2a")
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOME, FRUIT = "冰箱洗衣机空调电视烤箱热水器滤网", "苹果香蕉橙子葡萄西瓜草莓樱桃荔枝"


def texts(clean=600, marked=400, seed=1):
    random = Random(seed)
    rows = [("".join(random.choices(HOME, k=9)), "合格") for _ in range(clean)]
    rows += [("".join(random.choices(HOME, k=4) + random.choices(FRUIT, k=5)), "A.1.a") for _ in range(marked)]
    return labelled(rows)


@pytest.fixture(scope="module")
def trained() -> Classifier:
    return fit(texts(), "0" * 64, "labels.csv")


def test_it_sorts_what_it_has_not_seen_and_says_for_which_risks(trained):
    assert trained.quality.auc > 0.99
    assert trained.quality.held_out > 150
    assert trained.covered == ("A.1.a",)
    assert trained.flags(["苹果香蕉葡萄西瓜", "冰箱洗衣机空调"]) == [True, False]


def test_probabilities_are_calibrated_on_held_out_texts(trained):
    fresh = texts(clean=300, marked=300, seed=9)
    said = trained.probabilities([text.text for text in fresh])
    truth = np.array([bool(text.risk) for text in fresh])
    assert np.mean((said - truth) ** 2) < 0.05  # Brier score


def test_the_same_texts_give_the_same_file_in_any_order(trained, tmp_path):
    again = fit(texts(), "0" * 64, "labels.csv")
    assert again.digest == trained.digest
    trained.save(tmp_path / "a.npz")
    back = Classifier.load(tmp_path / "a.npz")
    assert back.digest == trained.digest
    assert back.quality == trained.quality


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (labelled([("文", "合格")] * 900), "classifier-too-few"),
        (texts(clean=900, marked=0), "classifier-one-sided"),
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


def test_a_corpus_is_sampled_by_keywords_and_classifier_together(trained, tmp_path):
    rows = ["冰箱洗衣机空调"] * 95 + ["苹果香蕉葡萄西瓜"] * 3 + ["苹果香蕉葡萄云朵词", "冰箱云朵词空调"]
    (tmp_path / "corpus.txt").write_text("\n".join(rows), encoding="utf-8")
    library = Library([Keyword("云朵词", "A.1", "A.1.a")])
    alone = scan_corpus([tmp_path / "corpus.txt"], library, tmp_path / "a")
    both = scan_corpus([tmp_path / "corpus.txt"], library, tmp_path / "b", classifier=trained)
    assert [qualified(alone), qualified(both)] == [(98, 100), (95, 100)]  # a row seen by both counts once
    assert to_record(both, now=NOW).detail["classifier_sha256"] == trained.digest
    assert "合格 95 行（95.00%），分类模型标出 4 行" in both.summary_text()
    report = json.loads((tmp_path / "b" / "report.json").read_text(encoding="utf-8"))
    assert (report["files"][0]["rows_flagged"], report["files"][0]["rows_with_keyword"]) == (4, 2)
    assert [hit["row"] for hit in report["files"][0]["hits"] if hit["kind"] == "classifier"] == [96, 97, 98, 99]


def qualified(result):
    (metric,) = [one for one in to_record(result, now=NOW).metrics if one.name == "corpus_technical_sample"]
    return metric.passed, metric.total


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
def test_the_area_under_the_curve_is_the_share_of_pairs_in_order(pairs):
    truth, scores = np.array([t for t, _ in pairs]), np.array([float(s) for _, s in pairs])
    good, bad = scores[truth], scores[~truth]
    if not len(good) or not len(bad):
        return
    wins = sum((g > b) + 0.5 * (g == b) for g in good for b in bad)
    assert area_under_curve(truth, scores) == pytest.approx(wins / (len(good) * len(bad)))
