"""Draws a paper as an editable Word file with the fonts a Chinese office has, the same bytes for the same paper."""

import base64
import io
from collections.abc import Sequence
from functools import cache, partial
from itertools import zip_longest

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_TAB_ALIGNMENT
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import BaseStyle, ParagraphStyle
from docx.table import Table as WordTable
from docx.table import _Cell, _Row
from docx.text.paragraph import Paragraph as WordParagraph

from openbeian.dossier import zips
from openbeian.dossier.papers import (
    Block,
    Column,
    Cover,
    Facts,
    Heading,
    NewPage,
    Paper,
    Paragraph,
    Proof,
    Row,
    Signatures,
    Table,
    Title,
    Tone,
    Words,
    visible,
)

_CELL_STYLE = "TableText"
_BODY, _HEAD, _LATIN = "宋体", "黑体", "Times New Roman"
_PAGE_WIDTH_MM = 210 - 24 - 22
_ALIGN = {"left": WD_ALIGN_PARAGRAPH.LEFT, "right": WD_ALIGN_PARAGRAPH.RIGHT, "center": WD_ALIGN_PARAGRAPH.CENTER}
_BLACK = RGBColor(0, 0, 0)
_CELL, _CODE = 9.0, 7.5  # type sizes in points: in a cell, of a hash
_POINT_MM, _CELL_MARGINS_MM = 0.353, 4.2
_LATIN_END, _LATIN_WIDTH = 0x2FF, 0.56
_MOST_NEEDED = 0.75  # what columns without a share may take together
_QR_MM, _COVER_ROW_MM = 24, 13


def draw(paper: Paper) -> bytes:
    """Return the paper as docx."""
    document = docx.Document(io.BytesIO(_empty()))
    _set_properties(document, paper)
    _set_margins_text(document, paper)
    _attach(document, paper.inputs)
    for block, following in zip_longest(paper.blocks, paper.blocks[1:]):
        _draw_block(document, block)
        if isinstance(block, Paragraph) and _is_led_to(following):
            document.paragraphs[-1].paragraph_format.keep_with_next = True
    out = io.BytesIO()
    document.save(out)
    return zips.normalise(out.getvalue(), first="[Content_Types].xml")


