"""What stands left and right of a number: never across the end of a sentence, never further than the reach of its trigger."""

from __future__ import annotations

import re
from typing import Final

BREAK: Final = "\x1e"  # screening.folding.FIELD_BREAK, and what stands between windows
# No rule looks across these, so that a stream may be cut after them (streaming.HoldBack).
_ENDS: Final = re.compile(f"[。!?;\n{BREAK}]")
HAN: Final = "\u4e00-\u9fff"
NEAR: Final = 16  # characters in which a context word is looked for
# Latin words that may touch a number; after other letters it is a part of a code.
_LABEL: Final = re.compile(
    r"(?<![a-z0-9])(?:tel|phone|mobile|mob|cell|whatsapp|telegram|call|sms|fax|id|idcard|idno|sfz|card|no|sj|dh|lx|wx|vx|qq|v|m|t)\Z"
)
_FOLLOWER: Final = re.compile(r"(?:qq|wx|vx|tel|phone|v)(?![a-z0-9])")
# Numbers that such a word leads are of things, whatever their shape.
_THING: Final = re.compile(
    r"(?:订单|运单|快递单|快递|物流|流水|交易|发票|合同|案件|批次|序列|产品|商品|物料|工单|凭证|票据|单据|条形?码|货|单|会议|房间|isbn|issn|sku|no|sn)"
    r"(?:编)?(?:号码?|编码|代码|id)?[:#.是为 ]{0,3}\Z"
)


def left_of(text: str, start: int, reach: int = NEAR) -> str:
    """Return what stands before a place, within its sentence."""
    return _ENDS.split(text[max(0, start - reach) : start])[-1]


def right_of(text: str, end: int, reach: int = NEAR) -> str:
    """Return what stands after a place, within its sentence."""
    return _ENDS.split(text[end : end + reach], 1)[0]


def is_free(text: str, start: int, end: int) -> bool:
    """Tell whether no letter touches a number, but for a word such as `tel`; nor a star, which masks."""
    before, after = text[start - 1 : start], text[end : end + 1]
    is_free_left = not _is_code(before) or _LABEL.search(left_of(text, start)) is not None
    return is_free_left and (not _is_code(after) or _FOLLOWER.match(text, end) is not None)


def _is_code(char: str) -> bool:
    return bool(char) and (char in "*_" or "a" <= char <= "z" or "0" <= char <= "9")


def is_of_a_thing(text: str, start: int) -> bool:
    """Tell whether the word before a number says that it counts orders, parcels or the like."""
    return _THING.search(left_of(text, start)) is not None


def context_of(text: str, start: int, end: int) -> str:
    """Return the words around a number as one string; the number itself stands as a blank."""
    return f"{left_of(text, start)} {right_of(text, end, 8)}"
