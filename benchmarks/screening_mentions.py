"""Invented sentences with numbered personal information: right ones in many writings, wrong ones that must not be found.

Nothing in them belongs to anybody: numbers are drawn, check digits computed.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

AREAS = ("110101", "310104", "440305", "330106", "510107", "420111", "610113", "320102")
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CODE_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
PLATE_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
GROUPS = {"id_card": (6, 8, 4), "mobile": (3, 4, 4), "bank_card": (4, 4, 4, 4, 3)}
FRAMES = {
    "id_card": ("身份证号{}已登记", "身份证：{}，请核对", "公民身份号码 {} 。"),
    "credit_code": ("统一社会信用代码{}有效", "税号：{}。"),
    "bank_card": ("银行卡{}转账", "卡号：{}。", "收款账户 {} 已开通"),
    "mobile": ("手机{}随时可打", "电话：{}，晚上联系", "tel {} please", "加微信{}"),
    "landline": ("座机{}转接", "电话 {}。"),
    "email": ("邮箱{}收", "请发到{}，谢谢"),
    "plate": ("车牌{}违停", "车牌号：{}。"),
    "passport": ("护照{}已签", "护照号码：{}。"),
}
WRITINGS = ("plain", "plain", "full width", "zero width", "in groups", "lower case", "with +86")
ENOUGH = 0.9
"""Of the characters of a mention, the part that a finding has to cover."""


@dataclass(frozen=True)
class Sentence:
    """A text with the mentions that are in it (kind, start, end) and how they are written."""

    text: str
    mentions: tuple[tuple[str, int, int], ...]
    writing: str = "plain"


def invented(count: int, seed: int = 5) -> list[Sentence]:
    """Return sentences, a quarter of them with a number that is wrong in its check digit or too long."""
    draw = random.Random(seed)
    return [_wrong(draw) if draw.random() < 0.25 else _right(draw) for _ in range(count)]


def from_file(path: Path) -> list[Sentence]:
    """Read sentences: JSON lines with `text` and `entities` (`type`, `start`, `end`)."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Sentence(row["text"], tuple((one["type"].lower(), one["start"], one["end"]) for one in row["entities"]))
        for row in rows
    ]


def _right(draw: random.Random) -> Sentence:
    kind = draw.choice(list(NUMBERS))
    number, writing = NUMBERS[kind](draw), draw.choice(WRITINGS)
    written = _written(draw, kind, number, writing)
    if written == number:
        writing = "plain"
    return _framed(draw, kind, written, writing, is_right=True)


def _wrong(draw: random.Random) -> Sentence:
    kind = draw.choice(("id_card", "credit_code", "bank_card", "mobile"))
    number = NUMBERS[kind](draw)
    if kind == "mobile":
        number += str(draw.randint(10, 99))
    else:
        number = number[:-1] + draw.choice([sign for sign in "0123456789" if sign != number[-1]])
    return _framed(draw, kind, number, "plain", is_right=False)


def _framed(draw: random.Random, kind: str, written: str, writing: str, *, is_right: bool) -> Sentence:
    opening = draw.choice(("", "客户说：", "备注。", "Note: ", "今天下午，"))
    frame = draw.choice(FRAMES[kind])
    start = len(opening) + frame.index("{}")
    mentions = ((kind, start, start + len(written)),) if is_right else ()
    return Sentence(opening + frame.format(written), mentions, writing)


def _written(draw: random.Random, kind: str, number: str, writing: str) -> str:
    if writing == "full width":
        return number.translate(FULL_WIDTH)
    if writing == "zero width":
        place = draw.randint(3, len(number) - 3)
        return f"{number[:place]}\u200b{number[place:]}"
    if writing == "in groups" and kind in GROUPS:
        return " ".join(_grouped(number, GROUPS[kind]))
    if writing == "with +86" and kind == "mobile":
        return f"+86{number}"
    return number.lower() if writing == "lower case" else number


def _grouped(number: str, sizes: Iterable[int]) -> Iterator[str]:
    for size in sizes:
        if number:
            yield number[:size]
        number = number[size:]


# Numbers with right check digits.


def _digits(draw: random.Random, count: int) -> str:
    return "".join(draw.choices("0123456789", k=count))


