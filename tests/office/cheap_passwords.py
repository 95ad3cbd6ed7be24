"""The office's settings with a password hash that costs nothing, for programs that seed an office of random passwords."""

from openbeian.office.settings import *  # noqa: F403 - the settings, all but one

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
