"""The kinds of personal information, their Chinese words, and how sure a mention is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple


class PersonalKind(StrEnum):
    """Kinds of personal information, in the order in which one outranks another on the same span."""

    EMAIL = "email"
    IP = "ip"
    MAC = "mac"
    IMEI = "imei"
    ID_CARD = "id_card"
    CREDIT_CODE = "credit_code"
    BANK_CARD = "bank_card"
    MOBILE = "mobile"
    LANDLINE = "landline"
    PASSPORT = "passport"
    HK_MACAO_PERMIT = "hk_macao_permit"
    PLATE = "plate"
    QQ = "qq"
    WECHAT = "wechat"
    BIRTH_DATE = "birth_date"
    ADDRESS = "address"
    PERSON = "person"

    @property
    def placeholder(self) -> str:
        """What stands in place of it after masking."""
        return f"［{self.word}］"

    @property
    def word(self) -> str:
        """The Chinese word."""
        return TITLES[self]

    @property
    def is_of_organisation(self) -> bool:
        """Whether the number names an organisation, no natural person."""
        return self is PersonalKind.CREDIT_CODE


TITLES: Final = {
    PersonalKind.EMAIL: "邮箱",
    PersonalKind.IP: "IP 地址",
    PersonalKind.MAC: "MAC 地址",
    PersonalKind.IMEI: "手机串号",
    PersonalKind.ID_CARD: "身份证号",
    PersonalKind.CREDIT_CODE: "统一社会信用代码",
    PersonalKind.BANK_CARD: "银行卡号",
    PersonalKind.MOBILE: "手机号",
    PersonalKind.LANDLINE: "固定电话",
    PersonalKind.PASSPORT: "护照号",
    PersonalKind.HK_MACAO_PERMIT: "港澳通行证号",
    PersonalKind.PLATE: "车牌号",
    PersonalKind.QQ: "QQ 号",
    PersonalKind.WECHAT: "微信号",
    PersonalKind.BIRTH_DATE: "出生日期",
    PersonalKind.ADDRESS: "地址",
    PersonalKind.PERSON: "姓名",
}

KINDS: Final = tuple(PersonalKind)
EXACT, DERIVED, REVIEW = "exact", "derived", "review"
TIERS: Final = (EXACT, DERIVED, REVIEW)


@dataclass(frozen=True, slots=True)
class PersonalSpan:
    """One mention, by its span in the original text.

    `tier` is exact, derived (written in Chinese numerals) or review (a name, an address, a number that could be another).
    """

    start: int
    end: int
    kind: PersonalKind
    tier: str = EXACT


class Found(NamedTuple):
    """What a rule found, by its span in the folded text; `capitals`: only if its letters are capitals in the original."""

    start: int
    end: int
    kind: PersonalKind
    tier: str = EXACT
    capitals: bool = False
