"""Settings of the office, typed and read from the environment; every one has a safe default."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from openbeian.manifest import Fault
from openbeian.protection import secret

MEBIBYTE = 1 << 20


class OfficeSettings(BaseSettings):
    """What an operator may set; see docs/guides/operator.md."""

    model_config = SettingsConfigDict(env_prefix="OPENBEIAN_", extra="ignore")

    home: Path = Path(".openbeian")
    demo: bool = False
    debug: bool = False
    allowed_hosts: str = "127.0.0.1,localhost,[::1],testserver"
    origin: str = "openbeian.example/ledger"
    public_posts_per_hour: int = 60
    secure_cookies: bool = False
    database_url: str = Field("", validation_alias="DATABASE_URL")


CHOSEN = OfficeSettings()
HOME = CHOSEN.home.resolve()
DEMO = CHOSEN.demo
LEDGER_ORIGIN = CHOSEN.origin
PUBLIC_POSTS_PER_HOUR = CHOSEN.public_posts_per_hour
KEYS = HOME / "keys"
MAX_ATTACHMENT_BYTES = 20 * MEBIBYTE
MAX_REQUEST_BYTES = 64 * MEBIBYTE


def _secret_key() -> str:
    """Return the signing secret kept under the home; where the home cannot be written, one for this process only."""
    try:
        return secret(KEYS, "django").hex()
    except Fault:
        return secrets.token_hex(32)


def _database(url: str) -> dict[str, Any]:
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": HOME / "office" / "db.sqlite3",
            "CONN_MAX_AGE": 600,
            # WAL and IMMEDIATE: several writers wait for each other instead of failing (docs/adr/0008).
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;PRAGMA cache_size=-20000;",
            },
        }
    parts, port = urlsplit(url), ""
    try:
        port = str(parts.port or "")
    except ValueError as reason:
        raise Fault("database-url", "DATABASE_URL 的端口不对", "改正后再启动") from reason
    if parts.scheme not in {"postgres", "postgresql"}:
        raise Fault("database-url", "DATABASE_URL 只支持 postgres://", "改正后再启动")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or "") or _socket(parts.query),
        "PORT": port,
        "CONN_MAX_AGE": 600,
    }


def _socket(query: str) -> str:
    """Return the socket folder of a URL such as `postgres://user@/name?host=/folder`."""
    return dict(parse_qsl(query)).get("host", "")


SECRET_KEY = _secret_key()
DEBUG = CHOSEN.debug
ALLOWED_HOSTS = CHOSEN.allowed_hosts.split(",")
DATABASES = {"default": _database(CHOSEN.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
ROOT_URLCONF = "openbeian.office.urls"
WSGI_APPLICATION = "openbeian.office.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "openbeian.office.accounts",
    "openbeian.office.ledgering",
    "openbeian.office.filings",
    "openbeian.office.notices",
    "openbeian.office.reviews",
    "openbeian.office.register",
    "openbeian.office.oversight",
    "openbeian.office.pages",  # before allauth: its templates are ours
    "allauth",
    "allauth.account",
]
MIDDLEWARE = [
    "openbeian.office.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "openbeian.office.middleware.DomainErrors",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "openbeian.office.pages.context.site",
            ]
        },
    }
]

# Sign-in by allauth with its own limits on failed attempts; accounts are made by the office, nobody signs up.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "openbeian.office.accounts.adapter.ClosedAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/work/"
LOGOUT_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [Path(__file__).parent / "pages" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATICFILES_DIRS: list[Path] = []
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": HOME / "office" / "media"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CHOSEN.secure_cookies
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "openbeian.office.pages.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_REQUEST_BYTES
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * MEBIBYTE
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

NINJA_PAGINATION_PER_PAGE = 50
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"openbeian": {"level": "INFO"}},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
