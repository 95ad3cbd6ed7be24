"""What a recipe for customer-service replies says. Needs no torch."""

from __future__ import annotations

from typing import Literal

from openbeian.studio.recipes.model import Part, Recipe
from openbeian.studio.replies.settings import ReplySettings


class Pairs(Part):
    """A file of questions and answers; None takes the project's own example."""

    source: str | None = None


class Replies(Recipe):
    """A retriever with a likelihood head and a discriminator as gate, on filed replies (M1). Its length is in `training`, not in `budget`."""

    family: Literal["replies"]
    data: Pairs = Pairs()
    training: ReplySettings = ReplySettings()
