"""The implicit label in PNG files, read back by an independent reader."""

import io
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from openbeian.manifest import Fault
from openbeian.protection import AigcLabel, check_png, with_label

pytestmark = pytest.mark.req("T3c")
LABEL = AigcLabel("001191440101MA5EXAM0P01KF01", 'a-1"<&>').to_json()


def drawn(mode="L", info=None):
    file = io.BytesIO()
    Image.linear_gradient("L").convert(mode).save(file, "PNG", pnginfo=info)
    return file.getvalue()


def label_in(png):
    picture = Image.open(io.BytesIO(png))
    picture.load()
    found = ET.fromstring(picture.text["XML:com.adobe.xmp"]).iter("{http://www.tc260.org.cn/ns/AIGC/1.0/}AIGC")
    (label,) = (element.text for element in found)
    return label


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_the_label_is_read_back_and_no_dot_has_changed(mode):
    png = drawn(mode)
    labelled = with_label(png, LABEL)
    assert label_in(labelled) == LABEL
    assert Image.open(io.BytesIO(labelled)).tobytes() == Image.open(io.BytesIO(png)).tobytes()
    assert check_png(labelled) == labelled


def test_a_file_has_one_label_and_keeps_its_other_texts():
    info = PngInfo()
    info.add_text("AIGC", '{"Label":"1"}')
    info.add_text("AIGC", '{"Label":"2"}', zip=True)
    info.add_text("Title", "gradient")
    labelled = with_label(with_label(drawn(info=info), '{"Label":"3"}'), LABEL)
    assert label_in(labelled) == LABEL
    assert labelled.count(b"XML:com.adobe.xmp") == 1
    assert set(Image.open(io.BytesIO(labelled)).text) == {"XML:com.adobe.xmp", "Title"}


@settings(max_examples=40)
@given(st.data())
def test_a_file_that_is_cut_or_damaged_or_goes_on_is_refused(data):
    png = drawn()
    place = data.draw(st.integers(0, len(png) - 1))
    damaged = png[:place] + bytes([png[place] ^ data.draw(st.integers(1, 255))]) + png[place + 1 :]
    for broken in (png[:place], damaged, png + b"\0", png[:8] + png[33:]):
        for act in (check_png, lambda file: with_label(file, LABEL)):
            with pytest.raises(Fault, match="PNG"):
                act(broken)