def _id_card(draw: random.Random) -> str:
    born = f"{draw.randint(1950, 2012)}{draw.randint(1, 12):02}{draw.randint(1, 28):02}"
    number = draw.choice(AREAS) + born + _digits(draw, 3)
    return number + "10X98765432"[sum(int(d) * w for d, w in zip(number, ID_WEIGHTS, strict=True)) % 11]


def _credit_code(draw: random.Random) -> str:
    code = f"91{draw.choice(AREAS)}" + "".join(draw.choices(CODE_SIGNS, k=9))
    return code + CODE_SIGNS[-sum(CODE_SIGNS.index(s) * w for s, w in zip(code, CODE_WEIGHTS, strict=True)) % 31]


def _bank_card(draw: random.Random) -> str:
    number = draw.choice(("622202", "621700", "622848", "625965", "628888"))
    number += _digits(draw, draw.choice((16, 19)) - len(number) - 1)
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(number))]
    return number + str(-sum(sum(divmod(value, 10)) for value in doubled) % 10)


def _mobile(draw: random.Random) -> str:
    return draw.choice(("130", "138", "150", "158", "166", "177", "186", "189", "199")) + _digits(draw, 8)


def _landline(draw: random.Random) -> str:
    return f"{draw.choice(('010', '021', '0755', '0571'))}-{draw.randint(20_000_000, 89_999_999)}"


def _email(draw: random.Random) -> str:
    name = draw.choice(("zhang", "li_wei", "wang.fang", "Chen2008"))
    return f"{name}{draw.randint(1, 99)}@{draw.choice(('example.com', 'mail.example.cn', 'Example.org'))}"


def _plate(draw: random.Random) -> str:
    """Draw an ordinary one: of five places two at most are letters, never I or O (GA 36-2018)."""
    signs = [*draw.choices(PLATE_SIGNS, k=2), *draw.choices("0123456789", k=3)]
    draw.shuffle(signs)
    return draw.choice("京沪粤苏浙鲁川鄂湘闽") + draw.choice("ABCDEFGH") + "".join(signs)


def _passport(draw: random.Random) -> str:
    return f"E{draw.choice('ABCDEFGH')}{_digits(draw, 7)}"


NUMBERS: dict[str, Callable[[random.Random], str]] = {
    "id_card": _id_card,
    "credit_code": _credit_code,
    "bank_card": _bank_card,
    "mobile": _mobile,
    "landline": _landline,
    "email": _email,
    "plate": _plate,
    "passport": _passport,
}


# Judging.


@dataclass
class Judged:
    """How much was found of how much there is, and how much of what was found is right; of each kind, then of each writing."""

    there: Counter[str]
    found: Counter[str]
    said: Counter[str]
    right: Counter[str]

    def recall(self, name: str = "") -> float:
        """Return the share of mentions that was found, of a kind or a writing, or of all."""
        return _share(self.found, self.there, name)

    def precision(self, kind: str = "") -> float:
        """Return the share of findings that is right, of a kind or of all."""
        return _share(self.right, self.said, kind)


def _share(part: Counter[str], whole: Counter[str], name: str) -> float:
    return part[name] / whole[name] if whole[name] else float("nan")


def judge(sentences: Sequence[Sentence], findings: Sequence[Sequence[Sequence]], kinds: Collection[str]) -> Judged:
    """Compare findings (kind, start, end) with what is there; other kinds count neither way. The name "" is for all."""
    judged = Judged(Counter(), Counter(), Counter(), Counter())
    for sentence, found in zip(sentences, findings, strict=True):
        there = [mention for mention in sentence.mentions if mention[0] in kinds]
        said = [tuple(one) for one in found if one[0] in kinds]
        for mention in there:
            names = (mention[0], sentence.writing, "")
            judged.there.update(names)
            judged.found.update(names if any(_covers(one, mention) for one in said) else ())
        for one in said:
            judged.said.update((one[0], ""))
            judged.right.update((one[0], "") if any(_covers(one, mention) for mention in there) else ())
    return judged


def _covers(one: tuple, mention: tuple) -> bool:
    common = min(one[2], mention[2]) - max(one[1], mention[1])
    return one[0] == mention[0] and common >= ENOUGH * (mention[2] - mention[1])
