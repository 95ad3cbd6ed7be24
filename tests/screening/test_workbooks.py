"""Workbooks that cannot be read."""

import os
from zipfile import ZipFile

import openpyxl
import pytest

from openbeian.manifest import Fault
from openbeian.screening.workbooks import read_sheets


def test_a_workbook_that_cannot_be_read_is_not_left_open(tmp_path):
    sound, bent = tmp_path / "sound.xlsx", tmp_path / "bent.xlsx"
    openpyxl.Workbook().save(sound)
    with ZipFile(sound) as old, ZipFile(bent, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"<broken" if name == "xl/workbook.xml" else old.read(name))
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(Fault) as caught:
        list(read_sheets(bent))
    assert caught.value.code == "sheet-unreadable"
    assert len(os.listdir("/proc/self/fd")) == before
