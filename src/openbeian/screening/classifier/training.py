"""Training: a linear model over n-grams weighted by how much more often they stand in texts of one class.

The weights are the log-count ratios of naive Bayes, over which a logistic regression is laid (Wang & Manning 2012, NBSVM).
Scores become probabilities (Platt 1999), and the threshold is chosen, on scores that each fifth of the training texts gets
from a model of the other four. The held-out texts are looked at once, for the figures.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from openbeian.manifest import Fault
from openbeian.screening.classifier.labels import Labelled
from openbeian.screening.classifier.model import Classifier, Head, linear_scores, probability
from openbeian.screening.classifier.ngrams import PLACES, batches
from openbeian.screening.classifier.quality import best_threshold, measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Truth = NDArray[np.bool_]

LEAST_TEXTS: Final = 500
LEAST_PER_RISK: Final = 20  # training texts
LEAST_HELD_OUT: Final = 5
LEAST_AUC: Final = 0.70  # below it the scores do not sort; an engineering bound, not one of the rule
FOLDS: Final = 5
STRENGTH: Final = 10.0  # C of the regression, chosen on the training texts of a public set of comments
_SMOOTHING: Final = 1.0


def fit(texts: Sequence[Labelled], training_sha256: str, file: str) -> Classifier:
    """Train on labelled texts, as `labelled` returns them; `file` names where they come from.

    Raises:
        Fault: `classifier-too-few`, `classifier-one-sided`, `classifier-weak` when held-out texts are not sorted better
            than the least that makes sense, `missing-extra` without scikit-learn.
    """
    if len(texts) < LEAST_TEXTS:
        raise Fault("classifier-too-few", f"只有 {len(texts)} 条标注，至少要 {LEAST_TEXTS} 条", "补充标注", file=file)
    teacher = _Teacher(texts)
    general = [bool(text.risks) for text in texts]
    if not (teacher.has_enough(general) and teacher.has_enough([not one for one in general])):
        each = f"合格与不合格的文本都要有，训练用的各至少 {LEAST_PER_RISK} 条，留出的各至少 {LEAST_HELD_OUT} 条"
        raise Fault("classifier-one-sided", "标注几乎只有一类，学不出区别", each, file=file)
    weights, head = teacher.teach("", general)
    if head.quality.auc < LEAST_AUC:
        raise Fault(
            "classifier-weak",
            f"在留出的 {head.quality.held_out} 条上 AUC 只有 {head.quality.auc:.2f}，分不开",
            "检查标注是否一致，或补充标注",
            file=file,
        )
    risks = Counter(risk for text in teacher.learnt for risk in text.risks)
    rows, heads, left_out = _by_risk(teacher, texts, sorted(risks))
    return Classifier(
        np.stack([weights, *rows]),
        (head, *heads),
        dict(sorted(risks.items())),
        len(texts),
        training_sha256,
        left_out,
    )


def _by_risk(
    teacher: _Teacher, texts: Sequence[Labelled], risks: Sequence[str]
) -> tuple[list[NDArray[np.float32]], list[Head], dict[str, str]]:
    """Return weights and head of each risk that can be told, and why the others cannot."""
    rows: list[NDArray[np.float32]] = []
    heads: list[Head] = []
    left_out: dict[str, str] = {}
    for risk in risks:
        marks = [risk in text.risks for text in texts]
        if not teacher.has_enough(marks):
            least = f"训练至少 {LEAST_PER_RISK} 条、留出至少 {LEAST_HELD_OUT} 条"
            left_out[risk] = f"只有 {sum(marks)} 条标注（{least}）"
        elif len(risks) > 1:
            weights, head = teacher.teach(risk, marks)
            if head.quality.auc < LEAST_AUC:
                left_out[risk] = f"留出的文本上 AUC 只有 {head.quality.auc:.2f}，分不开"
                continue
            rows.append(weights)
            heads.append(head)
    return rows, heads, left_out


class _Teacher:
    """The texts, once split and once counted, for all the models that are learnt from them."""

    def __init__(self, texts: Sequence[Labelled]) -> None:
        self._is_held = np.array([text.is_held_out for text in texts])
        self.learnt = [text for text, is_held in zip(texts, self._is_held, strict=True) if not is_held]
        self._held = [text for text, is_held in zip(texts, self._is_held, strict=True) if is_held]
        self._counts = _matrix([text.text for text in self.learnt])
        self._fold = np.arange(len(self.learnt)) % FOLDS

    def has_enough(self, marks: Sequence[bool]) -> bool:
        """Tell whether enough texts are marked to learn from and to measure by."""
        marked = np.asarray(marks)
        return (
            int(marked[~self._is_held].sum()) >= LEAST_PER_RISK and int(marked[self._is_held].sum()) >= LEAST_HELD_OUT
        )

    def teach(self, risk: str, marks: Sequence[bool]) -> tuple[NDArray[np.float32], Head]:
        """Return the weights of a model and its head, measured on the held-out texts."""
        marked = np.asarray(marks)
        truth, unseen = marked[~self._is_held], marked[self._is_held]
        scores = self._scores_of_others(truth)
        slope, shift = _calibrated(scores, truth)
        threshold = best_threshold(truth, probability(slope * scores + shift))
        weights, offset = _learn(self._counts, truth)
        shift += slope * offset
        held = linear_scores([text.text for text in self._held], weights[None])[:, 0]
        quality = measure(
            unseen, probability(slope * held + shift), threshold, () if risk else [text.group for text in self._held]
        )
        return weights, Head(risk, slope, shift, quality)

    def _scores_of_others(self, truth: Truth) -> NDArray[np.float64]:
        """Return for each training text the score of a model that has not seen it."""
        scores = np.zeros(len(truth))
        for number in range(FOLDS):
            is_apart = self._fold == number
            weights, offset = _learn(self._counts[~is_apart], truth[~is_apart])
            scores[is_apart] = self._counts[is_apart] @ weights + offset
        return scores


def _learn(counts: Any, truth: Truth) -> tuple[NDArray[np.float32], float]:
    """Return weights and offset of a model; a place that no text has gets no weight."""
    ratios = _log_ratios(counts, truth)
    scaled = counts.copy()
    scaled.data *= ratios[counts.indices]
    model = _logistic()(C=STRENGTH, solver="liblinear", dual=True, max_iter=500, tol=1e-3, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a regression that could still improve a little is good enough
        model.fit(scaled, truth)
    return (ratios * model.coef_[0]).astype(np.float32), float(model.intercept_[0])


def _log_ratios(counts: Any, truth: Truth) -> NDArray[np.float32]:
    """Return how much more often each place stands in marked texts than in others, as a logarithm."""
    seen = np.bincount(counts.indices, minlength=PLACES)
    by_row = np.repeat(truth, np.diff(counts.indptr))
    marked = np.bincount(counts.indices[by_row], minlength=PLACES)
    is_seen = seen > 0
    ours, theirs = marked[is_seen] + _SMOOTHING, (seen - marked)[is_seen] + _SMOOTHING
    ratios = np.zeros(PLACES, np.float32)
    ratios[is_seen] = np.log(ours / ours.sum()) - np.log(theirs / theirs.sum())
    return ratios


def _calibrated(scores: NDArray[np.float64], truth: Truth) -> tuple[float, float]:
    platt = _logistic()(C=1e6, solver="lbfgs").fit(scores.reshape(-1, 1), truth)
    return float(platt.coef_[0][0]), float(platt.intercept_[0])


def _matrix(texts: Sequence[str]) -> Any:
    """Return the places of all texts as sparse rows of length 1."""
    try:
        from scipy.sparse import csr_matrix
    except ImportError as error:
        raise _missing() from error
    found = list(batches(texts))
    sizes = np.concatenate([batch.sizes for batch in found])
    data = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
    places = np.concatenate([batch.place for batch in found]).astype(np.int32)
    return csr_matrix((data, places, np.concatenate([[0], np.cumsum(sizes)])), shape=(len(texts), PLACES))


def _logistic() -> Any:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise _missing() from error
    return LogisticRegression


def _missing() -> Fault:
    return Fault("missing-extra", "训练分类模型需要 scikit-learn", "pip install 'openbeian[classify]'")
