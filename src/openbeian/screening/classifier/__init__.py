"""A text classifier that users train on their own labelled texts, for the risks they have examples of.

It gives each text a priority, the calibrated probability that it does not qualify, so that people look at the likely ones
first. It decides nothing by itself, and it says for which of the 31 risks it has no model. No texts and no model are shipped.
"""

from openbeian.screening.classifier.labels import Labelled, labelled
from openbeian.screening.classifier.model import Classifier, Flagged, Head
from openbeian.screening.classifier.quality import Group, Quality, area_under_curve
from openbeian.screening.classifier.record import to_record
from openbeian.screening.classifier.report import training_report
from openbeian.screening.classifier.training import fit

__all__ = [
    "Classifier",
    "Flagged",
    "Group",
    "Head",
    "Labelled",
    "Quality",
    "area_under_curve",
    "fit",
    "labelled",
    "to_record",
    "training_report",
]
