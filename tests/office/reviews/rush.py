"""Several people mark at once on one database; run as a program, because an in-memory test database has one writer only."""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from openbeian.office import running

ITEMS = 12


def main(home: Path) -> None:
    """Let both first seats mark in two tabs each, with contrary verdicts; print what the database then holds."""
    running.prepare(home, is_demo=True, now=datetime.now(UTC))
    from django.db import connection

    from openbeian.office.accounts.errors import Conflict
    from openbeian.office.ledgering.models import LedgerEntry
    from openbeian.office.reviews import queries, services
    from openbeian.office.reviews.models import ReviewMark
    from tests.office.mother import START, a_case, actor
    from tests.office.reviewing import open_review, sample

    a_case("submitted")
    package = open_review(actor, sample("rush", ITEMS), now=START)

    def tab(name: str, verdict: str) -> int:
        """Mark every item; return how many were refused because another verdict stood there."""
        refused = 0
        try:
            for position in range(1, ITEMS + 1):
                try:
                    services.save_mark(package.code, position, verdict, "", actor=actor(name), now=START)
                except Conflict:
                    refused += 1
        finally:
            connection.close()
        return refused

    tabs = [(name, verdict) for name in ("marker1", "marker2") for verdict in ("拒答", "作答")]
    with ThreadPoolExecutor(len(tabs)) as pool:
        refused = list(pool.map(lambda one: tab(*one), tabs))
    seen = {(mark.seat, mark.item) for mark in ReviewMark.objects.all()}
    third = actor("marker3")
    while (position := queries.next_position(third, package)) is not None:
        services.save_mark(package.code, position, "作答", "", actor=third, now=START)
    words = {
        "marks": len(seen),
        "refused": sum(refused),
        "once": ReviewMark.objects.exclude(seat="third").count() == len(seen),
        "complete": queries.review_of(package).is_complete == (queries.outcome_of(package) is not None),
        "entries": LedgerEntry.objects.filter(kind__startswith="review_").count(),
    }
    print(connection.vendor, *(f"{name}={value}" for name, value in words.items()))  # noqa: T201 - the answer of this program


if __name__ == "__main__":
    main(Path(sys.argv[1]))
