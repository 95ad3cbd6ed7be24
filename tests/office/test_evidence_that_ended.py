"""The office finds as the provider does: evidence that ended or was replaced does not count there either."""

from datetime import UTC, datetime, timedelta

import pytest

from openbeian.evidence import EvidenceKind, Record, SigningKey, Store
from openbeian.manifest import load_manifest
from openbeian.office.filings.submissions import EvidenceIn
from openbeian.office.filings.working import view_of
from openbeian.rules import Verdict, clause_pack, find
from tests.office.mother import EXAMPLE

KEY = SigningKey("test", bytes(range(32)))
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
CLAUSE = "7.i.4"


def proof(title: str, **more) -> Record:
    return Record(kind=EvidenceKind.PROOF, title=title, made_at=NOW, tool="test", clauses=(CLAUSE,), **more)


@pytest.mark.req("F2")
def test_what_was_handed_in_is_seen_as_the_provider_sees_it(tmp_path):
    store = Store(tmp_path)
    old = store.add(proof("旧"), KEY)
    ended = proof("新", supersedes=(old.digest,), valid_until=NOW - timedelta(days=1))
    store.add(ended, KEY)
    manifest = load_manifest(EXAMPLE).manifest
    handed_in = [
        EvidenceIn.model_validate(row).model_dump(mode="json")
        for row in store.bundle([one.digest for one in store.list()])
    ]
    theirs = [view_of(row) for row in handed_in]
    for views in (theirs, store.views()):
        found = next(
            row for row in find(clause_pack("gbt-45654-2025"), manifest, views, now=NOW) if row.clause == CLAUSE
        )
        assert found.verdict is Verdict.FAILS
        assert "过期" in found.reason
        assert "取代" in found.reason
