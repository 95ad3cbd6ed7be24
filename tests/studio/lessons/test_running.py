"""A lesson leaves its results and pictures in a folder, says what is wrong, and hangs on the command line."""

import json

import pytest
import torch
from typer import Typer
from typer.testing import CliRunner

from openbeian.cli import lesson_command
from openbeian.manifest import Fault
from openbeian.studio.lessons.curves import curves_png, thinned
from openbeian.studio.lessons.model import Played
from openbeian.studio.lessons.running import LESSONS, Measure, lesson, run_lesson

pytestmark = [pytest.mark.studio, pytest.mark.req("M7")]


def test_a_printed_lesson_that_breaks_still_leaves_its_results_and_what_was_drawn(tmp_path, digits):
    told = []
    found = run_lesson(
        "chapter-17",
        tmp_path,
        source=str(digits),
        steps=2,
        only=["printed", "geometry"],
        tell=lambda words, share: told.append((words, share)),
    )
    assert json.loads((tmp_path / "results.json").read_text(encoding="utf-8")) == found
    printed, geometry = found["variants"]
    assert printed["stopped"]
    assert (geometry["stopped"], geometry["steps"]) == (None, 1)  # a single repair takes four tenths
    assert geometry["figures"]["variety"] >= 0
    assert (tmp_path / "printed.png").read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "printed-losses.png").exists()
    assert (tmp_path / "geometry-losses.png").stat().st_size < 20_000
    assert [share for _, share in told] == [0, 0.5]


def test_a_wrong_name_says_which_there_are():
    with pytest.raises(Fault) as caught:
        lesson("chapter-71")
    assert caught.value.code == "lesson-unknown"
    assert "chapter-1" in caught.value.remedy
    with pytest.raises(Fault) as caught:
        run_lesson("chapter-17", None, only=["sigmoid"])
    assert caught.value.code == "lesson-variant"


def test_pictures_all_alike_have_no_variety_and_the_real_ones_all_of_it():
    class Set:
        pixels = torch.randint(256, (50, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
        train = property(lambda self: self)

    data, measure = Set(), Measure()
    one = Played(0, {}, pixels=data.pixels[:1].expand(50, -1, -1, -1))
    assert measure(one, data, 0) == {"variety": 0}
    assert measure(Played(0, {}, pixels=data.pixels), data, 0)["variety"] == pytest.approx(1)
    assert measure(Played(0, {}, pixels=data.pixels[..., :20]), data, 0) == {}


def test_thinned_means_keep_the_mean_and_the_same_curves_are_the_same_bytes():
    values = [float(value) for value in range(1000)]
    assert sum(thinned(values, 100)) / 100 == pytest.approx(sum(values) / 1000)
    assert thinned([1.0, 2.0], 100) == [1.0, 2.0]
    losses = {"discriminator": [1.2, 1.1], "generator": [0.7, 0.8]}
    assert curves_png(losses, 2, 1.0064) == curves_png(losses, 2, 1.0064)


def test_the_command_runs_one_variant_and_says_where_it_is(tmp_path, lines):
    app = Typer()
    lesson_command.register(app)
    app.command("other")(lambda: None)
    called = ["lesson", "chapter-15", "--only", "both", "--steps", "1", "--data", str(lines), "--out", str(tmp_path)]
    done = CliRunner().invoke(app, called)
    assert done.exit_code == 0, done.output
    assert "标签和冻结都改" in done.output
    assert (tmp_path / "results.json").exists()


def test_names_of_variants_are_distinct_and_each_lesson_begins_as_printed():
    for found in LESSONS.values():
        names = [variant.name for variant in found.variants]
        assert names[0] == "printed"
        assert len(set(names)) == len(names)
        assert set(found.floors) <= set(names)
