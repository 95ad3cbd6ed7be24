"""The text classifier on a public set of comments: figures on texts kept from all tuning, on a topic it never saw, and pace.

    python benchmarks/classifier.py --data ../shared/data/coldataset [--report report.html]

The data are the train and dev files of COLDataset (columns topic, label, text). One text in five, by its digest, is kept
for the figures; the settings of the model were chosen on the others. Pace is documents a second of the process's CPU time
over all texts, beside scikit-learn's hashing and regression, in turns. The release's own test file is labelled more finely
than train and dev and is not used here: held-out texts of train and dev flatter.
"""

from __future__ import annotations

import argparse
import csv
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from reporting import machine, met, table

from openbeian.screening.classifier import Classifier, Labelled, fit, labelled, training_report
from openbeian.screening.classifier.quality import Quality, area_under_curve, macro_f1, measure

FILES = ("cold_train_8000.csv", "cold_dev.csv")
RISKS = {"region": "A.2.d", "gender": "A.2.e", "race": "A.2.i"}
STAND_IN = re.compile("歧视|偏见|尊重|平等")
"""Neutral words of who speaks about discrimination: the set marks no comments against bias, so these stand in for them."""
TURNS = 5
F1_TARGET, PACE_TARGET = 0.79, 10_000
DIGEST = "0" * 64  # the figures do not hang on it


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--report", type=Path, help="write the training report here")
    asked = parser.parse_args()
    rows = {name: list(_rows(asked.data / name)) for name in FILES}
    texts = labelled([row for part in rows.values() for row in part])
    trained = fit(texts, DIGEST, str(asked.data))
    print(f"{machine()}\n\n{len(texts)} texts, {trained.quality.held_out} of them held out\n")
    print("\n".join(_figures(trained, texts, rows)), "\n")
    print("\n".join(_unseen_topics(asked.data)), "\n")
    print("\n".join(_groups(trained.quality)), "\n")
    print("\n".join(_pace(trained, texts)))
    print(f"\nwithout a model: {len(trained.without_model)} of 31 risks: {' '.join(trained.without_model)}")
    if asked.report:
        asked.report.write_text(training_report(trained, "COLDataset", now=datetime.now(UTC)), encoding="utf-8")


def _rows(path: Path) -> Iterator[tuple[str, str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            group = "about discrimination (stand-in)" if STAND_IN.search(row["text"]) else "other"
            yield row["text"], RISKS[row["topic"]] if row["label"] == "1" else "", group


def _figures(trained: Classifier, texts: list[Labelled], rows: dict[str, list[tuple[str, str, str]]]) -> list[str]:
    found = [("held out, all", trained.quality)]
    for name, part in rows.items():
        own = {text for text, _, _ in part}
        found.append((f"held out, {name}", _measured(trained, [one for one in texts if one.text in own])))
    found += [(f"own model, {head.risk}", head.quality) for head in trained.heads[1:]]
    lines = [
        (
            name,
            str(quality.held_out),
            f"{quality.macro_f1:.4f}",
            f"{quality.auc:.4f}",
            f"{quality.average_precision:.4f}",
            f"{quality.brier:.4f}",
            f"{quality.ece:.4f}",
        )
        for name, quality in found
    ]
    head = ("texts", "n", "macro-F1", "AUC", "average precision", "Brier", "ECE")
    return [*table(head, lines), "", f"macro-F1 >= {F1_TARGET}: {met(trained.quality.macro_f1 >= F1_TARGET)}"]


def _measured(trained: Classifier, texts: Sequence[Labelled]) -> Quality:
    """Return the figures on the held-out ones of some texts."""
    held = [text for text in texts if text.is_held_out]
    truth = np.array([bool(text.risks) for text in held])
    return measure(truth, trained.probabilities([text.text for text in held]), trained.quality.threshold)


def _unseen_topics(folder: Path) -> list[str]:
    """Return figures on a topic that the training texts do not have: what another source is like, at the least."""
    rows = [row for name in FILES for row in csv.DictReader((folder / name).read_text(encoding="utf-8").splitlines())]
    lines = []
    for topic in RISKS:
        apart = labelled([(row["text"], "x" * int(row["label"])) for row in rows if row["topic"] == topic])
        known = {text.key for text in apart}
        others = labelled([(row["text"], "x" * int(row["label"])) for row in rows if row["topic"] != topic])
        quality = _measured(fit([text for text in others if text.key not in known], DIGEST, "others"), apart)
        lines.append(
            (topic, str(quality.held_out), f"{quality.macro_f1:.4f}", f"{quality.auc:.4f}", f"{quality.ece:.4f}")
        )
    return table(("topic never seen", "n", "macro-F1", "AUC", "ECE"), lines)


def _groups(quality: Quality) -> list[str]:
    lines = [(one.name, str(one.qualified), str(one.flagged), f"{one.rate:.1%}") for one in quality.groups]
    return table(("group", "held-out texts that qualify", "flagged", "share"), lines)


def _pace(trained: Classifier, texts: Sequence[Labelled]) -> list[str]:
    """Return documents a second of both ways, in turns, and how well the other one does."""
    plain = [text.text for text in texts]
    single = replace(trained, weights=trained.weights[:1], heads=trained.heads[:1])
    peer = _peer([text for text in texts if not text.is_held_out])
    ways: dict[str, Callable[[Sequence[str]], object]] = {
        "ours, one model": single.probabilities,
        f"ours, {len(trained.heads)} models": trained.by_risk,
        "scikit-learn, 1-3 grams, 2^18, LR": peer,
    }
    paces: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(TURNS):
        for name, way in ways.items():
            begun = time.process_time()
            way(plain)
            paces[name].append(len(plain) / (time.process_time() - begun))
    held = [text for text in texts if text.is_held_out]
    truth = np.array([bool(text.risks) for text in held])
    said = peer([text.text for text in held])
    ours = statistics.median(paces["ours, one model"])
    other = statistics.median(paces["scikit-learn, 1-3 grams, 2^18, LR"])
    return [
        *table(
            ("way", "documents/s of CPU, median"),
            [(name, f"{statistics.median(each):,.0f}") for name, each in paces.items()],
        ),
        "",
        (
            f"ratio {ours / other:.1f}; >= {PACE_TARGET:,} documents/s: {met(ours >= PACE_TARGET)}; the other way on the held-out"
            f" texts: macro-F1 {macro_f1(truth, said >= 0.5):.4f}, AUC {area_under_curve(truth, said):.4f}"
        ),
    ]


def _peer(texts: Sequence[Labelled]) -> Callable[[Sequence[str]], np.ndarray]:
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.linear_model import LogisticRegression

    hashing = HashingVectorizer(
        analyzer="char", ngram_range=(1, 3), n_features=2**18, alternate_sign=False, dtype=np.float32
    )
    model = LogisticRegression(C=4.0, max_iter=200, solver="liblinear")
    model.fit(hashing.transform([text.text for text in texts]), [bool(text.risks) for text in texts])
    return lambda plain: model.predict_proba(hashing.transform(plain))[:, 1]


if __name__ == "__main__":
    main()
