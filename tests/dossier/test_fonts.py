"""The fonts are those that `FONTS.toml` names, and one code stands for one digest."""

import runpy
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeian.dossier.codes import short_code
from openbeian.dossier.fonts import FONT_FOLDER, unprintable

ROOT = Path(__file__).resolve().parents[2]


def test_fonts_are_byte_for_byte_as_declared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["fonts.py", "--check"])
    runpy.run_path(str(ROOT / "tools" / "fonts.py"), run_name="__main__")
    assert "as FONTS.toml says" in capsys.readouterr().out
    assert "SIL OPEN FONT LICENSE" in (FONT_FOLDER / "OFL.txt").read_text()


def test_names_with_rare_characters_can_be_printed() -> None:
    assert unprintable("喆骉堃昇犇玥珺　（）《》—…％■□√") is None


@pytest.mark.parametrize("text", ["甲😀", "\x00", "\ud800", "𪛟"])
def test_what_cannot_be_printed_is_found(text: str) -> None:
    assert unprintable(text) is not None


@given(st.binary(min_size=32, max_size=32))
def test_code_is_three_groups_of_four_without_letters_easily_mistaken(digest: bytes) -> None:
    code = short_code(digest.hex())
    assert [len(part) for part in code.split("-")] == [4, 4, 4]
    assert not set(code) & set("ILOU")
