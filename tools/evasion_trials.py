"""The project's own trials against evasion: neutral words, written in every way a filter is known to be evaded.

Groups: `plain` must be found by the fold alone, `derived` and `review` by the second pass, `limit` is what comparing
words cannot find. The controls beside them (`evasion_controls`) must stay silent. Cases were written before the passes were tuned.
"""

from __future__ import annotations

import base64
import codecs
import quopri
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import quote

from openbeian.screening.folding import FIELD_BREAK

WORDS: Final = (
    "云朵",
    "苹果树",
    "示例词语",
    "明湖好树",
    "未来日子",
    "八百标兵",
    "山水",
    "apple",
    "silver",
    "AI苹果",
    "110",
    "sm",
    "嫦娥",
    "东西南北",
)
ALLOWED: Final = ("苹果树皮", "云朵朵", "pineapple tree", "一片云朵糖")
HAN: Final = ("云朵", "苹果树", "示例词语")
LATIN: Final = ("apple", "silver")
GROUPS: Final = {"plain": "明文", "derived": "可还原", "review": "待人看", "limit": "已知边界"}

Writing = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Case:
    """One text in which `word` is hidden."""

    text: str
    word: str


@dataclass(frozen=True, slots=True)
class Trial:
    """One way to hide a word, with its cases; it is passed when every case is found."""

    group: str
    name: str
    cases: tuple[Case, ...]


def trials() -> list[Trial]:
    """Return all trials, group by group."""
    return [*_plain(), *_derived(), *_review(), *_limits()]


def _trial(group: str, name: str, writing: Writing, words: Iterable[str] = HAN) -> Trial:
    return Trial(group, name, tuple(_sentence(writing(word), word) for word in words))


def _given(group: str, name: str, *pairs: tuple[str, str]) -> Trial:
    return Trial(group, name, tuple(_sentence(text, word) for text, word in pairs))


def _sentence(text: str, word: str) -> Case:
    before, after = ("我们 see ", " here 吗") if word.isascii() else ("我们昨天在路上说到", "的时候很高兴。")
    return Case(f"{before}{text}{after}", word)


def _between(word: str, mark: str) -> str:
    return mark.join(word)


def _shifted(word: str, capital: int, small: int) -> str:
    """Return the Latin letters of a word in another alphabet of Unicode, by its code points for A and a."""
    return "".join(chr((small + ord(c) - 97) if c.islower() else (capital + ord(c) - 65)) for c in word)


def _plain() -> list[Trial]:
    traditional = (("雲朵", "云朵"), ("蘋果樹", "苹果树"), ("示例詞語", "示例词语"))
    marks = {
        "零宽空格": "\u200b",
        "零宽连字与不连字": "\u200d\u200c",
        "词连接符与字节序标记": "\u2060\ufeff",
        "软连字符": "\u00ad",
        "组合删除线": "\u0336",
        "组合圆圈": "\u20dd",
        "异体选择符": "\ufe0f",
        "表意异体选择符": "\U000e0100",
        "标签字符": "\U000e0061",
        "双向控制符": "\u202a",
        "双向隔离符": "\u2068\u2069",
        "谚文填充符": "\u3164",
        "盲文空格": "\u2800",
        "组合连接符与蒙古文分隔符": "\u034f\u180e",
    }
    return [
        _trial("plain", "原样", str, WORDS),
        _trial("plain", "全角字母", partial(_shifted, capital=0xFF21, small=0xFF41), LATIN),
        _trial("plain", "大写", str.upper, (*LATIN, "AI苹果")),
        _trial(
            "plain", "大小写相间", lambda word: "".join(c.upper() if i % 2 else c for i, c in enumerate(word)), LATIN
        ),
        _given("plain", "繁体", *traditional),
        _given("plain", "异体字", ("雲朶", "云朵"), ("苹菓樹", "苹果树")),
        *(_trial("plain", name, partial(_between, mark=mark), (*HAN, "apple")) for name, mark in marks.items()),
        _given("plain", "康熙部首", ("⼭⽔", "山水")),
        _given("plain", "兼容汉字", ("未\uf92d日子", "未来日子")),
        _trial("plain", "带圈字母", partial(_shifted, capital=0x24B6, small=0x24D0), LATIN),
        _trial("plain", "数学粗体字母", partial(_shifted, capital=0x1D400, small=0x1D41A), LATIN),
        _trial("plain", "双线体字母", partial(_shifted, capital=0x1D538, small=0x1D552), LATIN),
        _given("plain", "其他文字的数字", ("١١٠", "110"), ("①①⓪", "110")),
        _trial("plain", "分解的重音", lambda word: unicodedata.normalize("NFD", word.replace("e", "é")), LATIN),
    ]


