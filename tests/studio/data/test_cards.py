"""What a user states about their own pictures."""

import numpy as np
import pytest

from openbeian.studio.data.images import load_images

pytestmark = [pytest.mark.studio, pytest.mark.req("M8", "T3")]
CARD = "标题: 自家的猫和狗\norigin: 2026 年自行拍摄\n许可: 自有\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_card_states_title_origin_and_licence(classes, encoding):
    (classes / "card.yaml").write_bytes(CARD.encode(encoding))
    card = load_images(str(classes), size=8, channels=1).card
    assert (card.title, card.origin, card.licence) == ("自家的猫和狗", "2026 年自行拍摄", "自有")


def test_an_npz_has_its_card_beside_it_and_an_empty_card_states_nothing(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.random.default_rng(0).integers(0, 256, (20, 8, 8), dtype=np.uint8))
    (tmp_path / "a.card.yaml").write_text("licence: MIT", encoding="utf-8")
    assert load_images(str(tmp_path / "a.npz"), size=8, channels=1).card.licence == "MIT"
    (tmp_path / "a.card.yaml").write_text("", encoding="utf-8")
    assert load_images(str(tmp_path / "a.npz"), size=8, channels=1).card.licence == "未说明"


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"title: a\norigin: b\nlicense_: c\n", 3, "license_"),
        (b"title: a\norigin: [1\n", 3, "YAML"),
        (b"origin: 2026\n", 1, "origin"),
        (b"title: a\norigin: ''\n", 2, "origin"),
        (b"- title\n", 1, "字段"),
        (b"title: \xff\xff\n", None, "GB18030"),
        (b"title: a\ntitle: b\n", 2, "YAML"),
        (b"title: " + b"a" * 501, 1, "500"),
        (b"a" * 70_000, None, "64 KiB"),
        (b"title: \x00\n", None, "YAML"),
    ],
)
def test_a_mistake_in_the_card_has_its_line(classes, fault_of, content, line, words):
    (classes / "card.yaml").write_bytes(content)
    fault = fault_of(classes)
    assert (fault.code, fault.line, fault.file) == ("data-format", line, str(classes / "card.yaml"))
    assert words in fault.message
