"""The networks of a recipe for short texts."""

from __future__ import annotations

from openbeian.studio.data.symbols import Alphabet
from openbeian.studio.networks.line_discriminator import LineDiscriminator
from openbeian.studio.networks.sequences import LineGenerator
from openbeian.studio.recipes.lines import TextGan


def line_generator(recipe: TextGan, alphabet: Alphabet) -> LineGenerator:
    """Return the generator of a recipe, with weights from the global random state."""
    wanted = recipe.generator
    return LineGenerator(
        symbols=alphabet.symbols,
        choices=alphabet.choices,
        places=alphabet.places,
        embedding=wanted.embedding,
        width=wanted.width,
        condition=wanted.condition,
    )


def line_discriminator(recipe: TextGan, alphabet: Alphabet) -> LineDiscriminator:
    """Return the discriminator of a recipe, with weights from the global random state."""
    wanted = recipe.discriminator
    return LineDiscriminator(
        symbols=alphabet.symbols,
        choices=alphabet.choices,
        embedding=wanted.embedding,
        spans=wanted.spans,
        filters=wanted.filters,
    )
