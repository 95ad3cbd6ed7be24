"""What is found whatever stands around it, what is left alone, and how sure a mention is."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.screening import HoldBack, PersonalKind, find_personal, mask
from tests.screening.personal.strategies import FULL_WIDTH, GROUPED, LEFT, MENTIONS, RIGHT, nobodies, spaced, texts

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "pii-synthetic" / "pii_synthetic_dev.jsonl"
UNSURE = {"person", "address"}


@st.composite
def mentions(draw):
    kind = draw(st.sampled_from(sorted(MENTIONS)))
    words, numbers = MENTIONS[kind]
    return kind, draw(st.sampled_from(LEFT)) + draw(st.sampled_from(words)), draw(numbers), draw(st.sampled_from(RIGHT))


def found_in(text):
    return [(text[s.start : s.end], s.kind.value, s.tier) for s in find_personal(text)]


@pytest.mark.req("T2a")
@given(mentions())
def test_a_number_glued_to_chinese_is_found(mention):
    kind, left, number, right = mention
    assert found_in(left + number + right) == [(number, kind, "exact")]


@pytest.mark.req("T2a")
@given(mentions())
def test_full_width_does_not_hide_a_number(mention):
    kind, left, number, right = mention
    wide = number.translate(FULL_WIDTH)
    assert found_in(left + wide + right) == [(wide, kind, "exact")]


@pytest.mark.req("T2a")
@given(mentions(), st.data())
def test_invisible_characters_do_not_hide_a_number(mention, data):
    kind, left, number, right = mention
    place = data.draw(st.integers(1, len(number) - 1))
    broken = number[:place] + "\u200b" * data.draw(st.integers(1, 300)) + number[place:]
    assert found_in(left + broken + right) == [(broken, kind, "exact")]


@pytest.mark.req("T2a")
@given(
    st.sampled_from(sorted(GROUPED)), st.sampled_from(" -·"), st.sampled_from(LEFT), st.sampled_from(RIGHT), st.data()
)
def test_a_number_in_groups_is_found(kind, gap, left, right, data):
    numbers, groupings = GROUPED[kind]
    grouped = spaced(data.draw(numbers), data.draw(st.sampled_from(groupings)), gap)
    assert found_in(left + grouped + right) == [(grouped, kind, "exact")]


@given(st.sampled_from(LEFT), nobodies, st.sampled_from(("", "。", "，请登记", "）")))
def test_numbers_that_are_nobodys_are_left_alone(left, number, right):
    assert found_in(left + number + right) == []


@pytest.mark.req("T2a")
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("手机13800138000请联系", "mobile"),
        ("＋86 138-0013-8000", "mobile"),
        ("0086-13800138000。", "mobile"),
        ("tel13800138000", "mobile"),
        ("13800138000vx同号", "mobile"),
        ("身份证11010519491231002X。", "id_card"),
        ("卡号6222021234567890128收", "bank_card"),
        ("邮箱a.b@example.cn，", "email"),
        ("车牌粤B12345停", "plate"),
        ("粤Z1234港来了", "plate"),
        ("车牌号：京gaeff7", "plate"),
        ("建行4367421950759503242转账", "bank_card"),
        ("车牌使224001，", "plate"),
        ("座机020-82345678转8001", "landline"),
        ("+86-10-82345678", "landline"),
        ("（0755）8234-5678", "landline"),
        ("代码91440101MA5EXAM0P0的公司", "credit_code"),
        ("回乡证H12345678，", "hk_macao_permit"),
        ("IP地址8.8.8.8，", "ip"),
        ("服务器fe80::1ff:fe23:4567:890a", "ip"),
        ("wxid_abc12345", "wechat"),
        ("生于1985年3月2日", "birth_date"),
        ("1985-03-02出生", "birth_date"),
    ],
)
def test_a_mention_is_found_and_masked(text, kind):
    (span,) = find_personal(text)
    assert span.kind.value == kind
    masked, _ = mask(text)
    assert text[span.start : span.end] not in masked
    assert span.kind.placeholder in masked


@pytest.mark.parametrize(
    "text",
    [
        "110105194912310021",
        "6222021234567890123",
        "订单2026112400012345",
        "400-810-8888",
        "新phone手机",
        "价格12345元",
        "编号ab13800138000cd",
        "13800138000*",
        "圆周率3.13800138000",
        "新款新a手机",
        "带领123456人",
    ],
)
def test_a_number_of_another_thing_is_left_alone(text):
    assert find_personal(text) == []


def test_a_mobile_in_numerals_is_told_apart_and_not_masked():
    text = "电话一三八零零一三八零零零"
    (span,) = find_personal(text)
    assert (text[span.start : span.end], span.kind, span.tier) == ("一三八零零一三八零零零", "mobile", "derived")
    assert mask(text) == (text, [])


@pytest.mark.parametrize(
    ("text", "word", "kind"),
    [
        ("收件人徐明，请签收", "徐明", "person"),
        ("尊敬的欧阳小雨女士您好", "欧阳小雨", "person"),
        ("我叫龙华，想查订单", "龙华", "person"),
        ("高勇：男，中国国籍", "高勇", "person"),
        (
            "寄到浙江省杭州市西湖区文三路742号3栋2单元602室，谢谢",
            "浙江省杭州市西湖区文三路742号3栋2单元602室",
            "address",
        ),
        ("家住海淀区中关村南大街36号", "海淀区中关村南大街36号", "address"),
    ],
)
def test_names_and_addresses_are_for_a_person_to_look_at(text, word, kind):
    assert find_personal(text) == []
    (span,) = find_personal(text, review=True)
    assert (text[span.start : span.end], span.kind, span.tier) == (word, kind, "review")


def test_a_name_beside_a_number_is_seen():
    assert [
        text for text in ("徐明 13800138000", "13800138000（徐明）") if len(find_personal(text, review=True)) != 2
    ] == []


def test_every_kind_has_a_word_and_a_placeholder():
    assert len({kind.word for kind in PersonalKind}) == len(PersonalKind)
    assert all(kind.placeholder == f"［{kind.word}］" for kind in PersonalKind)
    assert [kind for kind in PersonalKind if kind.is_of_organisation] == [PersonalKind.CREDIT_CODE]


@given(texts, st.sampled_from(sorted(HoldBack.ENDS)), texts)
def test_no_mention_reaches_across_the_end_of_a_sentence(first, end, second):
    assert mask(first + end + second)[0] == mask(first + end)[0] + mask(second)[0]


@given(st.text())
def test_any_text_is_read_and_mentions_do_not_overlap(text):
    spans = find_personal(text, review=True)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(first.end <= second.start for first, second in pairwise(spans))


@pytest.mark.req("T2a")
@pytest.mark.skipif(not DATA.exists(), reason="the development set of personal information is not here")
def test_the_kinds_of_the_development_set_are_found():
    found, missed, wrong = Counter(), Counter(), Counter()
    for line in DATA.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        gold = {(e["start"], e["end"], PersonalKind[e["type"]].value) for e in row["entities"]}
        ours = {(s.start, s.end, s.kind.value) for s in find_personal(row["text"], review=True)}
        found.update(kind for *_, kind in gold & ours)
        missed.update(kind for *_, kind in gold - ours)
        wrong.update(kind for *_, kind in ours - gold)
    for kind in found:
        least = 0.9 if kind in UNSURE else 0.99
        assert found[kind] / (found[kind] + missed[kind]) >= least, kind
        assert found[kind] / (found[kind] + wrong[kind]) >= least, kind
    assert set(wrong) | set(missed) <= set(found)
