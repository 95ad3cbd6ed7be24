"""Labels of generated content: words people see, metadata machines read, both by the pack."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.manifest import Fault
from openbeian.protection import AigcLabel, LabelVerdict, is_explicit, label_text, provider_code, read_label
from openbeian.protection.labels import KEYS
from openbeian.rules import load_pack

CODE = "91440101MA5EXAM0P0"
GOOD = AigcLabel(provider_code(CODE, "KF01"), "0001").to_json()
visible = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)


@pytest.mark.parametrize(
    "text", ["AI生成", "ＡＩ生成", "（ai合成）", "AIGC生成内容", "由AI合成", "本文由人工智能辅助生成", "AI 生成"]
)
def test_words_with_both_elements_are_a_label(text):
    assert is_explicit(text)


@pytest.mark.parametrize("text", ["", "AI", "生成", "captain生成", "Aim合成", "机器生成", "人工智能", "智能生成"])
def test_words_without_both_elements_are_none(text):
    assert not is_explicit(text)


def test_every_example_of_the_pack_is_a_label_and_every_field_has_its_key():
    pack = load_pack("labelling")
    assert all(is_explicit(text) for text in pack.explicit["wording"]["examples"])
    assert tuple(field["name"] for field in pack.implicit["fields"]) == KEYS


@given(st.text(max_size=50))
def test_a_labelled_text_is_explicit_ends_as_it_was_and_is_labelled_once(text):
    labelled = label_text(text, "（人工智能生成）")
    assert is_explicit(labelled)
    assert labelled.endswith(text)
    assert label_text(labelled, "（人工智能生成）") == labelled


@given(visible.filter(bool), visible.filter(bool), st.sampled_from("123"), visible, visible)
def test_whatever_is_written_is_read_as_compliant(producer, produce_id, label, reserved, propagator):
    text = AigcLabel(producer, produce_id, label, reserved, propagator).to_json()
    assert list(json.loads(text)) == list(KEYS)
    assert text.isascii()
    assert read_label(text) is LabelVerdict.COMPLIANT
    assert read_label(f'{{"AIGC": {text}}}') is LabelVerdict.COMPLIANT


@pytest.mark.parametrize(
    ("label", "code"),
    [
        (AigcLabel("示例公司", "1"), "label-characters"),
        (AigcLabel("a b", "1"), "label-characters"),
        (AigcLabel("", "1"), "label-incomplete"),
        (AigcLabel("a", ""), "label-incomplete"),
        (AigcLabel("a", "1", "4"), "label-value"),
    ],
)
def test_a_label_that_would_not_comply_is_not_written(label, code):
    with pytest.raises(Fault) as fault:
        label.to_json()
    assert fault.value.code == code


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (None, LabelVerdict.NOT_FOUND),
        (" \n", LabelVerdict.NOT_FOUND),
        ("{}", LabelVerdict.NOT_FOUND),
        ('{"Exif":{"x":1}}', LabelVerdict.NOT_FOUND),
        ('{"AIGC":{}}', LabelVerdict.NOT_FOUND),
        ("{", LabelVerdict.INCONCLUSIVE),
        ("[1]", LabelVerdict.INCONCLUSIVE),
        ('{"AIGC":"e30="}', LabelVerdict.INCONCLUSIVE),
        ("[" * 100_000, LabelVerdict.INCONCLUSIVE),
        ('{"Label":["1"],"ContentProducer":"a","ProduceID":"b"}', LabelVerdict.NONCOMPLIANT),
        ('{"Label":1,"ContentProducer":"a","ProduceID":"b"}', LabelVerdict.NONCOMPLIANT),
        ('{"Label":"AIGC","ContentProducer":"a","ProduceID":"b"}', LabelVerdict.NONCOMPLIANT),
        ('{"Label":"1","ContentProducer":"a b","ProduceID":"b"}', LabelVerdict.NONCOMPLIANT),
        ('{"Label":"1","ContentProducer":"","ProduceID":"b"}', LabelVerdict.NONCOMPLIANT),
        ('{"Label":"1","ContentProducer":"a"}', LabelVerdict.NONCOMPLIANT),
        ('{"Label":"1","ContentProducer":"a","ProduceID":"b","More":"c"}', LabelVerdict.NONCOMPLIANT),
        ('{"Label":"2","Label":"1","ContentProducer":"a","ProduceID":"b"}', LabelVerdict.NONCOMPLIANT),
        (f'{{"AIGC":{GOOD},"AIGC":{GOOD}}}', LabelVerdict.NONCOMPLIANT),
        (f'{{"AIGC":{GOOD},"Software":"示例"}}', LabelVerdict.COMPLIANT),
        ('{"Label":"1","ContentProducer":"a","ProduceID":"b"}', LabelVerdict.COMPLIANT),
    ],
)
def test_a_label_is_read_as_what_it_is(text, verdict):
    assert read_label(text) is verdict


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYS, "AIGC", "x"]), inner, max_size=8)
    ),
    max_leaves=12,
)


@given(st.text(max_size=60) | json_values.map(json.dumps))
def test_whatever_is_read_gets_a_verdict(text):
    assert read_label(text) in LabelVerdict


def test_the_provider_code_says_who_and_what_for():
    assert provider_code(CODE, "KF01") == f"0011{CODE}1KF01"
    assert provider_code(CODE, "KF01", spreads=True) == f"0011{CODE}2KF01"


@pytest.mark.parametrize("place", range(18))
def test_any_wrong_character_of_the_credit_code_is_refused(place):
    for char in "0123456789ABCDEFGHJKLMNPQRTUWXY":
        if char != CODE[place]:
            with pytest.raises(Fault) as fault:
                provider_code(CODE[:place] + char + CODE[place + 1 :], "KF01")
            assert fault.value.code == "credit-code"


@pytest.mark.parametrize("own", ["", "KF1", "KF001", "kf01", "KF 1", "客服01", "０１２３"])
def test_an_own_part_in_another_form_is_refused(own):
    with pytest.raises(Fault) as fault:
        provider_code(CODE, own)
    assert fault.value.code == "provider-code"
