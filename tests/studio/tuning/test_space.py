"""Spaces: what may be written, what a mistake says; the shipped ones fit their recipes."""

from __future__ import annotations

import pytest

from openbeian.manifest import Fault
from openbeian.studio.recipes import as_plain, load_recipe, shipped
from openbeian.studio.tuning import Choice, Span, load_space
from openbeian.studio.tuning.halving import full_share, rungs_of
from openbeian.studio.tuning.metrics import FAMILIES
from openbeian.studio.tuning.space import setting

pytestmark = [pytest.mark.studio, pytest.mark.req("M8")]


@pytest.fixture
def read(tmp_path):
    def call(text, recipe="digits-gan", settings=()):
        path = tmp_path / "space.yaml"
        path.write_text(text, encoding="utf-8")
        return load_space(path, recipe, settings)

    return call


def test_three_ways_to_write_a_range(read):
    found = read(
        "optimiser.generator_rate: {low: 1.0e-4, high: 1.0e-2, log: true}\n"
        "optimiser.batch: [8, 64]\n"
        "objective.real_penalty: [0, 2]\n"
        "generator.channels: {choices: [[64, 32, 16], [32, 16, 8]]}\n"
    )
    assert found == (
        Span("optimiser.generator_rate", 1e-4, 1e-2, is_log=True),
        Span("optimiser.batch", 8, 64, is_whole=True),
        Span("objective.real_penalty", 0.0, 2.0),
        Choice("generator.channels", ([64, 32, 16], [32, 16, 8])),
    )


def test_a_part_that_the_recipe_leaves_out_may_be_searched(read):
    assert read("augmentation.target: [0.4, 0.8]\n") == (Span("augmentation.target", 0.4, 0.8),)


def test_the_shipped_spaces_fit_the_shipped_recipes():
    """The first recipe of each family stands for it."""
    families = {as_plain(load_recipe(name))["family"]: name for name in shipped()}
    for family in FAMILIES.keys() & families.keys():
        assert len(load_space(None, families[family])) >= 5


@pytest.mark.parametrize(
    ("line", "message", "remedy"),
    [
        ("optimiser.generator_rat: [0.1, 0.2]", "没有字段 generator_rat", "是不是 optimiser.generator_rate？"),
        ("generator_rate: [0.1, 0.2]", "没有字段 generator_rate", "是不是 optimiser.generator_rate？"),
        ("optimiser.batch: [0, 64]", "0 超出范围", "应 ≥ 1"),
        ("optimiser.batch: [1.5, 64]", "类型不对", ""),
        ("optimiser.batch: [64, 8]", "64 不小于 8", ""),
        ("optimiser.batch: {low: 8, hihg: 64}", "没有 hihg 这一项", "是不是 high？"),
        ("optimiser.batch: {low: 8}", "low 和 high", ""),
        ("optimiser.batch: [8, 16, 32]", "不是两个数", "choices"),
        ("optimiser.batch: 32", "看不懂范围", ""),
        ("objective.fake_penalty: {low: 0, high: 1, log: true}", "low 要大于 0", ""),
        ("objective.fake_penalty: {low: 1, high: 2, log: 3}", "不是 true 或 false", ""),
        ("objective.game: {choices: [hinge, hing]}", "不认识的取值 hing", "可选"),
        ("objective.game: {choices: [hinge]}", "至少两种", ""),
        ("objective.game: {choices: [hinge, minimax, hinge]}", "写了两次", ""),
        ("objective.game: {choices: [hinge, minimax], low: 1}", "不能和", ""),
        ("generator.is_normalised: [0, 1]", "这个字段不是数", "choices"),
        ("budget.steps: [10, 20]", "互相比较", "--set"),
        ("data.size: [16, 32]", "互相比较", "--set"),
    ],
)
def test_a_mistake_names_line_field_and_remedy(read, line, message, remedy):
    with pytest.raises(Fault) as caught:
        read(f"# a comment\n\n{line}\n")
    assert caught.value.line == 3
    assert caught.value.path.startswith(line.partition(":")[0])
    assert message in caught.value.message
    assert remedy in caught.value.remedy
    assert caught.value.file.endswith("space.yaml")


@pytest.mark.parametrize("text", ["", "- a\n", "a: [1\n", "a: 1\na: 2\n"])
def test_a_file_that_is_no_space(read, text):
    with pytest.raises(Fault) as caught:
        read(text)
    assert caught.value.code == "space-yaml"


def test_files_that_cannot_be_read(tmp_path):
    foreign, large = tmp_path / "gb.yaml", tmp_path / "large.yaml"
    foreign.write_bytes("范围: 1".encode("gb18030"))
    large.write_bytes(b"#" * 200_000)
    for path, code in (
        (tmp_path / "no.yaml", "space-unreadable"),
        (foreign, "space-encoding"),
        (large, "space-too-large"),
    ):
        with pytest.raises(Fault) as caught:
            load_space(path, "digits-gan")
        assert caught.value.code == code


@pytest.mark.parametrize("value", [1e-05, 2.5e-7, 3, 0.1, "hinge", [1, 2], True, None])
def test_a_setting_comes_back_as_it_was(value):
    from openbeian.manifest.outline import outline

    field, _, written = setting("a.b", value).partition("=")
    assert (field, outline(written, "").value) == ("a.b", value)


def test_the_reader_takes_every_setting_that_is_proposed():
    rate = 1.2345678901234567e-05
    assert load_recipe("digits-gan", [setting("optimiser.generator_rate", rate)]).optimiser.generator_rate == rate


@pytest.mark.parametrize(("steps", "rungs"), [(180, (20, 60)), (1000, (100, 300)), (40, (20,)), (20, ()), (60, (20,))])
def test_rungs_are_multiples_of_a_row_before_the_end(steps, rungs):
    assert rungs_of(steps) == rungs


def test_the_cost_of_halving_against_its_simulation():
    """Of random orders: in each a trial goes on when it is in the better third of those before it, or the best of all."""
    import numpy as np

    from openbeian.studio.tuning.halving import FACTOR

    random, costs = np.random.default_rng(0), []
    for _ in range(2000):
        first, second, cost = [], [], 0.0
        for value in random.random(20):
            cost += 1 / 9
            first.append(value)
            if sorted(first).index(value) >= max(1, len(first) // FACTOR):
                continue
            cost += 2 / 9
            second.append(value)
            cost += 6 / 9 if sorted(second).index(value) < max(1, len(second) // FACTOR) else 0
        costs.append(cost)
    assert full_share(20) == pytest.approx(np.mean(costs), rel=0.2)
