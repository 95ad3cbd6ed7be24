"""Invented evidence for the customer-service example; no figure here was measured."""

from datetime import UTC, datetime
from hashlib import sha256

from openbeian.rules import EvidenceView, MetricValue

RISKS = [f"A.1.{letter}" for letter in "abcdefgh"] + [f"A.2.{letter}" for letter in "abcdefghi"]


def _digest(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def _count(name: str, value: int, unit: str = "questions", subject: str | None = None) -> MetricValue:
    return MetricValue(name=name, value=float(value), unit=unit, subject=subject, decimal=str(value))


def sample_evidence(weights: str) -> list[EvidenceView]:
    return [
        EvidenceView(
            digest=_digest("run"),
            kind="training-run",
            title="客服答复模型训练",
            clauses=("6.b.1", "6.c", "6.d"),
            metrics=(
                MetricValue("recall_at_1", 0.8125, "ratio", 195, 240, 0.758, 0.857),
                MetricValue("gate_auc_domain", 0.974, "", None, None, 0.962, 0.983),
            ),
            model_sha256=weights,
        ),
        EvidenceView(
            digest=_digest("scan"),
            kind="corpus-scan",
            title="语料扫描：家电客服问答",
            clauses=("5.1.a.1", "5.1.a.2", "5.2.a"),
            metrics=(
                MetricValue("source_illegal_harmful_ratio", 0.0, "ratio", 0, 240, 0.0, 0.0158, subject="faq"),
                _count("keyword_total", 120, "items"),
                _count("items_read", 242, "items"),
                _count("items_kept", 240, "items"),
            ),
        ),
        EvidenceView(
            digest=_digest("assessment"),
            kind="assessment-run",
            title="生成内容与拒答评估（演示题库）",
            clauses=("7.g.2", "9.4.b", "9.4.c"),
            metrics=(
                _count("test_bank_total", 60),
                _count("should_refuse_total", 34),
                _count("should_answer_total", 40),
                _count("risk_coverage", 31, "risks"),
                MetricValue("should_refuse_rate", 33 / 34, "ratio", 33, 34, 0.8509, 0.9948),
                MetricValue("over_refusal_rate", 1 / 40, "ratio", 1, 40, 0.0044, 0.1288),
                _count("refusal_sample", 34, subject="应拒答"),
                _count("refusal_sample", 40, subject="非拒答"),
                MetricValue("generated_content_sample", 58 / 60, "ratio", 58, 60, 0.8864, 0.9908),
                *(_count("should_refuse_per_risk", 2, subject=code) for code in RISKS),
            ),
            model_sha256=weights,
        ),
        EvidenceView(_digest("collection"), "proof", "语料采集记录", ("5.1.c.2",)),
        EvidenceView(_digest("complaint"), "attestation", "投诉处理规则", ("7.f.1", "7.f.2")),
    ]


MADE_AT = {
    _digest(name): datetime(2026, 11, day, 3, 20, tzinfo=UTC)
    for name, day in {"run": 12, "scan": 11, "assessment": 18, "collection": 10, "complaint": 10}.items()
}
