"""The PDF: tagged, Chinese, our fonts only, every character or a fault, user text never markup."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unicodedata import category

import pytest
from pypdf import PdfReader
from pypdf.generic import IndirectObject

from openbeian.dossier import Dossier
from openbeian.manifest import Fault

pytestmark = pytest.mark.req("F1")
PAPERS = ["form-pdf", "report-pdf"]


def _text(path: Path) -> str:
    """The words without the spaces and line ends that layout brings."""
    return "".join("".join(page.extract_text() for page in PdfReader(path).pages).split())


def _tags(reader: PdfReader) -> set[str]:
    found: set[str] = set()
    waiting: list[Any] = [reader.trailer["/Root"]["/StructTreeRoot"]["/K"]]
    while waiting:
        node = waiting.pop()
        node = node.get_object() if isinstance(node, IndirectObject) else node
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            found.add(str(node.get("/S")))
            waiting.append(node.get("/K", []))
    return found


@pytest.mark.parametrize("kind", PAPERS)
def test_paper_is_tagged_titled_and_says_its_language_and_standards(dossier: Dossier, kind: Any) -> None:
    reader = PdfReader(dossier.path(kind))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]).startswith("zh")
    assert {"/Document", "/H1", "/P", "/Table", "/THead", "/TH", "/TD", "/Figure"} <= _tags(reader)
    metadata = root["/Metadata"].get_object().get_data().decode()
    assert "pdfuaid:part" in metadata
    assert "pdfaid:conformance" in metadata
    assert reader.metadata is not None
    assert reader.metadata.title
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.isoformat().startswith("2026-11-20T08:30:00")


@pytest.mark.parametrize("kind", PAPERS)
def test_paper_embeds_our_fonts_only(dossier: Dossier, kind: Any) -> None:
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in PdfReader(dossier.path(kind)).pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert {name.partition("+")[2].split("-")[0] for name in fonts} == {"NotoSansSC"}


@pytest.mark.parametrize("kind", PAPERS)
def test_paper_numbers_every_page_of_all_and_carries_the_code(dossier: Dossier, kind: Any) -> None:
    pages = PdfReader(dossier.path(kind)).pages
    for number, page in enumerate(pages, start=1):
        words = "".join(page.extract_text().split())
        assert f"第{number}页，共{len(pages)}页" in words
        assert dossier.code in words


@pytest.mark.parametrize("kind", PAPERS)
def test_paper_is_a4(dossier: Dossier, kind: Any) -> None:
    for page in PdfReader(dossier.path(kind)).pages:
        assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)


def test_cover_shows_the_digest_of_the_inputs(dossier: Dossier) -> None:
    assert f"sha256:{dossier.digest}" in _text(dossier.path("form-pdf"))


@pytest.mark.parametrize("kind", PAPERS)
def test_words_copied_from_a_paper_hold_no_unseen_marks(dossier: Dossier, kind: Any) -> None:
    words = "".join(page.extract_text() for page in PdfReader(dossier.path(kind)).pages)
    assert {c for c in words if category(c) == "Cf"} == set()


def test_name_with_rare_characters_prints(build_with: Callable[..., Dossier]) -> None:
    made = build_with(basic__legal_representative="陈喆骉堃", service__name="示例昇犇玥珺助手")
    assert "陈喆骉堃" in _text(made.path("form-pdf"))
    assert "示例昇犇玥珺助手" in _text(made.path("report-pdf"))


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("basic__legal_representative", "陈\U0002a6df", "U+2A6DF"),
        ("service__name", "助手😀", "😀"),
        ("security__emergency", "立即停止\x07生成", "U+0007"),
        ("scope__scenarios", "坏字\ufffe", "U+FFFE"),
    ],
)
def test_character_without_glyph_is_named_with_its_field(
    build_with: Callable[..., Dossier], path: str, value: str, named: str
) -> None:
    with pytest.raises(Fault) as caught:
        build_with(**{path: value})
    assert caught.value.code == "dossier-unprintable"
    assert named in caught.value.message
    assert caught.value.path is not None or "“" in caught.value.message
    assert caught.value.remedy


MARKUP = '#eval("1") $x^2$ *粗* _斜_ [框] <标签> @引用 `码` // 注 \\ #include "/etc/passwd" = 题 - 项 ~'


def test_markup_in_user_text_stays_text(build_with: Callable[..., Dossier]) -> None:
    made = build_with(security__emergency=MARKUP, basic__overall_lead="#林*示例*")
    assert "".join(MARKUP.split()) in _text(made.path("form-pdf"))
    assert "#林*示例*" in _text(made.path("report-pdf"))


def test_invisible_characters_are_left_out(build_with: Callable[..., Dossier]) -> None:
    made = build_with(security__emergency="立即\u202e停止\u200b生成\ufe0f")
    assert "立即停止生成" in _text(made.path("form-pdf"))


def test_huge_text_breaks_over_pages_and_stays_within_them(build_with: Callable[..., Dossier], tmp_path: Path) -> None:
    made = build_with(security__emergency="长" * 19_000, scope__content="w" * 19_000)
    pages = PdfReader(made.path("form-pdf")).pages
    assert len(pages) > 10
    boxes = subprocess.run(
        ["pdftotext", "-bbox", str(made.path("form-pdf")), "-"], capture_output=True, text=True, check=True
    )
    right = [float(part.split('"')[0]) for part in boxes.stdout.split('xMax="')[1:]]
    assert max(right) <= 595


def test_many_sources_repeat_the_head_of_their_table(build_with: Callable[..., Dossier], manifest: Any) -> None:
    one = manifest.model_dump(mode="json")["data_sources"]["sources"][0]
    made = build_with(data_sources__sources=[one | {"id": f"s{n}", "name": f"示例来源{n}"} for n in range(80)])
    words = _text(made.path("form-pdf"))
    assert "示例来源79" in words
    assert words.count("来源与许可") > 2
