"""Two reviewers at once, each in two tabs: one mark a seat and item, the contrary one refused, one outcome."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_who_marks_at_once_gets_one_mark_each_and_the_contrary_is_refused(tmp_path: Path) -> None:
    known = {key: value for key, value in os.environ.items() if not key.startswith(("OPENBEIAN_", "DATABASE_URL"))}
    done = subprocess.run(
        [sys.executable, "-m", "tests.office.reviews.rush", str(tmp_path)],
        cwd=ROOT, env={**known, "OPENBEIAN_HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "tests.office.cheap_passwords"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split() == ["sqlite", "marks=24", "refused=24", "once=True", "complete=True", "entries=2"]
