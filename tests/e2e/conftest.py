"""A real browser on a real office: Debian's Chromium, loopback only. Skipped with the reason when there is no browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.e2e.driving import FLAGS, chromium_path, watch

ROOT = Path(__file__).resolve().parents[2]
AXE = "axe-core@4.14.1"
IS_REQUIRED = os.environ.get("OPENBEIAN_REQUIRE_BROWSER") == "1"


def _missing(reason: str) -> None:
    if IS_REQUIRED:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, started once."""
    path = chromium_path()
    if path is None:
        _missing("no Chromium: install Debian's chromium, or name one in OPENBEIAN_CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A served office with services at every point of their lives."""
    home = tmp_path_factory.mktemp("office")
    known = {key: value for key, value in os.environ.items() if not key.startswith(("OPENBEIAN_", "DATABASE_URL"))}
    log = (home / "server.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.serving", str(home)],
        cwd=ROOT,
        env={
            **known,
            "DJANGO_SETTINGS_MODULE": "tests.office.cheap_passwords",
            "OPENBEIAN_HOME": str(home),
            "OPENBEIAN_DEMO": "1",
            "OPENBEIAN_PUBLIC_POSTS_PER_HOUR": "1000",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    try:
        line = process.stdout.readline()
        assert line, (home / "server.log").read_text(encoding="utf-8")[-3000:]
        yield SimpleNamespace(**json.loads(line), log=home / "server.log")
    finally:
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()
        log.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The text of axe-core, fetched once with npm's own client."""
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "openbeian"
    kept = folder / f"{AXE.replace('@', '-')}.min.js"
    if not kept.exists():
        npm = shutil.which("npm")
        if npm is None:
            _missing("no npm, so no axe-core")
        folder.mkdir(parents=True, exist_ok=True)
        made = subprocess.run(
            [npm, "pack", "--silent", AXE], cwd=folder, capture_output=True, text=True, timeout=120, check=False
        )
        if made.returncode != 0:
            _missing(f"npm could not fetch {AXE}: {made.stderr.strip()[-200:]}")
        archive = folder / made.stdout.strip().splitlines()[-1]
        with tarfile.open(archive) as file:
            kept.write_bytes(file.extractfile("package/axe.min.js").read())
        archive.unlink()
    return kept.read_text(encoding="utf-8")


@pytest.fixture
def open_as(browser: Any, office: SimpleNamespace) -> Iterator[Callable[..., Any]]:
    """Open a page as a user; at the end nothing may have been complained of."""
    contexts, said = [], []

    def opened(user: str = "", *, width: int = 1280, javascript: bool = True, quiet: bool = True) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            locale="zh-CN",
            java_script_enabled=javascript,
            base_url=office.base,
        )
        contexts.append(context)
        page = context.new_page()
        found = watch(page)
        if quiet:
            said.append(found)
        if user:
            page.goto("/accounts/login/")
            page.fill("#id_login", user)
            page.fill("#id_password", office.passwords[user])
            page.click("main button.btn-p")
            assert "/accounts/login" not in page.url
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [line for found in said for line in found] == []
