"""Pages for requests that are turned down: what happened, why, and what one can do."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from openbeian.office.accounts.errors import DomainError, NotFoundOrHidden


def page(request: HttpRequest, status: int, title: str, text: str, *, clause: str = "") -> HttpResponse:
    """Return an error page with its status."""
    return render(
        request, "pages/error.html", {"status": status, "heading": title, "text": text, "clause": clause}, status=status
    )


def domain_error(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return the page for an act or question that was turned down; hidden and missing look the same."""
    if isinstance(error, NotFoundOrHidden):
        return not_found(request)
    titles = {403: _("不能这样办理"), 409: _("现在不能这样办理"), 422: _("还缺内容"), 429: _("提交得太频繁")}
    return page(request, error.status, titles.get(error.status, _("没有办成")), error.reason, clause=error.clause)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the page for a request that cannot be read."""
    del exception
    return page(request, 400, _("请求读不懂"), _("请回到上一页，重新提交。"))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the page for someone at the wrong door."""
    del exception
    return page(request, 403, _("这个工作台不属于您的岗位"), _("请用对应岗位的账号登录，或回到首页。"))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the page for what is missing or hidden."""
    del exception
    return page(request, 404, _("没有这一页"), _("没有这一项，或您无权查看。请核对网址或编号。"))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the page for a form that came without its token."""
    del reason
    return page(
        request,
        403,
        _("表单已失效"),
        _("页面打开太久，或浏览器没有保存本站的 Cookie。请回到上一页刷新后重新提交，填写的内容可以复制下来。"),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the page for a fault of ours; it needs neither database nor session."""
    del request
    return HttpResponse(SERVER_ERROR, status=500)


SERVER_ERROR = """<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>本站出了问题 · 备案通 OpenBeian</title><link rel="stylesheet" href="/static/openbeian/openbeian.css"></head>
<body><main id="main"><div class="wrap narrow"><div class="card"><div class="card-head"><h1>本站出了问题</h1></div>
<div class="card-body"><p>您提交的内容没有写入一半：要么全部写入，要么没有写入。请稍后再试；仍不行，请告诉管理员发生的时间。</p>
<p lang="en">Something went wrong on our side. Nothing was saved by halves. Please try again later.</p>
<p><a class="btn btn-p" href="/">回到首页</a></p></div></div></div></main></body></html>
"""
