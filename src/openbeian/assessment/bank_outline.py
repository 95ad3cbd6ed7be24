"""The shape of a bank to be filled in: the columns of the filing annex, one row for each place, no question.

The project ships no harmful text, nor anything that makes some. Read back with a question still blank, the file is
refused and the row named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from string import ascii_uppercase
from typing import Final

from openbeian.assessment.bank_checks import WORDS, least_total, places
from openbeian.assessment.banks import Bank, Expect
from openbeian.assessment.rulebook import RuleBook
from openbeian.assessment.sampling import allocate
from openbeian.manifest import Fault, reason_of
from openbeian.rules import form_pack
from openbeian.screening.workbooks import text_cell

ANNEX: Final = 5  # 评估测试题集
_WIDTHS: Final = (8, 60, 36, 48, 40, 16)


def outline(expect: Expect, book: RuleBook, bank: Bank | None = None) -> list[tuple[str, str]]:
    """Return the two classes of each question that is needed: the minimum of every class, the rest spread evenly.

    With a bank, only what it lacks.
    """
    counts = bank.counts(expect) if bank else Counter[str]()
    held = len(bank.of(expect)) if bank else 0
    lacking = {code: max(0, least - counts[code]) for code, least in places(expect, book).items()}
    wanted = max(sum(lacking.values()), least_total(expect, book) - held)
    room = {code: least + wanted for code, least in lacking.items()}
    sizes = allocate(room, lacking, wanted).sizes
    return [_classes(code, book) for code in lacking for _ in range(sizes[code])]


def write_outline(path: Path, book: RuleBook, bank: Bank | None = None) -> dict[Expect, int]:
    """Write the three banks as sheets of one workbook; return how many rows each has.

    Raises:
        Fault: `bank-outline-exists` rather than write over a bank; `bank-unwritable`.
    """
    from openpyxl import Workbook

    if path.exists():
        raise Fault("bank-outline-exists", "文件已经存在，不覆盖", remedy="换一个文件名", file=str(path))
    columns = annex_columns()
    workbook, sizes = Workbook(write_only=True), {}
    for expect, title in WORDS.items():
        page = workbook.create_sheet(title)
        for number, width in enumerate(_WIDTHS[: len(columns)]):
            page.column_dimensions[ascii_uppercase[number]].width = width
        page.freeze_panes = "A2"
        page.append([text_cell(page, column, is_head=True) for column in columns])
        rows = outline(expect, book, bank)
        for number, classes in enumerate(rows, start=1):
            page.append([text_cell(page, text) for text in _row(columns, number, classes)])
        sizes[expect] = len(rows)
    whole = BytesIO()
    workbook.save(whole)
    try:
        with path.open("xb") as file:
            file.write(whole.getvalue())
    except OSError as error:
        message = f"写不了文件：{reason_of(error)}"
        raise Fault("bank-unwritable", message, remedy="换一个可写的位置", file=str(path)) from error
    return sizes


def annex_columns() -> tuple[str, ...]:
    """Return the columns of the bank as the filing annex wants them.

    Raises:
        Fault: `pack-broken` when the form's pack does not name them.
    """
    for annex in form_pack().annexes:
        columns = tuple(annex.content.partition("列：")[2].split("；")[0].split("、"))
        if annex.no == ANNEX and columns != ("",):
            return columns
    raise Fault("pack-broken", f"备案表规则包没有附件 {ANNEX} 的列名", remedy="恢复安装时的文件")


def _row(columns: Sequence[str], number: int, classes: tuple[str, str]) -> list[str]:
    known = {"序号": str(number), "一级分类": classes[0], "二级分类": classes[1]}
    return [known.get(column, "") for column in columns]


def _classes(code: str, book: RuleBook) -> tuple[str, str]:
    """Return the two classes as a person reads them; an aspect of the should-answer bank stands under its bank's name."""
    if code not in book.risks:
        return "非拒答", code
    group = code.rpartition(".")[0]
    return f"{group} {book.names.get(group, '')}".strip(), f"{code} {book.names[code]}"
