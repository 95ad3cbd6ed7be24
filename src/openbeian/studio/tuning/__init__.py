"""The search for better settings of a recipe: a space, trials that are ordinary runs, a table, plots. Importing it needs neither torch nor Optuna."""

from openbeian.studio.tuning.attempt import Watching
from openbeian.studio.tuning.metrics import Metric
from openbeian.studio.tuning.search import tune
from openbeian.studio.tuning.space import Choice, Span, load_space
from openbeian.studio.tuning.trials import Trial, Tuned

__all__ = ["Choice", "Metric", "Span", "Trial", "Tuned", "Watching", "load_space", "tune"]
