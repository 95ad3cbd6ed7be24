"""The arithmetic of numbers: check digits, birth dates, area codes, regions."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Final

FIRST_YEAR, LAST_YEAR = 1900, 2099


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text.split())


_REGIONS: Final = _pairs(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83"
)  # first two digits, GB/T 2260 and the residence permits of Hong Kong, Macao and Taiwan
# Area codes in use, without the leading 0 (numbering plan of the Ministry of Industry and Information Technology).
AREA: Final = re.compile(
    r"10|2[0-57-9]|3(?:1\d|35|49|5\d|7\d|9[1-68])|4(?:1[1-9]|2[179]|3\d|5[1-9]|6[4789]|7\d|8[23])"
    r"|5(?:1\d|23|27|3\d|4[36]|5\d|6[1-6]|7\d|80|9\d)|6(?:3[1-5]|6[0238]|9[12])"
    r"|7(?:01|1\d|2[2478]|3\d|4[3-6]|5\d|6[023689]|7\d|9\d)|8(?:1[2-8]|2[5-7]|3\d|5[1-9]|7\d|8[3678]|9[1-8])"
    r"|9(?:0[1-9]|1[1-9]|3\d|4[13]|5[1-5]|7\d|9\d)"
)
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS: Final = "10x98765432"
_CREDIT: Final = "0123456789abcdefghjklmnpqrtuwxy"
_CREDIT_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(17))
_CREDIT_HEADS: Final = _pairs(
    "11 12 13 19 21 29 31 32 33 34 35 39 41 49 51 52 53 54 55 59 61 62 69 71 72 79 81 89 91 92 93 a1 a9 n1 n2 n3 n9 y1"
)  # GB 32100-2015, registering department and kind of organisation
# Issuers: UnionPay; Visa, and cards of 19 digits that a bank gives out under its numbers; Mastercard; JCB; old domestic ones.
CARD: Final = re.compile(
    r"62|4(?:\d{15}|3674\d{14}|21349\d{13}|3406\d{14})$|5[1-5]\d{14}$|2[2-7]\d{14}$|35(?:2[89]|[3-8]\d)\d{12}$|9(?:558|559)|60(?:13|14|3)"
)


def is_birth_date(year: str, month: str, day: str) -> bool:
    """Tell whether it is a day on which a living person can be born."""
    try:
        return FIRST_YEAR <= date(int(year), int(month), int(day)).year <= LAST_YEAR
    except ValueError:
        return False


def is_id_card(number: str) -> bool:
    """Check region, birth date and check digit of a citizen's number of 18 places, `x` in small (GB 11643-1999)."""
    if not is_shaped_as_id(number):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, number, strict=False))
    return _ID_CHECKS[total % 11] == number[17]


def is_shaped_as_id(number: str) -> bool:
    """Tell whether a number of 18 places has a region and a birth date where an identity number has them."""
    return number[:2] in _REGIONS and is_birth_date(number[6:10], number[10:12], number[12:14])


def is_old_id_card(number: str) -> bool:
    """Check the number of 15 places, which has no check digit: a county that was there, and a birth date."""
    is_shaped = number[:2] in _REGIONS and is_birth_date(f"19{number[6:8]}", number[8:10], number[10:12])
    return is_shaped and is_county(number[:6])


@cache
def is_county(code: str) -> bool:
    """Tell whether a county of this code is or was there (GB/T 2260 through the years)."""
    from stdnum import numdb

    return any("county" in about for _, about in numdb.get("cn/loc").info(code))


def is_credit_code(code: str) -> bool:
    """Check head, region and check character of a unified social credit code in small letters (GB 32100-2015)."""
    if code[:2] not in _CREDIT_HEADS or any(char not in _CREDIT for char in code):
        return False
    if code.isdecimal() and is_shaped_as_id(code):  # a wrong identity number passes one check in 31
        return False
    total = sum(weight * _CREDIT.index(char) for weight, char in zip(_CREDIT_WEIGHTS, code, strict=False))
    return _CREDIT[-total % 31] == code[17]


def is_luhn(number: str) -> bool:
    """Check the last digit of a card or a device (ISO/IEC 7812-1, annex B)."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (doubled + sum(map(int, number[::-2]))) % 10 == 0


def is_card(number: str) -> bool:
    """Tell whether it is a bank card of 16 or 19 digits by its issuer and check digit."""
    return len(number) in {16, 19} and CARD.match(number) is not None and len(set(number)) > 2 and is_luhn(number)
