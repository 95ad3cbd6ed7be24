"""Preparing an office from the command line: twice is fine, and what is in the way is said in one sentence."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import override_settings

from openbeian.manifest import Fault
from openbeian.office import running
from openbeian.office.accounts.models import ApiToken, User
from openbeian.office.seeding import FILE, PEOPLE, seed_demo
from tests.office.mother import START

ROOT = Path(__file__).resolve().parents[2]
TWICE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from openbeian.manifest import Fault
from openbeian.office import running
try:
    for _ in range(2):
        running.prepare(Path(sys.argv[1]), is_demo=True, now=datetime.now(UTC))
    from openbeian.office.accounts.models import Office, User
    print(Office.objects.count(), User.objects.count(), len(running.tick(now=datetime.now(UTC))))
except Fault as fault:
    print(fault.code)
"""


def program(home: Path, *arguments: str, **environment: str) -> str:
    """Run a program on a home of its own and return what it printed."""
    own = {
        "DJANGO_SETTINGS_MODULE": "tests.office.cheap_passwords",
        "OPENBEIAN_HOME": str(home),
        "PYTHONPATH": str(ROOT),
    }
    variables = {**os.environ, **own, **environment}
    done = subprocess.run(
        [sys.executable, *arguments, str(home)],
        cwd=ROOT, env=variables, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


def test_preparing_twice_makes_one_office_with_one_set_of_people(tmp_path):
    assert program(tmp_path, "-c", TWICE) == f"1 {len(PEOPLE)} 1"
    kept = tmp_path / FILE
    assert kept.stat().st_mode & 0o777 == 0o600
    assert set(json.loads(kept.read_text())) >= {"kefu", "clerk", "reviewer", "approver"}


def test_a_home_that_cannot_be_a_folder_is_a_fault(tmp_path):
    (tmp_path / "file").write_text("")
    assert program(tmp_path / "file" / "home", "-c", TWICE) == "home-unwritable"


def test_a_database_that_does_not_open_is_a_fault(tmp_path):
    (tmp_path / "office" / "db.sqlite3").mkdir(parents=True)
    assert program(tmp_path, "-c", TWICE) == "database-unusable"
    assert (
        program(tmp_path, "-c", TWICE, DATABASE_URL=f"postgres://nobody@/none?host={tmp_path}") == "database-unusable"
    )


@pytest.mark.req("T1d")
def test_acts_of_several_people_at_once_leave_no_gap_in_ledger_or_numbers(tmp_path):
    said = program(tmp_path, "-m", "tests.office.crowd")
    assert said == "sqlite added=12 gapless=True serials=True verified=True"


def test_a_busy_port_is_a_fault():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Fault) as fault:
            running.serve("127.0.0.1", taken.getsockname()[1])
    assert fault.value.code == "port-busy"
    assert fault.value.remedy


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("127.0.0.1", -1), ("192.0.2.1", 8000)])
def test_an_address_that_is_not_ours_is_a_fault(host, port):
    with pytest.raises(Fault):
        running.serve(host, port)


def test_people_made_again_after_the_file_was_lost_have_the_passwords_the_new_file_says(office, tmp_path):
    (tmp_path / FILE).unlink()
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        again = seed_demo(tmp_path, now=START)
        for name, account in again.items():
            assert User.objects.get(username=name).check_password(account.password)
    assert User.objects.count() == len(again)
    assert ApiToken.objects.filter(user__username="kefu").exists()


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("postgres://u@/beian?host=/run/pg", {"NAME": "beian", "USER": "u", "HOST": "/run/pg", "PORT": ""}),
        ("postgres://u@/beian?host=%2Frun%2Fpg", {"HOST": "/run/pg"}),
        ("postgresql://u:p%40ss@db:5433/b", {"NAME": "b", "PASSWORD": "p@ss", "HOST": "db", "PORT": "5433"}),
    ],
)
def test_a_database_address_is_understood(url, wanted):
    from openbeian.office.settings import _database

    assert {key: _database(url)[key] for key in wanted} == wanted


@pytest.mark.parametrize("url", ["mysql://u@h/b", "beian.db", "postgres://u@h:x/b", "postgres://u@h:99999/b"])
def test_a_database_address_that_is_not_understood_is_a_fault(url):
    from openbeian.office.settings import _database

    with pytest.raises(Fault):
        _database(url)
