"""Recipes: every shipped one reads, a user's own is a file, and a mistake names line and nearest word."""

import pytest

from openbeian.manifest import Fault
from openbeian.studio.recipes import as_plain, load_recipe, shipped


@pytest.mark.req("M8")
def test_every_shipped_recipe_reads_and_says_all_its_values():
    assert {"digits-gan", "digits-vae"} <= set(shipped())
    for name in shipped():
        recipe = load_recipe(name)
        assert recipe.name == name
        assert recipe.title
        assert as_plain(recipe)["budget"]


def test_values_are_set_on_the_command_line():
    recipe = load_recipe(
        "digits-gan", ["objective.game=hinge", "generator.channels=[8, 4]", "budget.cpu_minutes=null", "budget.steps=9"]
    )
    assert (recipe.objective.game, recipe.generator.channels) == ("hinge", (8, 4))
    assert (recipe.budget.cpu_minutes, recipe.budget.steps) == (None, 9)


def test_an_own_recipe_is_a_file_beside(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("﻿name: mine\ntitle: 我的\nfamily: image-gan\ndata: {source: 图片, size: 32}\n", encoding="utf-8")
    assert load_recipe(str(path)).data.source == "图片"


OWN = "name: mine\ntitle: 我的\nfamily: image-gan\nobjective:\n  game: hinge\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OWN + "  real_penalt: 3\n", (":6", "real_penalty")),
        (OWN.replace("hinge", "hing"), (":5", "hinge")),
        (OWN + "optimizer: {}\n", (":6", "optimiser")),
        (OWN + "optimiser: {batch: 0}\n", (":6", "≥ 1")),
        (OWN + "optimiser: {batch: many}\n", (":6", "many")),
        (OWN + "budget: {cpu_minutes: null}\n", (":6", "cpu_minutes")),
        (OWN.replace("image-gan", "image-gun"), ("image-gan",)),
        (OWN.replace("title: 我的\n", ""), ("title", "缺少")),
        ("name: [", (":1",)),
        ("- a\n", ("一组字段",)),
        ("a: &x 1\n", (":1",)),
    ],
)
def test_a_mistake_names_file_line_and_nearest_word(tmp_path, text, words):
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Fault) as fault:
        load_recipe(str(path))
    assert all(word in fault.value.text() for word in (*words, "mine.yaml")), fault.value.text()


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("digits-gna", (), ("digits-gan",)),
        ("missing.yaml", (), ("missing.yaml",)),
        ("digits-gan", ("objective.gme=hinge",), ("--set", "game")),
        ("digits-gan", ("objective",), ("objective.game=hinge",)),
        ("digits-gan", ("name.x=1",), ("name",)),
        ("digits-gan", ("data.size=[",), ("data.size",)),
    ],
)
def test_a_mistake_on_the_command_line_is_told(name, settings, words):
    with pytest.raises(Fault) as fault:
        load_recipe(name, settings)
    assert all(word in fault.value.text() for word in words), fault.value.text()


@pytest.mark.parametrize("content", ["中文".encode("gb18030"), b"a" * 200_000])
def test_a_file_that_is_no_recipe_is_refused(tmp_path, content):
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(Fault, match=r"编码|太大"):
        load_recipe(str(path))
