"""One log line a request, without personal data; domain errors as pages."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from openbeian.manifest import Fault
from openbeian.office.accounts.errors import DomainError, Incomplete

structlog.configure(
    processors=[
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
)
log = structlog.get_logger("openbeian.office")
Next = Callable[[HttpRequest], HttpResponse]


class RequestLog:
    """Writes method, route, status and time of each request, and gives it a number that error pages show."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve and log; the path is the route's pattern, so that no number or code of a person is written."""
        request.number = secrets.token_hex(6)  # type: ignore[attr-defined]
        started = time.monotonic()
        answer = self._next(request)
        match = getattr(request, "resolver_match", None)
        log.info(
            "request",
            number=request.number,  # type: ignore[attr-defined]
            method=request.method,
            route=match.route if match else None,
            status=answer.status_code,
            ms=round((time.monotonic() - started) * 1000, 1),
        )
        answer["X-Request-Number"] = request.number  # type: ignore[attr-defined]
        return answer


class DomainErrors:
    """Turns what acts and questions raise into pages with the right status."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on."""
        return self._next(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the page of a domain error; anything else stays an error."""
        from openbeian.office.pages.errors import domain_error

        if isinstance(error, Fault):
            error = Incomplete(error.code, error.message, error.remedy)
        return domain_error(request, error) if isinstance(error, DomainError) else None
