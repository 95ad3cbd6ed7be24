"""The Word file: opens, names Chinese fonts, repeats heads, keeps hostile text as text."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zipfile import ZipFile

import docx
import pytest
from docx.oxml.ns import qn
from pypdf import PdfReader

from openbeian.dossier import Dossier

pytestmark = pytest.mark.req("F1")
PAPERS = ["form-docx", "report-docx"]


def _words(document: Any) -> str:
    return "\n".join(
        [
            *(paragraph.text for paragraph in document.paragraphs),
            *(cell.text for table in document.tables for row in table.rows for cell in row.cells),
        ]
    )


@pytest.mark.parametrize("kind", PAPERS)
def test_styles_name_east_asian_fonts_and_no_theme_fonts(dossier: Dossier, kind: Any) -> None:
    document = docx.Document(str(dossier.path(kind)))
    for name, font in (("Normal", "宋体"), ("Title", "黑体"), ("Heading 1", "黑体"), ("Heading 2", "黑体")):
        fonts = document.styles[name].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == font
        assert not [attribute for attribute in fonts.attrib if "heme" in attribute]
    language = next(document.styles.element.iter(qn("w:lang")))
    assert language.get(qn("w:eastAsia")) == "zh-CN"


@pytest.mark.parametrize("kind", PAPERS)
def test_properties_are_fixed_to_the_moment_given(dossier: Dossier, kind: Any) -> None:
    properties = docx.Document(str(dossier.path(kind))).core_properties
    assert properties.created == properties.modified
    assert properties.created.replace(tzinfo=None) == datetime(2026, 11, 20, 8, 30)  # noqa: DTZ001
    assert properties.author == "示例云桥家电服务有限公司"
    assert properties.identifier == dossier.code


@pytest.mark.parametrize("kind", PAPERS)
def test_container_is_sorted_and_dated_1980(dossier: Dossier, kind: Any) -> None:
    with ZipFile(dossier.path(kind)) as archive:
        names = archive.namelist()
        assert names[0] == "[Content_Types].xml"
        assert names[1:] == sorted(names[1:])
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_tables_repeat_their_heads_and_pages_are_numbered(dossier: Dossier) -> None:
    document = docx.Document(str(dossier.path("report-docx")))
    heads = [table for table in document.tables if list(table._tbl.iter(qn("w:tblHeader")))]
    assert len(heads) >= 8
    fields = [node.text.strip() for node in document.sections[0].footer._element.iter(qn("w:instrText"))]
    assert fields == ["PAGE", "NUMPAGES"]


def test_hostile_text_stays_text(build_with: Callable[..., Dossier]) -> None:
    hostile = "<w:p/> & ]]> </w:t> {{ 7*7 }} {% for %} &lt; \"'"
    made = build_with(security__emergency=hostile, basic__org_name="示例<甲>&“乙”有限公司")
    words = _words(docx.Document(str(made.path("form-docx"))))
    assert hostile in words
    assert "示例<甲>&“乙”有限公司" in words


def test_word_and_pdf_say_the_same_words(dossier: Dossier) -> None:
    pdf = "".join("".join(page.extract_text() for page in PdfReader(dossier.path("form-pdf")).pages).split())
    document = docx.Document(str(dossier.path("form-docx")))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    lines = ["".join(line.split()) for cell in cells for line in cell.split("\n")]
    assert [line for line in lines if line.strip("＿") and line not in pdf] == []
