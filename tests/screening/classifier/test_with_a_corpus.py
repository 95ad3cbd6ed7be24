"""The technical sampling of a corpus goes by keywords and by what a classifier flags."""

from datetime import UTC, datetime
from random import Random

import pytest

from openbeian.screening import Library
from openbeian.screening.classifier import fit, labelled
from openbeian.screening.corpus import scan_corpus, to_record
from openbeian.screening.keywords import Keyword

pytestmark = pytest.mark.req("T2a")
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOME, FRUIT = "冰箱洗衣机空调电视烤箱热水器滤网", "苹果香蕉橙子葡萄西瓜草莓樱桃荔枝"


def test_a_corpus_is_sampled_by_keywords_and_classifier_together(tmp_path):
    random = Random(1)
    labels = [("".join(random.choices(HOME, k=9)), "合格") for _ in range(600)]
    labels += [("".join(random.choices(HOME, k=4) + random.choices(FRUIT, k=5)), "A.1.a") for _ in range(400)]
    trained = fit(labelled(labels), "0" * 64, "labels.csv")
    rows = ["冰箱洗衣机空调"] * 95 + ["苹果香蕉葡萄西瓜"] * 3 + ["苹果香蕉葡萄云朵词", "冰箱云朵词空调"]
    (tmp_path / "corpus.txt").write_text("\n".join(rows), encoding="utf-8")
    library = Library([Keyword("云朵词", "A.1", "A.1.a")])
    alone = scan_corpus([tmp_path / "corpus.txt"], library, tmp_path / "a")
    both = scan_corpus([tmp_path / "corpus.txt"], library, tmp_path / "b", classifier=trained)
    assert [qualified(alone), qualified(both)] == [(98, 100), (95, 100)]  # a row seen by both counts once
    assert to_record(both, now=NOW).detail["classifier_sha256"] == trained.digest
    assert "合格 95 行（95.00%），分类模型标出 4 行" in both.summary_text()


def qualified(result):
    (metric,) = [one for one in to_record(result, now=NOW).metrics if one.name == "corpus_technical_sample"]
    return metric.passed, metric.total
