"""One small office for all page tests: made once a module, each test rolled back to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client, override_settings

from openbeian.office.accounts.models import User
from tests.office.pages.world import World, build

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openbeian.office.clock.now", lambda _home, **_: NOW)


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: object
) -> Iterator[World]:
    """An office with services at every point of their lives."""
    home: Path = tmp_path_factory.mktemp("home")
    changed = override_settings(
        HOME=home,
        KEYS=home / "keys",
        DEMO=True,
        PUBLIC_POSTS_PER_HOUR=10_000,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    )
    with changed, django_db_blocker.unblock(), transaction.atomic():
        yield build(home, NOW)
        transaction.set_rollback(True)


@pytest.fixture
def enter(world: World, db: None) -> Callable[[str], Client]:
    """Sign in as a user; an empty name is the public."""

    def opened(name: str = "") -> Client:
        client = Client()
        if name:
            client.force_login(User.objects.get(username=name))
        return client

    return opened
