"""A text classifier that users train on their own labelled texts: qualified or not, and for which risks it can speak.

Character n-grams, hashed, with logistic regression (Wang & Manning 2012 name it a strong baseline for short texts), its
scores turned into probabilities on texts held out from training (Platt 1999). It sorts a queue; it decides nothing by
itself, and it says for which risks it has seen no example. No texts and no model are shipped.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final
from zipfile import BadZipFile

import numpy as np

from openbeian.evidence import EvidenceKind, Record, Resource
from openbeian.files import whole_file
from openbeian.manifest import Fault, digest, sha256_file
from openbeian.rules import MetricValue, risk_pack

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCHEMA: Final = "openbeian/classifier/v1"
FEATURES: Final = 2**18
NGRAMS: Final = (1, 3)
HELD_OUT: Final = 5  # one text in five is kept for calibration and for the figures
LEAST_TEXTS: Final = 500
LEAST_PER_RISK: Final = 20
LEAST_AUC: Final = 0.70  # below it the scores do not sort; an engineering bound, not one of the rule
CLEAN: Final = frozenset({"", "0", "合格", "safe", "clean", "ok"})

_UNREADABLE: Final = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    EOFError,
    RuntimeError,
    MemoryError,
    BadZipFile,
    zlib.error,
)  # what zip, numpy and JSON raise over a damaged file


@dataclass(frozen=True)
class Labelled:
    """One labelled text; `risk` is empty for a text without any risk, else the code of one."""

    text: str
    risk: str


@dataclass(frozen=True)
class Quality:
    """What the classifier does on texts it was not trained on, at its threshold."""

    held_out: int
    auc: float
    recall: float
    precision: float
    threshold: float


@dataclass(frozen=True)
class Classifier:
    """A trained classifier. `risks` counts the training texts of each risk."""

    weights: NDArray[np.float32]
    offset: float
    slope: float
    shift: float
    risks: dict[str, int]
    texts: int
    quality: Quality
    training_sha256: str

    name: ClassVar[str] = "分类模型"

    @property
    def covered(self) -> tuple[str, ...]:
        """The risks with enough training texts to speak of."""
        return tuple(sorted(code for code, count in self.risks.items() if count >= LEAST_PER_RISK))

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return, for each text, the calibrated probability that it is not qualified."""
        scores = _features(texts) @ self.weights + self.offset
        return np.asarray(1 / (1 + np.exp(-(self.slope * scores + self.shift))), dtype=np.float64)

    def flags(self, texts: Sequence[str]) -> list[bool]:
        """Tell for each text whether it is held to be not qualified."""
        return [bool(value >= self.quality.threshold) for value in self.probabilities(texts)]

    @cached_property
    def digest(self) -> str:
        """The digest of everything that decides an outcome."""
        return digest({**self._about(), "weights": self.weights.tobytes().hex()})

    def _about(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "offset": repr(self.offset),
            "slope": repr(self.slope),
            "shift": repr(self.shift),
            "risks": self.risks,
            "texts": self.texts,
            "quality": {key: repr(value) for key, value in asdict(self.quality).items()},
            "training_sha256": self.training_sha256,
        }

    def save(self, path: Path) -> None:
        """Write the classifier as arrays and plain JSON; nothing in it is code."""
        about = json.dumps(self._about(), ensure_ascii=False, sort_keys=True)
        with whole_file(path) as file:
            np.savez_compressed(file, weights=self.weights, about=np.frombuffer(about.encode(), dtype=np.uint8))

    @staticmethod
    def load(path: Path) -> Classifier:
        """Read a classifier; raises Fault `classifier-unreadable`."""
        try:
            return _read(path)
        except _UNREADABLE as error:
            raise Fault(
                "classifier-unreadable", "分类模型文件读不懂", "用本程序训练所得的文件", file=str(path)
            ) from error


def _read(path: Path) -> Classifier:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as held:  # numpy leaves its own file open
        weights = held["weights"].astype(np.float32)
        about = json.loads(held["about"].tobytes())
    if about["schema"] != SCHEMA or weights.shape != (FEATURES,):
        raise ValueError(about["schema"])
    return Classifier(
        weights=weights,
        offset=float(about["offset"]),
        slope=float(about["slope"]),
        shift=float(about["shift"]),
        risks=about["risks"],
        texts=about["texts"],
        quality=Quality(**{key: _number(key, value) for key, value in about["quality"].items()}),
        training_sha256=about["training_sha256"],
    )


def _number(key: str, value: str) -> Any:
    return int(value) if key == "held_out" else float(value)


def labelled(rows: Iterable[tuple[str, str]]) -> list[Labelled]:
    """Return pairs of text and risk as labelled texts, each text once; the words for “no risk” become none."""
    texts = (Labelled(text, "" if risk.strip().casefold() in CLEAN else risk.strip()) for text, risk in rows)
    return list(dict.fromkeys(text for text in texts if text.text.strip()))


