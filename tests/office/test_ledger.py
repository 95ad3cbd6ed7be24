"""Acts and their entries stand or fall together, nothing can be altered, and anyone can check it offline."""

import json

import pytest
from django.db import DatabaseError, connection, transaction

from openbeian.evidence import verify_log, verify_receipt, write_log
from openbeian.office import recording
from openbeian.office.accounts.actors import public_at
from openbeian.office.filings.models import ActRecord, Filing
from openbeian.office.ledgering import queries
from openbeian.office.ledgering.models import LedgerEntry
from openbeian.office.notices import services as notices
from openbeian.office.oversight import services as oversight
from openbeian.office.register.models import Registration
from tests.office.mother import START, a_case


@pytest.mark.req("T1d")
@pytest.mark.parametrize("table", ["ledgering_ledgerentry", "filings_round", "filings_actrecord"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id + 1000", "DELETE FROM {}"])
def test_the_database_refuses_to_alter_entries_rounds_and_timeline(office, table, change):
    a_case("provincial_review")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(table))


def test_an_act_whose_entry_fails_leaves_nothing(office, monkeypatch):
    case = a_case("submitted")
    entries, acts = LedgerEntry.objects.count(), ActRecord.objects.count()

    def broken(*_, **__):
        raise OSError("no ledger")

    monkeypatch.setattr("openbeian.office.filings.services.leave_trace", broken)
    with pytest.raises(OSError, match="no ledger"):
        case.act("clerk", "accept")
    assert Filing.objects.get(number=case.number).state == "submitted"
    assert (LedgerEntry.objects.count(), ActRecord.objects.count()) == (entries, acts)


def test_an_entry_whose_act_fails_is_not_written(office, monkeypatch):
    case = a_case("submitted")
    entries = LedgerEntry.objects.count()
    monkeypatch.setattr("openbeian.office.filings.services._timeline", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        case.act("clerk", "accept")
    assert LedgerEntry.objects.count() == entries
    assert case.state == "submitted"


@pytest.mark.req("T1d", "T3a")
def test_export_and_every_receipt_verify_offline(office, tmp_path):
    case = a_case("published")
    office_id = case.actor("clerk").office_id
    checkpoint = recording.sign_head(office_id, now=START)
    key = recording.ledger_key().public.text()
    leaves = list(queries.leaves(office_id, 10**6))
    write_log(tmp_path / "log", leaves, checkpoint, key)
    result = verify_log(tmp_path / "log", key)
    assert result.ok
    assert result.size == len(leaves) == LedgerEntry.objects.count()
    for index in range(len(leaves)):
        assert verify_receipt(queries.receipt(office_id, index, key), key).ok
    assert queries.receipt(office_id, len(leaves), key) is None


@pytest.mark.req("T2a", "T2b")
def test_leaves_hold_no_words_contacts_or_receipt_codes(office):
    case = a_case("in_notice")
    someone = public_at(case.actor("clerk").office_id)
    made = notices.submit_objection(
        case.number, part="scope", statement="这段话里有秘密", contact="13800138000", actor=someone, now=case.now
    )
    assert made.contact
    assert "13800138000" not in made.contact
    notices.verify_objection(made.code, "核对经过", actor=case.actor("reviewer"), now=case.now)
    notices.answer_objection(made.code, "答复内容", is_upheld=False, actor=case.actor("reviewer"), now=case.now)
    case.wait(31)
    case.act("clerk", "close_notice")
    case.act("approver", "assign_number")
    case.act("clerk", "publish")
    number = Registration.objects.get().number
    complaint = oversight.file_complaint(number, text="投诉的话", contact="a@b.cn", actor=someone, now=case.now)
    text = "".join(LedgerEntry.objects.values_list("leaf", flat=True))
    for secret in (
        made.code,
        complaint.code,
        "秘密",
        "13800138000",
        "投诉的话",
        "a@b.cn",
        "王示例",
        "核对经过",
        "答复内容",
    ):
        assert secret not in text
    assert {json.loads(leaf)["kind"] for leaf in LedgerEntry.objects.values_list("leaf", flat=True)} >= {
        "objection_received", "objection_verified", "objection_answered", "complaint_received",
    }  # fmt: skip
