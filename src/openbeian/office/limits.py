"""How many open forms one address may send in an hour; counted in the cache, told to the sender."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from openbeian.office.accounts.errors import TooMany

HOUR_S = 3600


def count_public_post(request: HttpRequest) -> None:
    """Count one open form from this address.

    Raises:
        TooMany: when the hour's number is used up.
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    key = f"public-posts/{hashlib.sha256(address.encode()).hexdigest()[:32]}"
    cache.add(key, 0, HOUR_S)
    if cache.incr(key) > settings.PUBLIC_POSTS_PER_HOUR:
        raise TooMany("too-many", f"一小时内最多提交 {settings.PUBLIC_POSTS_PER_HOUR} 次，请稍后再试", "防止滥用")
