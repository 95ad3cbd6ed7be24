"""The training of a classifier as evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from openbeian.evidence import EvidenceKind, Record, Resource
from openbeian.manifest import sha256_file
from openbeian.rules import MetricValue, risk_pack
from openbeian.screening.classifier.model import Classifier


def to_record(trained: Classifier, file: Path, data: Path, *, now: datetime, report: Path | None = None) -> Record:
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
        subjects=tuple(_resource(path) for path in (file, report) if path is not None),
        inputs=(Resource(name=data.name, sha256=trained.training_sha256, size=data.stat().st_size),),
        metrics=(
            *([MetricValue("risk_coverage", float(covered), "risks", subject=trained.name)] if is_of_risks else []),
            MetricValue("classifier_auc", quality.auc, "ratio"),
            MetricValue("classifier_macro_f1", quality.macro_f1, "ratio"),
            MetricValue("classifier_recall", quality.recall, "ratio"),
            MetricValue("classifier_precision", quality.precision, "ratio"),
            MetricValue("classifier_calibration_error", quality.ece, "ratio"),
            *(
                MetricValue("classifier_flagged_qualified", group.rate, "ratio", group.flagged, group.qualified, subject=group.name)
                for group in quality.groups
            ),
        ),
        clauses=("8.4",) if is_of_risks else (),
        detail={
            "risks": trained.risks,
            "left_out": trained.left_out,
            "without_model": list(trained.without_model),
            "quality": quality.figures,
            "by_risk": {head.risk: head.quality.figures for head in trained.heads[1:]},
            "classifier": trained.digest,
        },
    )  # fmt: skip


def _resource(path: Path) -> Resource:
    return Resource(name=path.name, sha256=sha256_file(path), size=path.stat().st_size)


def _known(codes: Sequence[str]) -> list[str]:
    return [code for code in codes if code in risk_pack().codes("all_31")]
