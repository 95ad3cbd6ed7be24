"""An office of its own for every test: accounts of all roles, a temporary home, cheap passwords."""

import pytest
from django.test import override_settings

from openbeian.office import clock
from openbeian.office.seeding import seed_demo
from tests.office.mother import START


@pytest.fixture
def office(tmp_path, db, monkeypatch):
    """A seeded demonstration office at `START`; yields its accounts by user name. Its clock moves only when it is moved."""
    monkeypatch.setattr("openbeian.office.clock.now", lambda home, **_: START + clock.offset(home))
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(HOME=tmp_path, KEYS=tmp_path / "keys", DEMO=True, PASSWORD_HASHERS=hashers):
        yield seed_demo(tmp_path, now=START)
