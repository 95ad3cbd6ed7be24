"""The frame of a report: one file, its style the only thing that the policy lets run, every value escaped."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from jinja2 import UndefinedError

from openbeian.manifest import Fault
from openbeian.reports import render, write

pytestmark = pytest.mark.req("T5")


def page() -> str:
    return render("openbeian.reports", "report.html")


def test_the_style_is_allowed_by_its_hash_and_nothing_else_is():
    html = page()
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    key = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1]
    assert policy == f"default-src 'none'; style-src 'sha256-{key}'; base-uri 'none'; form-action 'none'"
    assert not re.findall(r"<script|<link|<img|\bstyle=|\bon\w+=|url\(|@import", html)


def test_a_name_that_is_missing_is_an_error_not_a_blank():
    with pytest.raises(UndefinedError):
        render("openbeian.assessment", "report_page.html", result={})


def test_a_report_that_cannot_be_written_is_a_fault_and_leaves_what_was_there(tmp_path):
    path = write(tmp_path / "a" / "r.html", page())
    assert path.read_text(encoding="utf-8") == page()
    (tmp_path / "file").write_text("x")
    with pytest.raises(Fault) as fault:
        write(tmp_path / "file" / "r.html", page())
    assert fault.value.code == "report-unwritable"
    assert list(tmp_path.glob("**/*.part")) == []
