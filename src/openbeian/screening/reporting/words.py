"""The Chinese words of a scan: tiers, kinds, how disguises are undone, why rows and files are not read."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from openbeian.rules import risk_pack
from openbeian.screening.columns import CLASSIFIER, KEYWORD
from openbeian.screening.disguises import VIAS
from openbeian.screening.personal import mask
from openbeian.screening.personal.kinds import TITLES, PersonalKind

TIER_WORDS: Final = {"exact": "精确", "derived": "派生", "review": "待复核"}
TIER_MEANINGS: Final = {
    "exact": "统一全半角、大小写、繁简、不可见字符后直接命中；号码的校验对",
    "derived": "去掉分隔、解开编码、接起字段后命中，位置对回原文",
    "review": "读音、形近、拆字、姓名、地址或分类模型，可能误报；不计入占比",
}
SUBJECT_WORDS: Final = {KEYWORD: "关键词", "personal": "个人信息", CLASSIFIER: "分类模型"}
BASES: Final = {
    PersonalKind.EMAIL: "格式；不回复的公共地址不计",
    PersonalKind.IP: "格式，回环和广播地址不计",
    PersonalKind.MAC: "格式，全零全一不计",
    PersonalKind.IMEI: "校验位与提示词",
    PersonalKind.ID_CARD: "校验位、地区、出生日期",
    PersonalKind.CREDIT_CODE: "校验位；是单位的，不算个人信息",
    PersonalKind.BANK_CARD: "校验位与卡段",
    PersonalKind.MOBILE: "号段与长度",
    PersonalKind.LANDLINE: "区号与长度",
    PersonalKind.PASSPORT: "格式；没有提示词的待复核",
    PersonalKind.HK_MACAO_PERMIT: "格式与提示词",
    PersonalKind.PLATE: "格式",
    PersonalKind.QQ: "提示词与长度",
    PersonalKind.WECHAT: "提示词与格式",
    PersonalKind.BIRTH_DATE: "提示词",
    PersonalKind.ADDRESS: "路名与门牌，不能确定",
    PersonalKind.PERSON: "姓氏与上下文，不能确定",
}
_VIA_WORDS: Final = {
    "plain": "原样",
    "separators": "去掉分隔符",
    "fields": "接起各字段",
    "percent": "百分号编码",
    "entities": "网页实体",
    "escapes": "转义序列",
    "base64": "Base64",
    "hex": "十六进制",
    "quoted-printable": "邮件编码",
    "punycode": "域名编码",
    "mojibake": "乱码还原",
    "bidi": "反向书写符",
    "markup": "去掉标记",
    "sound": "同音字",
    "pinyin": "拼音",
    "letters": "形近字母",
    "shapes": "形近字",
    "parts": "拆字",
    "reversed": "倒写",
    "vertical": "竖排",
    "numerals": "数字写法",
    "doubled": "叠写",
}
OWN: Final = "词库自己的分类"
NO_CLASS: Final = "没有二级分类"


def via_word(via: str) -> str:
    """Return how a disguise was undone, in Chinese."""
    assert via in VIAS
    return _VIA_WORDS.get(via, via)


def kind_word(kind: str) -> str:
    """Return a kind of mention in Chinese."""
    return SUBJECT_WORDS.get(kind) or TITLES[PersonalKind(kind)]


def risk_words() -> dict[str, str]:
    """Return the names of risks and of their groups, by code."""
    pack = risk_pack()
    return {group.code: group.name_zh for group in pack.groups} | {risk.code: risk.name_zh for risk in pack.risks}


def class_word(name: str) -> str:
    """Return a second class with its name where it is one of the 31 risks."""
    known = risk_words().get(name)
    return f"{name}　{known}" if known else name or NO_CLASS


@lru_cache(maxsize=4_096)  # of many files the same few sentences are said
def safe(text: str) -> str:
    """Return what a reader said of a file, personal information masked: a name of a field may be a text of the corpus."""
    return mask(text)[0]


def size_words(size: int) -> str:
    """Write a number of bytes for people."""
    value, unit = float(size), "字节"
    for larger in ("KB", "MB", "GB", "TB", "PB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.3g} {unit}" if unit != "字节" else f"{size} 字节"
