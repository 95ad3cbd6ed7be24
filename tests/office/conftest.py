"""An office of its own for every test: accounts of all roles, a temporary home, cheap passwords."""

import pytest
from django.test import override_settings
from whitenoise.middleware import WhiteNoiseMiddleware

from openbeian.office import clock
from openbeian.office.seeding import seed_demo
from tests.office.mother import START


@pytest.fixture(scope="session", autouse=True)
def _static_files_read_once():
    """Every test client makes the middleware anew; the static files which that reads are the same each time."""
    read, known = WhiteNoiseMiddleware.add_files_from_finders, {}

    def once(self):
        if not known:
            read(self)
            known.update(self.files)
        self.files.update(known)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(WhiteNoiseMiddleware, "add_files_from_finders", once)
        yield


@pytest.fixture
def office(tmp_path, db, monkeypatch):
    """A seeded demonstration office at `START`; yields its accounts by user name. Its clock moves only when it is moved."""
    monkeypatch.setattr("openbeian.office.clock.now", lambda home, **_: START + clock.offset(home))
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(HOME=tmp_path, KEYS=tmp_path / "keys", DEMO=True, PASSWORD_HASHERS=hashers):
        yield seed_demo(tmp_path, now=START)