def _derived() -> list[Trial]:
    marks = {
        "空格": " ",
        "全角空格": "\u3000",
        "制表符": "\t",
        "间隔号": "·",
        "星号": "*",
        "短横": "-",
        "下划线": "_",
        "竖线": "|",
        "句点": ".",
        "斜线": "/",
        "波浪号": "~",
        "表情": "😀",
        "省略号": "…",
        "多种混用": "*-.",
    }
    return [
        *(_trial("derived", f"字间加{name}", partial(_between, mark=mark)) for name, mark in marks.items()),
        _trial("derived", "字母间加空格", partial(_between, mark=" "), LATIN),
        _trial("derived", "字母间加短横", partial(_between, mark="-"), LATIN),
        _trial("derived", "每字加括号", lambda word: "".join(f"【{c}】" for c in word)),
        _trial("derived", "只隔开一处", lambda word: word[:1] + "*" + word[1:]),
        _trial("derived", "长词字字隔逗号", partial(_between, mark="，"), ("苹果树", "示例词语")),
        _trial("derived", "网页标签隔开", lambda word: f"<b>{word[:1]}</b>{word[1:]}"),
        _trial("derived", "拆在两个字段", lambda word: word[:1] + FIELD_BREAK + word[1:]),
        _trial("derived", "一字一条消息", partial(_between, mark=FIELD_BREAK)),
        *_encoded(),
    ]


def _encoded() -> list[Trial]:
    derived = partial(_trial, "derived")
    both = (*HAN, "apple")
    return [
        derived("百分号编码", quote),
        derived("百分号编码（国标码）", lambda word: quote(word, encoding="gb18030")),
        derived("两层百分号编码", lambda word: quote(quote(word))),
        derived("十进制实体", lambda word: "".join(f"&#{ord(c)};" for c in word), both),
        derived("十六进制实体", lambda word: "".join(f"&#x{ord(c):x};" for c in word), both),
        derived("字间加命名实体", partial(_between, mark="&nbsp;")),
        derived("反斜线 u 转义", lambda word: "".join(f"\\u{ord(c):04x}" for c in word), both),
        derived("反斜线 x 转义", lambda word: "".join(f"\\x{b:02x}" for b in word.encode()), both),
        derived("U+ 码位", lambda word: " ".join(f"U+{ord(c):04X}" for c in word)),
        derived("base64", lambda word: base64.b64encode(word.encode()).decode(), both),
        derived("base64（网址式、无填充）", lambda word: base64.urlsafe_b64encode(word.encode()).decode().rstrip("=")),
        derived("base64 套 base64", lambda word: base64.b64encode(base64.b64encode(f"{word}。".encode())).decode()),
        derived("base64（国标码）", lambda word: base64.b64encode(f"说到{word}".encode("gb18030")).decode()),
        derived("十六进制串", lambda word: word.encode().hex()),
        derived("引用可打印编码", lambda word: quopri.encodestring(word.encode()).decode()),
        derived("国际化域名", lambda word: "xn--" + word.encode("punycode").decode()),
        derived("乱码（按拉丁文读）", lambda word: word.encode().decode("cp1252", "replace"), ("苹果树",)),
        derived("乱码（国标码按拉丁文读）", lambda word: word.encode("gb18030").decode("latin-1")),
        derived("反写控制符", lambda word: f"\u202e{word[::-1]}\u202c"),
    ]


