"""Two ways to find all forms in a column of texts, with the same answers: compiled C, or numpy with daachorse where there is none."""

from openbeian.screening.core.alphabet import Found, Pattern
from openbeian.screening.core.choosing import CORE, Core, core_name, make_core

__all__ = ["CORE", "Core", "Found", "Pattern", "core_name", "make_core"]