@cache
def _empty() -> bytes:
    """Return a document with the page and the styles of every paper, made once: they cost a third of a short paper."""
    document = docx.Document()
    _leave_out(document)
    _set_page(document)
    _set_styles(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _is_led_to(block: Block | None) -> bool:
    """Tell whether a paragraph before this block must stay with it: a table, or a heading below the paragraph's own."""
    return isinstance(block, Table | Facts) or (isinstance(block, Heading) and block.level > 1)


INPUTS_PART = "customXml/item1.xml"
_INPUTS_NAMESPACE = "tag:openbeian,2026:dossier-inputs"


def _attach(document: Document, inputs: str) -> None:
    """Put the dossier's inputs into the file as a custom XML part, so that it proves itself; Word keeps such parts."""
    text = f'<inputs xmlns="{_INPUTS_NAMESPACE}">{base64.b64encode(inputs.encode()).decode()}</inputs>'
    package = document.part.package
    assert package is not None
    part = Part(PackURI(f"/{INPUTS_PART}"), "application/xml", text.encode(), package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.CUSTOM_XML)


_KEPT_STYLES = {"Normal", "Title", "Heading 1", "Heading 2", "Header", "Footer", "Table Grid"}
_LEFT_OUT_PARTS = ("/stylesWithEffects", "/customXml", "/numbering")


def _leave_out(document: Document) -> None:
    """Drop what the library's template brings and no paper uses: nine tenths of its size."""
    for style in list(document.styles):
        if style.name not in _KEPT_STYLES and not _is_default(style):
            style.delete()
    relations = document.part.rels
    for key in [key for key, relation in relations.items() if relation.reltype.endswith(_LEFT_OUT_PARTS)]:
        relations.pop(key)
    package = document.part.package.rels
    for key in [key for key, relation in package.items() if relation.reltype.endswith("/thumbnail")]:
        package.pop(key)


def _is_default(style: BaseStyle) -> bool:
    return bool(style.element.get(qn("w:default")) == "1")


def _set_page(document: Document) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(27), Mm(24)
    section.left_margin, section.right_margin = Mm(24), Mm(22)


def _set_styles(document: Document) -> None:
    normal = document.styles["Normal"]
    assert isinstance(normal, ParagraphStyle)
    _set_style(normal, _BODY, 10.5)
    normal.paragraph_format.space_after = Pt(4)
    text = document.styles.add_style(_CELL_STYLE, WD_STYLE_TYPE.PARAGRAPH)
    assert isinstance(text, ParagraphStyle)
    text.base_style = normal
    text.font.size = Pt(_CELL)
    text.paragraph_format.space_after = Pt(0)
    for name, size in (("Title", 18), ("Heading 1", 13), ("Heading 2", 11.5)):
        style = document.styles[name]
        assert isinstance(style, ParagraphStyle)
        _set_style(style, _HEAD, size)
        style.font.bold = True
        style.paragraph_format.keep_with_next = True
        style.paragraph_format.space_before = Pt(12)
        style.paragraph_format.space_after = Pt(6)
    for name, tag in (("Title", "w:pBdr"), ("Header", "w:tabs"), ("Footer", "w:tabs")):
        _remove(document.styles[name].element, tag)
    for languages in document.styles.element.iter(qn("w:lang")):
        languages.set(qn("w:val"), "en-US")
        languages.set(qn("w:eastAsia"), "zh-CN")


def _set_style(style: ParagraphStyle, east_asian: str, size: float) -> None:
    style.font.name = _LATIN
    style.font.size = Pt(size)
    style.font.color.rgb = _BLACK
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    # A theme font wins over a name, so the theme attributes go.
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), east_asian)


def _remove(style: object, tag: str) -> None:
    for element in list(style.iter(qn(tag))):  # type: ignore[attr-defined]  # lxml element
        element.getparent().remove(element)


def _set_properties(document: Document, paper: Paper) -> None:
    properties = document.core_properties
    at = paper.made_at.replace(tzinfo=None)  # docx stores UTC without saying so
    properties.title = paper.title.replace("\n", "")
    properties.author = properties.last_modified_by = visible(paper.organisation)[:255]
    properties.created = properties.modified = at
    properties.language = "zh-CN"
    properties.revision = 1
    properties.comments = properties.subject = properties.keywords = ""
    properties.identifier = paper.code


def _set_margins_text(document: Document, paper: Paper) -> None:
    section = document.sections[0]
    section.different_first_page_header_footer = paper.has_cover
    right_edge = Mm(_PAGE_WIDTH_MM)
    header = section.header.paragraphs[0]
    _tabbed(header, visible(paper.running_head), f"核验码 {paper.code}", right_edge)
    footers = [section.footer, section.first_page_footer] if paper.has_cover else [section.footer]
    for footer in footers:
        line = footer.paragraphs[0]
        _tabbed(line, paper.imprint, "第 ", right_edge)
        _field(line, "PAGE")
        _run(line, Words(" 页，共 "), 8)
        _field(line, "NUMPAGES")
        _run(line, Words(" 页"), 8)


def _tabbed(line: WordParagraph, left: str, right: str, edge: Mm) -> None:
    stops = line.paragraph_format.tab_stops
    stops.clear_all()
    stops.add_tab_stop(edge, WD_TAB_ALIGNMENT.RIGHT)
    _run(line, Words(left), 8)
    line.add_run("\t")
    _run(line, Words(right), 8)


