"""Recipes: what is trained on what, how, for how long. A recipe is a short YAML file; the shipped ones lie beside this."""

from openbeian.studio.recipes.lines import TextGan
from openbeian.studio.recipes.model import (
    Augmentation,
    Evaluation,
    ImageGan,
    ImageVae,
    Machine,
    Pictures,
    Recipe,
    as_plain,
)
from openbeian.studio.recipes.reading import load_recipe, recipe_of, shipped
from openbeian.studio.recipes.replies import Replies

__all__ = [
    "Augmentation",
    "Evaluation",
    "ImageGan",
    "ImageVae",
    "Machine",
    "Pictures",
    "Recipe",
    "Replies",
    "TextGan",
    "as_plain",
    "load_recipe",
    "recipe_of",
    "shipped",
]
