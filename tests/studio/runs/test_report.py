"""The report of a run: one file, honest words, no figure without what makes it say something."""

from __future__ import annotations

import base64
import copy
import re
import shlex
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.studio.runs import grid_png, model_card, report_html
from tests.studio.runs.sample import collapsed_run, gan_rows, gan_run, memorisation, vae_rows, vae_run

pytestmark = [pytest.mark.studio, pytest.mark.req("M2", "M3", "M4", "M5", "M8")]
PNG = grid_png(np.arange(64, dtype=np.uint8).reshape(1, 8, 8), 1)
PICTURES = {"samples": PNG, "walk": PNG, "neighbours": PNG}


def words(html: str) -> str:
    """Return what a reader sees, in one line."""
    body = re.sub(r"<(style|svg).*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub("[ \n]+", " ", unescape(re.sub("<[^>]+>", "", body)))


class Balance(HTMLParser):
    """Counts tags that are opened and not closed."""

    def __init__(self):
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, _):
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, _):
        """Leave out what closes itself."""

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def html() -> str:
    return report_html(gan_run(), gan_rows(), PICTURES)


def test_the_report_is_one_file_that_runs_nothing_and_fetches_nothing(html):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert not re.findall(r"<script|<link|\bstyle=|\son\w+=|url\(|@import|https?://", html)
    sources = re.findall(r'<img src="([^"]+)"', html)
    assert [base64.b64decode(each.removeprefix("data:image/png;base64,")) for each in sources] == [PNG] * 3
    balance = Balance()
    balance.feed(html)
    assert balance.open == []


def test_it_begins_with_the_verdict_and_says_how_sure_it_is(html):
    said = words(html)
    assert "达到目标" in said
    assert "结论：4 项目标都达到，覆盖率还不能说有 95% 把握" in said
    assert "0.349区间 0.338–0.361；目标 ≤ 0.45真图之间 0.093✓ 达标，有把握" in said
    assert "0.857区间 0.847–0.867；目标 ≥ 0.85真图之间 0.954△ 达标，把握不足" in said


def test_every_figure_stands_with_reference_count_and_judge(html):
    said = words(html)
    assert "FID-c、标签与图一致：10\u202f000 张样本，对 digits 测试图 1\u202f250 张" in said
    assert "召回率、覆盖率：5\u202f000 张样本，对 1\u202f250 张测试图，k\u00a0=\u00a05" in said
    assert "判别网络 5c5c5c5c…5c5c，认类别的准确率 97.24%" in said


def test_the_command_makes_the_same_run_again(html):
    command = unescape(re.search(r'<code class="code">(openbeian train[^<]+)</code>', html)[1])
    assert shlex.split(command) == [
        "openbeian",
        "train",
        "digits-gan",
        "--seed",
        "1",
        "--steps",
        "11240",
        "--out",
        "DIR",
    ]
    assert "逐位相同" in words(html)
    several = gan_run()
    several["environment"] = several["environment"] | {"threads": 2}
    assert "不保证权重逐位相同" in words(report_html(several, [], {}))


def test_the_same_run_gives_the_same_file(html):
    assert report_html(gan_run(), gan_rows(), PICTURES) == html


def without(*path: str) -> dict:
    run = copy.deepcopy(gan_run())
    place = run["results"]
    for name in path[:-1]:
        place = place[name]
    del place[path[-1]]
    return run


@pytest.mark.parametrize(
    "run",
    [
        without("recall"),
        without("reference"),
        without("reference", "sha256"),
        without("samples"),
        without("judge"),
        without("judge", "sha256"),
        gan_run(results={"precision": 0.99, "samples": 1, "reference": {"name": "a", "sha256": "b", "count": 1}}),
        gan_run(results=gan_run()["results"] | {"recall": None}),
        gan_run(results=gan_run()["results"] | {"recall": float("nan")}),
        gan_run(outcome="collapsed", results=without("recall")["results"]),
        gan_run(results=vae_run()["results"] | {"likelihood": {"importance_samples": 0}}),
    ],
)
def test_no_report_and_no_card_has_precision_without_recall_or_a_figure_without_its_basis(run):
    with pytest.raises(ValueError, match="without"):
        report_html(run, [], {})
    with pytest.raises(ValueError, match="without"):
        model_card(run)


SHARES = st.floats(0, 1)


@settings(max_examples=25, deadline=None)
@given(st.tuples(SHARES, SHARES, SHARES).map(sorted), SHARES)
def test_a_target_is_sure_only_when_the_whole_interval_reaches_it(ends, least):
    low, value, high = ends
    run = gan_run(targets={"recall": {"least": least}})
    run["results"] = run["results"] | {"recall": value, "spread": {"recall": [low, high]}}
    said = words(report_html(run, [], {}))
    assert ("达标，有把握" in said) == (low >= least)
    assert ("未达到目标" in said) == (value < least)
    assert ("“召回率达到目标”" in said) == (low >= least)
    assert ("“召回率达标”：" in said) == (value < least)


def test_a_target_that_nobody_measured_is_not_reached():
    said = words(report_html(gan_run(targets={"fid_c": {"most": 1}, "nll": {"most": 90}}), [], {}))
    assert "2 项目标里 1 项没有达到：负对数似然 NLL" in said
    assert "定了目标却没有测" in said


def test_without_targets_nothing_is_called_reached():
    said = words(report_html(gan_run(targets={}), gan_rows(), PICTURES))
    assert "配方里没有定目标" in said
    assert "达标，" not in said.replace("不说达标，", "")
    assert "✓ 达到目标" not in said


