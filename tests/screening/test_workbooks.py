"""Workbooks that cannot be read."""

from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest

from openbeian.manifest import Fault
from openbeian.screening.workbooks import read_sheets

OPEN = Path("/proc/self/fd")


def test_a_workbook_that_cannot_be_read_is_not_left_open(tmp_path):
    sound, bent = tmp_path / "sound.xlsx", tmp_path / "bent.xlsx"
    openpyxl.Workbook().save(sound)
    with ZipFile(sound) as old, ZipFile(bent, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"<broken" if name == "xl/workbook.xml" else old.read(name))
    before = sum(1 for _ in OPEN.iterdir())
    with pytest.raises(Fault) as caught:
        list(read_sheets(bent))
    assert caught.value.code == "sheet-unreadable"
    assert sum(1 for _ in OPEN.iterdir()) == before
