"""Records: the earlier form still reads and keeps its digest, the later fields are signed along, times need a zone."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from pydantic import ValidationError

from openbeian.evidence import EvidenceKind, Record, SigningKey, Store, unseal
from openbeian.evidence.records import check_summary, seal

SAMPLES = Path(__file__).parent / "samples"
EARLIER = "e4511ea914bf1abded7b87b4081a1ab2e4a19178de1988f606c29223e719d921"
KEY = SigningKey("test", bytes(range(32)))
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def record(**more) -> Record:
    return Record(kind=EvidenceKind.PROOF, title="示例", made_at=NOW, tool="test", clauses=("5.1.c.2",), **more)


def test_a_record_signed_before_evidence_could_end_reads_verifies_and_keeps_its_digest(tmp_path):
    content = (SAMPLES / "record-v0.1.json").read_bytes()
    stored = unseal(content, "record-v0.1.json")
    assert stored.digest == EARLIER
    assert (stored.record.valid_until, stored.record.supersedes) == (None, ())
    assert seal(stored.record, KEY).digest == EARLIER
    assert seal(stored.record, KEY).envelope == json.loads(content)
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / f"{EARLIER}.json").write_bytes(content)
    # A store from before there was a list says so, and has one with the next record.
    assert [problem.code for problem in Store(tmp_path).verify({KEY.public})] == ["index-lost"]
    Store(tmp_path).add(record(), KEY)
    assert Store(tmp_path).verify({KEY.public}) == []
    assert not {"valid_until", "supersedes"} & stored.summary().keys()
    assert check_summary(stored.summary(), content, "x").digest == EARLIER


def test_an_end_and_what_a_record_supersedes_are_signed_along_and_seen_by_the_engine(tmp_path):
    made = record(valid_until=NOW + timedelta(days=1), supersedes=(EARLIER,))
    stored = Store(tmp_path).add(made, KEY)
    assert Store(tmp_path).get(stored.digest).record == made
    assert stored.digest != seal(record(), KEY).digest
    (view,) = Store(tmp_path).views()
    assert (view.made_at, view.valid_until, view.supersedes) == (NOW, NOW + timedelta(days=1), (EARLIER,))
    summary = stored.summary()
    assert (summary["valid_until"], summary["supersedes"]) == ("2026-11-25T00:00:00Z", [EARLIER])
    assert check_summary(summary, json.dumps(stored.envelope).encode(), "x").digest == stored.digest


@pytest.mark.parametrize(
    "wrong",
    [
        {"valid_until": datetime(2026, 1, 1)},  # noqa: DTZ001 - a time without a zone is the point
        {"valid_until": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8)))},
        {"supersedes": ("abc",)},
        {"supersedes": ("../../etc/passwd",)},
    ],
)
def test_an_end_without_a_zone_and_a_crooked_digest_are_refused(wrong):
    with pytest.raises(ValidationError):
        record(**wrong)
