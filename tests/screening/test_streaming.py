"""A stream masked in pieces is the text masked whole, however it was cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.screening import HoldBack, Keyword, Library, mask

pytestmark = pytest.mark.req("T2a")
LIBRARY = Library([Keyword("云朵苹果"), Keyword("苹果树")], ["云朵苹果汁"])


def _without_keywords(text):
    for hit in reversed(LIBRARY.scan(text)):
        text = text[: hit.start] + "■" * (hit.end - hit.start) + text[hit.end :]
    return text


@pytest.mark.parametrize("masked", [lambda text: mask(text)[0], _without_keywords])
@given(text=st.text(alphabet="电话13800138000。，邮箱a@b.cn云朵蘋果汁树\u200bＡx", max_size=80), data=st.data())
def test_a_text_masked_in_pieces_is_the_text_masked_whole(masked, text, data):
    held, out, rest = HoldBack(masked), "", text
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        out += held.feed(rest[:size])
        rest = rest[size:]
    assert out + held.end() == masked(text)