def test_samples_that_lie_nearer_than_chance_are_not_called_clean():
    run = copy.deepcopy(gan_run())
    run["results"]["memorised_pixels"] = 0.31
    run["results"]["spread"]["memorised_pixels"] = [0.29, 0.33]
    run["results"]["memorisation"]["pixels"] = memorisation(20.0, "grey levels", near=0.4)
    said = words(report_html(run, [], {}))
    assert "按像素：31.0% 的样本离训练图过近，超过碰巧的 1%" in said
    assert "“没有记住训练图”：按像素，31.0% 的样本离训练图过近，超过碰巧的 1%（区间 29.0–33.0%）" in said
    assert "可以写“按像素" not in said.replace(" ", "")
    assert "可以写“按像素" in words(report_html(gan_run(), [], {})).replace(" ", "")


def test_a_finished_model_below_the_alarm_is_not_called_various():
    narrow = gan_run(results=gan_run()["results"] | {"recall": 0.0, "coverage": 0.024}, targets={})
    assert "召回率 0.000、覆盖率 0.024，低于训练的报警线 0.1" in words(report_html(narrow, [], {}))
    assert "各种样子都画得出" not in words(report_html(gan_run(), [], {}))


def test_a_collapsed_run_says_what_was_seen_and_claims_nothing():
    rows = gan_rows(collapses=True)
    html = report_html(collapsed_run(), rows, {"last": PNG})
    said = words(html)
    assert "已停训：模式坍塌" in said
    assert "为什么停：召回率 0.012、覆盖率 0.020" in said
    assert "停下之前最后画的" in said
    assert "不能写任何质量数字" in said
    assert "没有一个数可以写进备案材料" in said
    assert not re.search("达标，有把握|精确率|FID-c", said)
    assert "不要使用" in model_card(collapsed_run())


def test_a_run_that_met_infinity_names_what_broke():
    run = collapsed_run() | {
        "outcome": "not-finite",
        "words": "第 40 步前，张量 generator.out.weight 出现了 NaN 或无穷大",
    }
    rows = [{"step": 20, "cpu_seconds": 1.0, "rate": 1.0, "generator": float("nan"), "discriminator": float("inf")}]
    said = words(report_html(run, rows, {}))
    assert "generator.out.weight" in said
    assert "nan" not in said.lower().replace("nan 或无穷大", "")


def test_an_autoencoder_is_told_by_its_bounds():
    said = words(report_html(vae_run(), vae_rows(), PICTURES | {"reconstructions": PNG}))
    assert "每张图 −ELBO 91.9 nats，NLL 低 3.8" in said
    assert "每张抽 500 次" in said
    assert "训练末段的 ELBO 是 −91.5 nats，测试图上是 −91.9" in said
    assert "每对左边是测试图" in said
    assert "伯努利似然 + KL，3 层潜变量" in said
    assert "与别处的 NLL 比高低" in said


def test_curves_pass_over_what_is_no_number_and_say_the_end(html):
    assert "训练末段：生成器 0.71，判别器 0.65" in words(html)
    rows = gan_rows()
    for row in rows[::7]:
        row["generator"] = float("nan")
    assert "nan" not in report_html(gan_run(), rows, {})


def test_a_run_without_rows_and_pictures_has_a_report():
    said = words(report_html(gan_run(), [], {}))
    assert "训练末段" not in said
    assert "看图" not in said


HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}'


def test_what_a_user_names_stays_a_text():
    run = copy.deepcopy(gan_run(title=HOSTILE, name=HOSTILE, words=HOSTILE))
    run["data"] = (
        run["data"] | dict.fromkeys(("name", "title", "origin", "licence"), HOSTILE) | {"skipped": [HOSTILE] * 20}
    )
    run["results"]["reference"]["name"] = HOSTILE
    run["environment"] = run["environment"] | {"platform": HOSTILE}
    html = report_html(run, [row | {HOSTILE: 1.0} for row in gan_rows()], {HOSTILE: PNG})
    assert not re.search(r"<script|<img src=x|\bonerror=alert\(1\)>[^&]*<", html)
    assert "20 个文件读不出来" in words(html)
    balance = Balance()
    balance.feed(html)
    assert balance.open == []


def test_what_is_no_picture_is_refused():
    with pytest.raises(ValueError, match="samples"):
        report_html(gan_run(), [], {"samples": b"<svg/>"})


def test_it_reads_the_figures_as_the_evaluation_writes_them():
    import torch

    from openbeian.studio.evaluation.memorisation import Memorisation
    from openbeian.studio.evaluation.neighbours import Neighbourhood
    from openbeian.studio.evaluation.reference import Floor
    from openbeian.studio.evaluation.samples import JudgedAgainst, SampleQuality
    from openbeian.studio.evaluation.spread import share

    half = share(40, 80)
    copies = Memorisation.of(torch.linspace(1, 9, 80), torch.linspace(2, 9, 60), "grey levels")
    quality = SampleQuality(
        **dict.fromkeys(("fid_c", "floor_fid_c", "precision", "recall", "density", "coverage", "right_class"), half),
        class_spread=None,
        pixels=copies,
        features=copies,
        floor=Floor(half, Neighbourhood(0.9, 0.8, 0.7, 0.6), 60),
        reference=JudgedAgainst("bars", "ab" * 32, 60),
        samples=80,
        points=(80, 60),
        neighbours=5,
        judge={"sha256": "cd" * 32, "task": "turn", "accuracy": 0.975},
        seed=4,
    )
    said = words(report_html(gan_run(results=quality.as_results(), targets={}), gan_rows(), PICTURES))
    assert "FID-c，越小越好0.500区间 0.393–0.607真图之间 0.500" in said
    assert "召回率，越大越好0.500区间 0.393–0.607真图之间 0.800" in said
    assert "80 张样本，对 60 张测试图，k\u00a0=\u00a05" in said
    assert "认方向的准确率 97.50%" in said
    assert "按特征：" in said
