"""The second pass: words disguised by separators, encodings, fields, sound, shape or parts, apart from what the fold finds."""

from openbeian.screening.disguises.matches import TIERS, VIAS, DisguisedMatches
from openbeian.screening.disguises.second_pass import Disguises

__all__ = ["TIERS", "VIAS", "DisguisedMatches", "Disguises"]