def _field(line: WordParagraph, instruction: str) -> None:
    """A field that Word computes; the cached result is 1."""
    for kind in ("begin", None, "separate", "text", "end"):
        if kind is None:
            element = OxmlElement("w:instrText")
            element.set(qn("xml:space"), "preserve")
            element.text = f" {instruction} "
        elif kind == "text":
            element = OxmlElement("w:t")
            element.text = "1"
        else:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        run = line.add_run()
        run.font.size = Pt(8)
        run._r.append(element)  # noqa: SLF001  # the library has no public way to write a field


def _draw_block(document: Document, block: Block) -> None:
    match block:
        case Cover():
            _cover(document, block)
        case Title() | Heading():
            style = "Title" if isinstance(block, Title) else f"Heading {block.level}"
            _heading(document, block.text, style)
        case Paragraph():
            _write(document.add_paragraph(), (Words(block.text, block.tone),), None)
        case Facts():
            _facts(document, block.rows)
        case Table():
            _table(document, block)
        case Signatures():
            _signatures(document, block.people)
        case Proof() | NewPage():
            _proof(document, block) if isinstance(block, Proof) else _new_page(document)


def _heading(document: Document, text: str, style: str) -> WordParagraph:
    paragraph = document.add_paragraph(style=style)
    _write(paragraph, (Words(text),), None)
    if style == "Title":
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    return paragraph


def _cover(document: Document, cover: Cover) -> None:
    title = _heading(document, cover.title, "Title")
    title.paragraph_format.space_before = Mm(40)
    title.paragraph_format.space_after = Mm(24)
    _facts(document, cover.rows, _COVER_ROW_MM)
    space = document.add_paragraph()
    space.paragraph_format.space_before = Mm(_COVER_ROW_MM)
    _proof(document, cover.proof)
    _new_page(document)


def _new_page(document: Document) -> None:
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)


def _facts(document: Document, rows: Sequence[Row], least_mm: float = 0) -> None:
    table = _grid(document, len(rows), (0.27, 0.73))
    for drawn, row in zip(table.rows, rows, strict=True):
        left, right = drawn.cells
        _shade(left)
        _cell(left, (Words(row.label),))
        _cell(right, row.parts)
        _keep_whole(drawn, row.parts)
        if least_mm:
            drawn.height = Mm(least_mm)
            left.vertical_alignment = right.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER


def _table(document: Document, block: Table) -> None:
    if block.caption:
        caption = document.add_paragraph()
        caption.paragraph_format.keep_with_next = True
        _write(caption, (Words(block.caption, Tone.STRONG),), 10)
    table = _grid(document, len(block.rows) + 1, _shares(block))
    head = table.rows[0]
    _repeat(head)
    for cell, column in zip(head.cells, block.columns, strict=True):
        _shade(cell)
        _cell(cell, (Words(column.title, Tone.STRONG),), column.align)
    rows = iter(table.rows)
    next(rows)
    for drawn, row in zip(rows, block.rows, strict=True):
        for cell, column, words in zip(drawn.cells, block.columns, row, strict=True):
            _cell(cell, (words,), column.align)
        _keep_whole(drawn, row)
    if block.is_short:
        _keep_together(table)


def _shares(block: Table) -> tuple[float, ...]:
    """The share of the page's width that each column gets: what its words need where no share is asked for."""
    needed = [
        0.0 if column.width else _needed(column, [row[at] for row in block.rows])
        for at, column in enumerate(block.columns)
    ]
    scale = min(1.0, _MOST_NEEDED / (sum(needed) or 1))
    free = 1 - scale * sum(needed)
    total = sum(column.width for column in block.columns) or 1
    return tuple(
        free * column.width / total if column.width else scale * own
        for column, own in zip(block.columns, needed, strict=True)
    )


def _needed(column: Column, cells: Sequence[Words]) -> float:
    """The share of the page's width that the longest line of a column takes."""
    points = max([_width(column.title, _CELL)] + [_width(cell.text, _size_of(cell, _CELL)) for cell in cells])
    return (points * _POINT_MM + _CELL_MARGINS_MM) / _PAGE_WIDTH_MM