def fit(texts: Sequence[Labelled], training_sha256: str, file: str) -> Classifier:
    """Train on labelled texts; `file` names where they come from.

    The split follows from each text's digest, so a text never stands on both sides and a later run splits alike.

    Raises:
        Fault: `classifier-too-few`, `classifier-one-sided`, `classifier-weak` when held-out texts are not sorted better
            than the least that makes sense, `missing-extra` without scikit-learn.
    """
    if len(texts) < LEAST_TEXTS:
        raise Fault("classifier-too-few", f"只有 {len(texts)} 条标注，至少要 {LEAST_TEXTS} 条", "补充标注", file=file)
    held = [text for text in texts if _is_held_out(text)]
    learnt = [text for text in texts if not _is_held_out(text)]
    if any(len({bool(text.risk) for text in part}) < 2 for part in (held, learnt)):
        raise Fault("classifier-one-sided", "标注只有一类，学不出区别", "合格与不合格的文本都要有", file=file)
    logistic = _logistic()
    model = logistic(C=4.0, max_iter=200, solver="liblinear")
    model.fit(_features([text.text for text in learnt]), [bool(text.risk) for text in learnt])
    weights, offset = model.coef_[0].astype(np.float32), float(model.intercept_[0])
    truth = np.array([bool(text.risk) for text in held])
    scores = np.asarray(_features([text.text for text in held]) @ weights + offset)
    platt = logistic(C=1e6, solver="lbfgs").fit(scores.reshape(-1, 1), truth)
    slope, shift = float(platt.coef_[0][0]), float(platt.intercept_[0])
    quality = _quality(truth, 1 / (1 + np.exp(-(slope * scores + shift))))
    if quality.auc < LEAST_AUC:
        raise Fault(
            "classifier-weak",
            f"在留出的 {len(held)} 条上 AUC 只有 {quality.auc:.2f}，分不开",
            "检查标注是否一致，或补充标注",
            file=file,
        )
    risks = Counter(text.risk for text in learnt if text.risk)
    return Classifier(weights, offset, slope, shift, dict(sorted(risks.items())), len(texts), quality, training_sha256)


def _is_held_out(text: Labelled) -> bool:
    return int(digest({"text": text.text})[:8], 16) % HELD_OUT == 0


def _quality(truth: NDArray[np.bool_], probability: NDArray[np.float64]) -> Quality:
    """Choose the threshold with the best F1 on the held-out texts, and say what it does there."""
    best = max(np.arange(1, 50) / 50, key=lambda cut: (_f1(truth, probability >= cut), -abs(cut - 0.5)))
    flagged = probability >= best
    hits = int((flagged & truth).sum())
    return Quality(
        held_out=len(truth),
        auc=round(area_under_curve(truth, probability), 6),
        recall=round(hits / int(truth.sum()), 6),
        precision=round(hits / int(flagged.sum()), 6),
        threshold=round(float(best), 2),
    )


def _f1(truth: NDArray[np.bool_], flagged: NDArray[np.bool_]) -> float:
    return 2 * int((flagged & truth).sum()) / max(1, int(flagged.sum()) + int(truth.sum()))


def area_under_curve(truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Return the area under the ROC curve: how often a positive scores above a negative, ties counted half."""
    _, index, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[index]
    positive = int(truth.sum())
    return float((ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * (len(truth) - positive)))


def _features(texts: Sequence[str]) -> Any:
    """Return hashed character n-grams, sparse, float32, each row of length 1."""
    try:
        from sklearn.feature_extraction.text import HashingVectorizer
    except ImportError as error:
        raise _missing() from error
    hashing = HashingVectorizer(
        analyzer="char", ngram_range=NGRAMS, n_features=FEATURES, alternate_sign=False, dtype=np.float32
    )
    return hashing.transform(texts)


def _logistic() -> Any:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise _missing() from error
    return LogisticRegression


def _missing() -> Fault:
    return Fault("missing-extra", "分类模型需要 scikit-learn", "pip install 'openbeian[classify]'")


def to_record(trained: Classifier, file: Path, data: Path, *, now: datetime) -> Record:
    """Return the training as evidence: how well it sorts what it has not seen, and for how many risks it speaks (8.4).

    One that learnt no risk (but 拒答, say) speaks for no clause.
    """
    quality, covered = trained.quality, len(_known(trained.covered))
    is_of_risks = bool(_known(tuple(trained.risks)))  # one that learnt 拒答 says nothing of the risks
    return Record(
        kind=EvidenceKind.TRAINING_RUN,
        title=f"内容分类模型：{trained.texts} 条标注",
        made_at=now,
        tool="openbeian train classifier",
        subjects=(Resource(name=file.name, sha256=sha256_file(file), size=file.stat().st_size),),
        inputs=(Resource(name=data.name, sha256=trained.training_sha256, size=data.stat().st_size),),
        metrics=(
            *([MetricValue("risk_coverage", float(covered), "risks", subject=trained.name)] if is_of_risks else []),
            MetricValue("classifier_auc", quality.auc, "ratio"),
            MetricValue("classifier_recall", quality.recall, "ratio"),
            MetricValue("classifier_precision", quality.precision, "ratio"),
        ),
        clauses=("8.4",) if is_of_risks else (),
        detail={"risks": trained.risks, "quality": asdict(quality), "classifier": trained.digest},
    )


def _known(codes: Sequence[str]) -> list[str]:
    return [code for code in codes if code in risk_pack().codes("all_31")]
