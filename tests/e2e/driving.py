"""Driving Debian's Chromium: where it is, how it starts, what it complains of."""

from __future__ import annotations

import os
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def chromium_path() -> str | None:
    """Return the browser: `OPENBEIAN_CHROMIUM`, or Debian's."""
    named = os.environ.get("OPENBEIAN_CHROMIUM", "/usr/bin/chromium")
    return named if Path(named).is_file() else None


def session_cookies(username: str) -> list[dict[str, str]]:
    """Return the cookies of a session of this user, made without the sign-in page."""
    from django.test import Client

    from openbeian.office.accounts.models import User

    client = Client()
    client.force_login(User.objects.get(username=username))
    jar: SimpleCookie = client.cookies
    return [{"name": name, "value": morsel.value} for name, morsel in jar.items()]


def watch(page: Any) -> list[str]:
    """Collect errors of the console, of the page and breaches of the content security policy.

    A refused form answers 422, which the browser writes to the console; that is no error of the page.
    """
    said: list[str] = []
    page.on(
        "console",
        lambda message: said.append(message.text) if message.type == "error" and "422" not in message.text else None,
    )
    page.on("pageerror", lambda error: said.append(str(error)))
    return said
