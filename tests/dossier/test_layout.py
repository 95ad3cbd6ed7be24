"""Where pages end: a short table stays whole wherever it falls, a heading and its lead stay with what they lead to."""

import io
from datetime import UTC, datetime

import docx
import pytest
from pypdf import PdfReader

from openbeian.dossier import pdf, word
from openbeian.dossier.papers import Block, Column, Heading, Paper, Paragraph, Table, Words

pytestmark = pytest.mark.req("F1")
COLUMNS = (Column("条款"), Column("要求", 5))


def table(rows: int, words: str = "示例要求") -> Table:
    return Table(COLUMNS, tuple((Words(f"行{number}止"), Words(words)) for number in range(rows)), "示例表")


def paper(*blocks: Block) -> Paper:
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    return Paper("示例", "示例文件", "示例单位", "示例", "示例", "AAAA-AAAA-AAAA", moment, "{}", blocks)


def pages_with(drawn: bytes, words: str) -> set[int]:
    pages = PdfReader(io.BytesIO(drawn)).pages
    return {number for number, page in enumerate(pages) if words in "".join(page.extract_text().split())}


@pytest.mark.parametrize("above", range(24, 48, 3))
def test_a_short_table_stays_whole_with_its_heading_wherever_the_page_ends(above: int) -> None:
    filling = [Paragraph(f"第 {number} 段") for number in range(above)]
    drawn = pdf.draw(paper(*filling, Heading("四、示例"), Paragraph("引语"), Heading("第五章", 2), table(8)))
    (place,) = pages_with(drawn, "四、示例")
    assert all(pages_with(drawn, words) == {place} for words in ("引语", "第五章", *(f"行{n}止" for n in range(8))))


def test_a_long_table_goes_on_over_the_page() -> None:
    drawn = pdf.draw(paper(*(Paragraph("示例") for _ in range(20)), table(40)))
    assert pages_with(drawn, "行0止") == {0}
    assert pages_with(drawn, "行39止") == {1}


@pytest.mark.parametrize(("drawn", "is_kept"), [(table(8), True), (table(9), False), (table(8, "长" * 80), False)])
def test_word_is_told_which_tables_to_keep_together(drawn: Table, *, is_kept: bool) -> None:
    document = docx.Document(io.BytesIO(word.draw(paper(Paragraph("引语"), Heading("第五章", 2), drawn))))
    *rows, last = document.tables[-1].rows
    assert {p.paragraph_format.keep_with_next for row in rows for c in row.cells for p in c.paragraphs} == {
        True if is_kept else None
    }
    assert not any(p.paragraph_format.keep_with_next for c in last.cells for p in c.paragraphs)
    assert next(p for p in document.paragraphs if p.text == "引语").paragraph_format.keep_with_next
