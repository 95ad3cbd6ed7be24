"""Brings one case to the register on whatever database the settings name; run as a program by the PostgreSQL test."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from openbeian.office import running


def main(home: Path) -> None:
    """Migrate, seed, walk the whole road, and check that the database itself refuses to alter the past."""
    running.prepare(home, is_demo=True, now=datetime.now(UTC))
    from django.db import DatabaseError, connection
    from django.test import Client

    from tests.office.mother import a_case

    case = a_case("published")
    refused = 0
    for table in ("ledgering_ledgerentry", "filings_round", "filings_actrecord"):
        for sql in (f"UPDATE {table} SET id = id + 1", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            try:
                with connection.cursor() as cursor:
                    cursor.execute(sql)
            except DatabaseError:
                refused += 1
    strange = Client().get("/api/v1/register/a%00b", headers={"Host": "localhost"})
    print(f"{connection.vendor} {case.state} {refused} {strange.status_code}")  # noqa: T201 - the answer of this program


if __name__ == "__main__":
    main(Path(sys.argv[1]))