def _review() -> list[Trial]:
    return [
        _given("review", "同音字（三字）", ("平果树", "苹果树"), ("苹果数", "苹果树")),
        _given("review", "同音字（四字）", ("事例词语", "示例词语"), ("是李慈雨", "示例词语")),
        _given("review", "拼音", ("pingguoshu", "苹果树"), ("yunduo", "云朵"), ("shiliciyu", "示例词语")),
        _given("review", "拼音隔开", ("ping guo shu", "苹果树"), ("yun duo", "云朵"), ("shi-li-ci-yu", "示例词语")),
        _given("review", "拼音带调号", ("píngguǒshù", "苹果树"), ("yún duǒ", "云朵")),
        _given("review", "拼音带调号数字", ("ping2guo3shu4", "苹果树"), ("yun2duo3", "云朵")),
        _given("review", "拼音夹汉字", ("ping果树", "苹果树"), ("云duo", "云朵"), ("示例ci语", "示例词语")),
        _given("review", "数字代字母", ("appl3", "apple"), ("s1lver", "silver")),
        _given("review", "符号代字母", ("@pple", "apple"), ("$ilver", "silver")),
        _given("review", "西里尔字母", ("аррlе", "apple"), ("ѕilvеr", "silver")),
        _given("review", "希腊字母", ("αpple", "apple"), ("silνer", "silver")),
        _given("review", "反白方框字母", ("🅰🅿🅿🅻🅴", "apple"), ("🆂🅸🅻🆅🅴🆁", "silver")),
        _given("review", "形近字", ("末来日子", "未来日子"), ("末来曰子", "未来日子")),
        _given(
            "review", "拆字", ("日月氵胡女子木对", "明湖好树"), ("明湖女子树", "明湖好树"), ("示例讠司讠吾", "示例词语")
        ),
        _given("review", "拆字隔开", ("日月 水胡 女子 木对", "明湖好树")),
        _given("review", "倒写", ("树果苹", "苹果树"), ("语词例示", "示例词语"), ("revlis", "silver")),
        Trial("review", "竖排", tuple(Case("\n".join(f"说{word}吧"), word) for word in HAN)),
        _given("review", "数目字的写法", ("8百标兵", "八百标兵"), ("捌佰标兵", "八百标兵")),
        _given("review", "字字重复", ("苹苹果果树树", "苹果树"), ("示示例例词词语语", "示例词语")),
    ]


def _limits() -> list[Trial]:
    return [
        _given("limit", "首字母缩写", ("pgs", "苹果树"), ("slcy", "示例词语")),
        _given("limit", "改说法", ("结红果子的那种乔木", "苹果树"), ("天上白白的一团", "云朵")),
        _given("limit", "外文", ("pommier", "苹果树"), ("りんごの木", "苹果树")),
        _given("limit", "字书未收的异体", ("明湖好𣗳", "明湖好树")),
        _given("limit", "字形画", ("木一人小口十", "苹果树")),
        _given("limit", "藏头", ("苹风吹过\n果然天晴\n树下乘凉", "苹果树")),
        _given(
            "limit",
            "旋转十三位",
            (codecs.encode("silver", "rot13"), "silver"),
            (codecs.encode("apple", "rot13"), "apple"),
        ),
        _given("limit", "莫尔斯电码", (".- .--. .--. .-.. .", "apple")),
        _given("limit", "谜语", ("说它像棉花飘在空中", "云朵")),
        _given("limit", "方音近音", ("频果素", "苹果树"), ("四例磁与", "示例词语")),
        _given("limit", "字间夹无关的字", ("苹x果y树", "苹果树"), ("示了例了词了语", "示例词语")),
        _given("limit", "二进制位串", (" ".join(f"{b:08b}" for b in "云朵".encode()), "云朵")),
    ]