def _width(text: str, size: float) -> float:
    """The width of the longest line in points: a Chinese character is as wide as the type, a Latin one about half."""
    return max(sum(size if ord(c) > _LATIN_END else size * _LATIN_WIDTH for c in line) for line in text.split("\n"))


def _signatures(document: Document, people: Sequence[str]) -> None:
    space = document.add_paragraph()
    space.paragraph_format.keep_with_next = True
    table = document.add_table(rows=1, cols=len(people))
    for cell, person in zip(table.rows[0].cells, people, strict=True):
        _cell(cell, (Words("＿＿＿＿＿＿＿＿＿＿"), Words(person), Words("年　　月　　日")))
    _keep_whole(table.rows[0], ())


def _proof(document: Document, proof: Proof) -> None:
    table = _grid(document, 1, (0.2, 0.8))
    picture, words = table.rows[0].cells
    run = picture.paragraphs[0].add_run()
    shown = run.add_picture(io.BytesIO(proof.raster), width=Mm(_QR_MM))
    for name in shown._inline.iter(qn("wp:docPr")):  # noqa: SLF001  # no public way to describe a picture
        name.set("descr", proof.alt)
    _cell(words, (Words(f"核验码　{proof.code}", Tone.STRONG), Words(proof.digest, Tone.CODE), Words(proof.words)))
    _keep_whole(table.rows[0], ())


def _grid(document: Document, rows: int, shares: Sequence[float]) -> WordTable:
    table: WordTable = document.add_table(rows=rows, cols=len(shares), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, share in zip(table.columns, shares, strict=True):
        width = Mm(_PAGE_WIDTH_MM * share)
        column.width = width
    for row in table.rows:
        for cell, share in zip(row.cells, shares, strict=True):
            cell.width = Mm(_PAGE_WIDTH_MM * share)
    return table


def _cell(cell: _Cell, parts: Sequence[Words], align: str = "left") -> None:
    paragraph = cell.paragraphs[0]
    paragraph._p.style = _CELL_STYLE  # noqa: SLF001  # by its id: the public way looks the style up for every cell
    if align != "left":
        paragraph.alignment = _ALIGN[align]
    _write(paragraph, parts, None)


def _write(paragraph: WordParagraph, parts: Sequence[Words], size: float | None) -> None:
    add = partial(_run, paragraph, size=size)
    for number, part in enumerate(parts):
        if number:
            paragraph.add_run().add_break()
        add(part)


def _run(paragraph: WordParagraph, words: Words, size: float | None) -> None:
    run = paragraph.add_run(visible(words.text))
    if words.tone in {Tone.STRONG, Tone.MISSING}:
        run.bold = True
    if size is not None or words.tone is Tone.CODE:
        run.font.size = Pt(_size_of(words, size or _CELL))


def _size_of(words: Words, size: float) -> float:
    return _CODE if words.tone is Tone.CODE else size


def _shade(cell: _Cell) -> None:
    shading = OxmlElement("w:shd")
    shading.set(qn("w:val"), "clear")
    shading.set(qn("w:color"), "auto")
    shading.set(qn("w:fill"), "F2F2F2")
    cell._tc.get_or_add_tcPr().append(shading)  # noqa: SLF001  # no public way to shade


def _repeat(row: _Row) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001  # no public way to repeat a head


_LONG_ROW = 600


def _keep_whole(row: _Row, parts: Sequence[Words]) -> None:
    if sum(len(part.text) for part in parts) < _LONG_ROW:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001  # as above


def _keep_together(table: WordTable) -> None:
    """Keep the rows of a table on one page: each line but those of the last row stays with the next."""
    for row in list(table.rows)[:-1]:
        for cell in row.cells:
            for paragraph in cell.paragraphs:
                paragraph.paragraph_format.keep_with_next = True
