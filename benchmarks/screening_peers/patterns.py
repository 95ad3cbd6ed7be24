r"""The shapes of numbered personal information in China as context-free patterns with checksums, for engines that bring none.

Borders are spelt out: to `\b` a Chinese character is a letter, so that it would miss numbers that touch one.
"""

from __future__ import annotations

import re
from collections.abc import Callable

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CODE_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
PLACES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

PATTERNS = {
    "id_card": r"(?<![0-9])[1-9][0-9]{5}[ -]?(?:19|20)[0-9]{2}[ -]?(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[ -]?[0-9]{3}[0-9Xx](?![0-9A-Za-z])",
    "credit_code": r"(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]{10}(?![0-9A-Za-z])",
    "bank_card": r"(?<![0-9])[3-6][0-9]{3}(?:[ -]?[0-9]{4}){3}(?:[ -]?[0-9]{3})?(?![0-9])",
    "mobile": r"(?<![0-9])(?:\+?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}(?![0-9])",
    "landline": r"(?<![0-9])0(?:10|2[0-9]|[3-9][0-9]{2})[ -]?[2-8][0-9]{6,7}(?![0-9])",
    "email": r"(?<![0-9A-Za-z._%+-])[0-9A-Za-z][0-9A-Za-z._%+-]{0,63}@[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*\.[A-Za-z]{2,12}(?![0-9A-Za-z])",
    "plate": rf"[{PLACES}][A-HJ-Za-hj-z][· ]?(?:[A-HJ-NP-Za-hj-np-z0-9]{{5,6}}|[A-HJ-NP-Za-hj-np-z0-9]{{4}}[挂学警港澳])(?![0-9A-Za-z])",
    "passport": r"(?<![0-9A-Za-z])[EeGg][A-Za-z]?[0-9]{7,8}(?![0-9A-Za-z])",
}
"""In the order in which one outranks another on the same characters."""


def _signs(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z]", "", text).upper()


def is_id_card(text: str) -> bool:
    """Check the digit of GB 11643-1999."""
    signs = _signs(text)
    total = sum(int(digit) * weight for digit, weight in zip(signs, ID_WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == signs[17]


def is_credit_code(text: str) -> bool:
    """Check the sign of GB 32100-2015."""
    signs = _signs(text)
    total = sum(CODE_SIGNS.index(sign) * weight for sign, weight in zip(signs, CODE_WEIGHTS, strict=False))
    return CODE_SIGNS[-total % 31] == signs[17]


def is_bank_card(text: str) -> bool:
    """Check the digit of ISO/IEC 7812-1, annex B."""
    digits = [int(digit) for digit in reversed(_signs(text))]
    doubled = [divmod(2 * digit, 10) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(tens + ones for tens, ones in doubled)) % 10 == 0


CHECKS: dict[str, Callable[[str], bool]] = {
    "id_card": is_id_card,
    "credit_code": is_credit_code,
    "bank_card": is_bank_card,
}
