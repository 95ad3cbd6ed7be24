"""Several people act at once on one database; run as a program, because an in-memory test database has one writer only."""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from openbeian.office import running

CASES, THREADS = 6, 3


def main(home: Path) -> None:
    """Let threads accept cases while others object; print what the ledger then holds."""
    running.prepare(home, is_demo=True, now=datetime.now(UTC))
    from django.db import connection

    from openbeian.evidence import verify_log, write_log
    from openbeian.office import recording
    from openbeian.office.ledgering import queries
    from openbeian.office.ledgering.models import LedgerEntry
    from openbeian.office.notices import services as notices
    from openbeian.office.register.models import Registration
    from tests.office.mother import START, a_case, actor

    open_case = a_case("in_notice", slug="open-case")
    short = [a_case("approved", "registration", slug=f"r{index}") for index in range(CASES)]
    before = LedgerEntry.objects.count()

    def number(case) -> None:
        try:
            case.act("approver", "assign_number")
        finally:
            connection.close()

    def object_to(_index: int) -> None:
        try:
            notices.submit_objection(
                open_case.number, part="scope", statement="宽", contact="", actor=actor("public"), now=START
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        done = [*(pool.submit(number, case) for case in short), *(pool.submit(object_to, n) for n in range(CASES))]
    for act in done:
        act.result()
    indexes = list(LedgerEntry.objects.order_by("index").values_list("index", flat=True))
    serials = sorted(int(row.number[-4:]) for row in Registration.objects.all())
    office = actor("clerk").office_id
    checkpoint = recording.sign_head(office, now=START)
    write_log(home / "log", queries.leaves(office, 10**6), checkpoint, recording.ledger_key().public.text())
    words = {
        "added": len(indexes) - before,
        "gapless": indexes == list(range(len(indexes))),
        "serials": serials == list(range(1, CASES + 1)),
        "verified": verify_log(home / "log").ok,
    }
    print(connection.vendor, *(f"{name}={value}" for name, value in words.items()))  # noqa: T201 - the answer of this program


if __name__ == "__main__":
    main(Path(sys.argv[1]))
