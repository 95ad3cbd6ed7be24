"""Numbers of every kind that are somebody's, and numbers of the same look that are nobody's; all invented."""

from datetime import date

from hypothesis import strategies as st

FULL_WIDTH = str.maketrans({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
REGIONS = ("110105", "310104", "440305", "510104", "650102", "500103")
PLACES = "京津沪渝冀豫辽黑湘皖鲁苏浙赣鄂桂晋吉闽贵粤川宁琼"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def digits(size):
    return st.text(alphabet="0123456789", min_size=size, max_size=size)


def joined(*parts):
    return st.tuples(*(st.just(part) if isinstance(part, str) else part for part in parts)).map("".join)


def with_luhn(body):
    total = sum(sum(divmod(int(digit) * 2, 10)) for digit in body[::-2]) + sum(map(int, body[-2::-2]))
    return body + str(-total % 10)


def with_id_check(body):
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def with_credit_check(body):
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(alphabet.index(char) * (3**place % 31) for place, char in enumerate(body))
    return body + alphabet[-total % 31]


dates = st.dates(min_value=date(1930, 1, 1), max_value=date(2015, 12, 31))
compact_dates = dates.map(lambda day: day.strftime("%Y%m%d"))
id_cards = joined(st.sampled_from(REGIONS), compact_dates, digits(3)).map(with_id_check)
old_id_cards = joined(
    st.sampled_from(REGIONS), dates.filter(lambda d: d.year < 2000).map(lambda d: d.strftime("%y%m%d")), digits(3)
)
mobiles = joined("1", st.sampled_from("3456789"), digits(9))
landlines = st.one_of(
    joined(st.sampled_from(("010", "021", "028")), st.sampled_from(("-", "", " ")), st.sampled_from("568"), digits(7)),
    joined(
        st.sampled_from(("0755", "0898", "0371")), st.sampled_from(("-", "", " ")), st.sampled_from("2568"), digits(7)
    ),
    joined("(0571)", st.sampled_from("58"), digits(7)),
    joined("0931-", st.sampled_from("2468"), digits(6)),
)
bank_cards = st.one_of(
    joined(st.sampled_from(("621661", "622202", "623059")), digits(12)),
    joined(st.sampled_from(("625912", "436742")), digits(9)),
).map(with_luhn)
plates = st.one_of(
    joined(st.sampled_from(PLACES), st.sampled_from(LETTERS), st.sampled_from(LETTERS), digits(4)),
    joined(st.sampled_from(PLACES), st.sampled_from(LETTERS), st.sampled_from("DF"), digits(5)),
    joined(st.sampled_from(PLACES), st.sampled_from(LETTERS), "·", digits(5)),
    joined(st.sampled_from(PLACES), st.sampled_from(LETTERS), digits(4), st.sampled_from("挂学警港澳")),
)
credit_codes = joined(
    st.sampled_from(("91", "92", "52", "12")), st.sampled_from(REGIONS), "MA", digits(6), st.sampled_from("ABCDEFGH")
).map(with_credit_check)
names = st.text(alphabet="abcdefghij0123456789", min_size=3, max_size=12)
emails = joined(
    st.sampled_from("klm"), names, "@", st.sampled_from(("example.cn", "mail.example.com", "example.com.cn"))
)
ips = st.tuples(st.integers(1, 126), *[st.integers(0, 255)] * 3).map(lambda parts: ".".join(map(str, parts)))
ips6 = st.tuples(*[st.integers(0x1000, 0xFFFF)] * 7).map(
    lambda parts: "240e:" + ":".join(f"{part:x}" for part in parts)
)
macs = st.tuples(st.sampled_from((":", "-")), st.lists(st.integers(1, 254), min_size=6, max_size=6)).map(
    lambda made: made[0].join(f"{part:02X}" for part in made[1])
)
# What a number is written behind, where only a word tells what it is; and the number.
MENTIONS = {
    "id_card": (("", "身份证"), st.one_of(id_cards, old_id_cards)),
    "mobile": (("", "手机", "电话："), mobiles),
    "landline": (("", "座机"), landlines),
    "bank_card": (("", "卡号"), bank_cards),
    "email": (("", "邮箱"), emails),
    "plate": (("", "车牌"), plates),
    "credit_code": (("", "代码"), credit_codes),
    "passport": (
        ("护照", "护照号码："),
        st.one_of(joined("E", digits(8)), joined("E", st.sampled_from("ABCDEFGH"), digits(7))),
    ),
    "hk_macao_permit": (("港澳通行证", "通行证号："), joined("C", digits(8))),
    "ip": (("IP地址", "登录IP："), st.one_of(ips, ips6)),
    "mac": (("", "MAC为"), macs),
    "imei": (("串号", "IMEI:"), joined("86", digits(12)).map(with_luhn)),
    "qq": (("QQ号", "QQ：", "加QQ"), joined(st.sampled_from("2345"), st.integers(5, 9).flatmap(digits))),
    "wechat": (
        ("微信", "微信号：", "加微信"),
        joined("k", st.text(alphabet="bcdfgjk", min_size=4, max_size=6), "_", digits(3)),
    ),
    "birth_date": (
        ("出生日期", "生日：", "生于"),
        st.one_of(dates.map(str), dates.map(lambda d: f"{d.year}年{d.month}月{d.day}日")),
    ),
}
LEFT = ("", "请核对", "资料里写着，", "（", "补充：", "我们收到了")
RIGHT = ("", "。", "，请登记", "）", "已经登记", "这一条")


def spaced(number, sizes, gap):
    pieces, start = [], 0
    for size in sizes:
        pieces.append(number[start : start + size])
        start += size
    return gap.join(pieces)


GROUPED = {
    "id_card": (id_cards, ((6, 8, 4), (6, 4, 4, 4))),
    "mobile": (mobiles, ((3, 4, 4), (1,) * 11)),
    "bank_card": (joined("621661", digits(12)).map(with_luhn), ((4, 4, 4, 4, 3), (6, 13))),
}


def changed(number):
    """The same number with its last digit another one."""
    return number[:-1] + str((int(number[-1], 36) + 1) % 10)


nobodies = st.one_of(
    id_cards.map(changed).filter(lambda n: n[-1] != "X"),
    bank_cards.map(changed),
    joined("订单号", st.integers(8, 30).flatmap(digits)),
    joined("运单编号：", mobiles),
    joined("1", st.sampled_from("3578"), digits(1), "****", digits(4)),
    joined("￥", digits(5), ".", digits(2), "元"),
    dates.map(lambda d: f"{d:%Y-%m-%d} 12:30:45"),
    joined(st.sampled_from(("400-810-", "800-820-")), digits(4)),
    st.sampled_from(("10086", "95588", "12315热线")),
    joined("版本 ", ips),
    joined("v", ips),
    st.text(alphabet="0123456789abcdef", min_size=40, max_size=40).map(lambda t: "摘要" + t),
    digits(25),
    joined(mobiles, digits(2)).filter(lambda n: not n.startswith("86")).map(lambda n: "9" + n + "7"),
    joined("0.", mobiles),
    joined("π=3.", digits(20)),
    joined("ISBN", digits(13)),
    st.sampled_from(
        ("12:30:45:10", "微信支付", "微信小程序", "qq音乐", "QQ2013", "@所有人", "std::vector", "第十五号", "2.4.1.10")
    ),
)
WORDS = (
    "收件人徐明",
    "欧阳小雨女士",
    "，男，",
    "文三路742号3栋2单元602室",
    "浙江省杭州市西湖区",
    "一三八零零一三八零零零",
    "1985年3月2日出生",
    "\u200b" * 40,
    "\x1e",
    "㎏",
    "微信",
    "qq",
    "粤B",
    "ip ",
    "\n",
    "云朵苹果" * 20,
)
pieces = st.one_of(
    st.sampled_from(sorted(MENTIONS)).flatmap(lambda kind: MENTIONS[kind][1]),
    st.sampled_from([word for words, _ in MENTIONS.values() for word in words]),
    st.sampled_from(WORDS + LEFT + RIGHT),
    nobodies,
    st.text(alphabet="0123456789 -.·()@:abcexq路号室年月日\u200b", max_size=12),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8),
)
texts = st.lists(pieces, max_size=12).map("".join)
