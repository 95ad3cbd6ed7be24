"""What answers when no view does: a page for a person, problem details for a program."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from openbeian.office.api.problems import problem
from openbeian.office.pages import errors

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 413 to what is too large and 400 to what cannot be read."""
    if not request.path.startswith(API):
        return errors.bad_request(request, exception)
    if isinstance(exception, RequestDataTooBig):
        return problem(413, "too-large", "提交的内容过大", remedy="拆分或压缩附件")
    return problem(400, "bad-request", "请求读不懂", remedy="检查请求的格式")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403."""
    if not request.path.startswith(API):
        return errors.forbidden(request, exception)
    return problem(403, "forbidden", "无权这样做")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404."""
    if not request.path.startswith(API):
        return errors.not_found(request, exception)
    return problem(404, "not-found", "没有这个接口", remedy="接口说明在 /api/v1/openapi.json")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500; what went wrong stands in the log under the request's number."""
    if not request.path.startswith(API):
        return errors.server_error(request)
    number = str(getattr(request, "number", ""))
    return problem(
        500, "server-error", "系统出错，没有保存任何内容", remedy="请稍后再试，并告知请求编号", request=number
    )
