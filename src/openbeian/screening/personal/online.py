"""Addresses and accounts of the net: e-mail, IP, MAC, QQ, WeChat."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv6Address
from typing import Final

from openbeian.screening.personal.kinds import Found, PersonalKind
from openbeian.screening.personal.numbers import is_address

LOCAL_PART: Final = 64  # RFC 5321, 4.5.3.1.1
_DOMAIN: Final = re.compile(r"@((?:[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\.){1,4}[a-z]{2,12})(?![a-z0-9-])")
_LOCAL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9._%+-]*[a-z0-9_+-])?\Z")
_NOBODY: Final = re.compile(r"(?:no-?reply|do-?not-?reply)\Z")
_MAC: Final = re.compile(r"([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}(?![0-9a-z]|\1[0-9a-f])")
_HEX_PAIR: Final = re.compile(r"(?<![0-9a-z])(?<![0-9a-f][:-])[0-9a-f]{2}\Z")
_SHORT_IP: Final = re.compile(r"ip(?:v4)?(?:地址)?[:是为 ]{0,3}([0-9]{1,3}(?:\.[0-9]{1,3}){3})(?![0-9a-z]|\.[0-9])")
_IP6: Final = re.compile(
    r"[2f](?:00[12]|4[0-9a-f]{2}|[6a][0-9a-f]{2}|e80|[cd][0-9a-f]{2}):[0-9a-f:]{3,35}(?![0-9a-z:])"
)
_GOES_ON: Final = re.compile(r"(?:[0-9a-z.]|[0-9a-f:]:)\Z")
_QQ: Final = re.compile(r"(?:qq(?!群)|扣扣|加q)(?:号码?|账号)?[:是为, ]{0,3}([1-9][0-9]{4,10})(?![0-9a-z@_-]|\.[0-9])")
_WECHAT_WORD: Final = re.compile(r"微信|wechat|weixin|vx|wx|v信|薇信|威信")
_WECHAT: Final = re.compile(r"(号码?|账号|id)?([:是为, ]{0,3})([a-z][a-z0-9_-]{5,19})(?![a-z0-9_@.-])")
_WXID: Final = re.compile(r"wxid_[a-z0-9]{6,20}(?![a-z0-9_])")
_LATIN: Final = frozenset("abcdefghijklmnopqrstuvwxyz")


def emails(text: str) -> Iterator[Found]:
    """Yield e-mail addresses; those that say that nobody reads them are nobody's."""
    for match in _DOMAIN.finditer(text):
        before = text[max(0, match.start() - LOCAL_PART - 1) : match.start()]
        local = _LOCAL.search(before)
        if local is not None and len(local.group()) <= LOCAL_PART and not _NOBODY.match(local.group()):
            yield Found(match.start() - len(local.group()), match.end(), PersonalKind.EMAIL)


def macs(text: str) -> Iterator[Found]:
    """Yield MAC addresses in pairs (IEEE 802); not those of nobody, all zeros or ones."""
    for match in _MAC.finditer(text):
        first = _HEX_PAIR.search(text[max(0, match.start() - 4) : match.start()])
        pairs = set(re.split(r"[:-]", match.group()[1:]))
        if first is not None and not pairs <= {"00", "ff"}:
            yield Found(match.start() - 2, match.end(), PersonalKind.MAC)


def short_ips(text: str) -> Iterator[Found]:
    """Yield IP addresses, also of few digits, behind the word."""
    for match in _SHORT_IP.finditer(text):
        if not _follows_latin(text, match.start()) and is_address(match.group(1).split(".")):
            yield Found(*match.span(1), PersonalKind.IP)


def long_ips(text: str) -> Iterator[Found]:
    """Yield IP addresses of version 6 (RFC 4291): global, unique local and link-local ones."""
    for match in _IP6.finditer(text):
        before = text[max(0, match.start() - 2) : match.start()]
        if _GOES_ON.search(before) is None and _is_ip6(match.group()):
            yield Found(*match.span(), PersonalKind.IP)


def _is_ip6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def qqs(text: str) -> Iterator[Found]:
    """Yield QQ numbers, which only the word before them tells from other numbers."""
    for match in _QQ.finditer(text):
        if not _follows_latin(text, match.start()):
            yield Found(*match.span(1), PersonalKind.QQ)


def wechats(text: str) -> Iterator[Found]:
    """Yield WeChat accounts; letters alone are one only where a word or mark leads them in."""
    for word in _WECHAT_WORD.finditer(text):
        match = None if _is_within_latin(text, *word.span()) else _WECHAT.match(text, word.end())
        if match is None:
            continue
        is_led_in = bool(match.group(1)) or ":" in match.group(2) or text[word.start() - 1 : word.start()] == "加"
        if is_led_in or any(char in "0123456789_" for char in match.group(3)):
            yield Found(*match.span(3), PersonalKind.WECHAT)
    for match in _WXID.finditer(text):
        if text[match.start() - 1 : match.start()] not in {*_LATIN, *"0123456789_"}:
            yield Found(*match.span(), PersonalKind.WECHAT)


def _follows_latin(text: str, start: int) -> bool:
    return text[start - 1 : start] in _LATIN and text[start] in _LATIN


def _is_within_latin(text: str, start: int, end: int) -> bool:
    return _follows_latin(text, start) or (text[end - 1] in _LATIN and _LEADS_ON.match(text, end) is not None)


_LEADS_ON: Final = re.compile(r"(?!id)[a-z]")
