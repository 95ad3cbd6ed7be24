"""RFC 9457 problem details: what a program gets when something is turned down."""

from __future__ import annotations

from typing import Any

from django.db import DataError
from django.http import HttpRequest, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from openbeian.manifest import Fault
from openbeian.office.accounts.errors import DomainError

MEDIA_TYPE = "application/problem+json"


def problem(status: int, code: str, detail: str, **more: Any) -> JsonResponse:
    """Return a problem details answer; members that are empty are left out."""
    body = {
        "type": f"tag:openbeian,2026:problem/{code}",
        "title": code,
        "status": status,
        "code": code,
        "detail": detail,
    }
    body |= {key: value for key, value in more.items() if value}
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE, json_dumps_params={"ensure_ascii": False})


def of_domain_error(error: DomainError) -> JsonResponse:
    """Return the problem details of a domain error."""
    problems = [item.as_json() for item in error.problems]
    return problem(error.status, error.code, error.reason, clause=error.clause, problems=problems)


def install(api: NinjaAPI) -> None:
    """Give the API these answers for every error."""

    @api.exception_handler(DomainError)
    def domain(request: HttpRequest, error: DomainError) -> JsonResponse:
        del request
        return of_domain_error(error)

    @api.exception_handler(Fault)
    def fault(request: HttpRequest, error: Fault) -> JsonResponse:
        del request
        return problem(422, error.code, error.message, remedy=error.remedy, path=error.path)

    @api.exception_handler(DataError)
    def unstorable(request: HttpRequest, error: DataError) -> JsonResponse:
        del request, error  # PostgreSQL's word for a NUL in an address or a text: what it was is not repeated
        return problem(422, "invalid-request", "请求中有不能保存的内容")

    @api.exception_handler(ValidationError)
    def validation(request: HttpRequest, error: ValidationError) -> JsonResponse:
        del request
        problems = [
            {"path": ".".join(str(step) for step in item["loc"]), "message": item["msg"]} for item in error.errors
        ]
        return problem(
            422,
            "invalid-request",
            "请求的内容不合规定",
            problems=problems,
            path=problems[0]["path"] if problems else "",
        )

    @api.exception_handler(AuthenticationError)
    def unauthenticated(request: HttpRequest, error: AuthenticationError) -> JsonResponse:
        del request, error
        answer = problem(401, "no-token", "没有令牌，或令牌已失效", remedy="向备案机构领取令牌")
        answer["WWW-Authenticate"] = "Bearer"
        return answer

    @api.exception_handler(HttpError)
    def http(request: HttpRequest, error: HttpError) -> JsonResponse:
        del request
        return problem(error.status_code, "bad-request", "请求读不懂" if error.status_code == 400 else str(error))
