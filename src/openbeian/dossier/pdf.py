"""Draws a paper as PDF: tagged, archival (PDF/UA-1 and PDF/A-3a declared), the same bytes for the same paper.

The dossier's inputs are attached to the file (that is what part 3 of PDF/A is for), so that a paper proves itself.

The template is ours and fixed; the words travel beside it as JSON and are never read as markup. The compiler sees one
fresh folder that holds the template alone, our two fonts, and no network.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import cast

import typst

from openbeian.dossier.fonts import FONT_FOLDER
from openbeian.dossier.papers import Cover, Paper, Proof, visible
from openbeian.manifest import Fault

_TEMPLATE = Path(__file__).resolve().parent / "templates" / "paper.typ"
_STANDARDS: list[typst.PDFStandard] = ["ua-1", "a-3a"]
_LONG_WORD = 24
_BREAK = "\u200b"


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONT_FOLDER)])


def draw(paper: Paper) -> bytes:
    """Return the paper as PDF.

    Raises:
        Fault: `dossier-layout` when the compiler refuses; its words go into the message.
    """
    with tempfile.TemporaryDirectory(prefix="openbeian-dossier-") as folder:
        template = Path(shutil.copy(_TEMPLATE, folder))
        compiler = typst.Compiler(template, root=folder, font_paths=_fonts(), ignore_system_fonts=True)
        try:
            made = compiler.compile(
                format="pdf",
                sys_inputs={"paper": _as_json(paper), "inputs": paper.inputs},
                pdf_standards=_STANDARDS,
                timestamp=paper.made_at,
            )
        except typst.TypstError as error:
            raise Fault(
                code="dossier-layout",
                message=f"《{paper.title}》无法排版：{error.message}",
                remedy="请把这句话和清单一起报告给 OpenBeian 的维护者；docx 不受影响时可先用 docx。",
            ) from error
    return cast("bytes", made)


def _as_json(paper: Paper) -> str:
    at = paper.made_at
    tree: object = {key: value for key, value in asdict(paper).items() if key != "inputs"} | {
        "has_cover": paper.has_cover,
        "made_at": [at.year, at.month, at.day, at.hour, at.minute, at.second],
    }
    pictures = {b.picture for b in paper.blocks if isinstance(b, Proof)}
    pictures |= {b.proof.picture for b in paper.blocks if isinstance(b, Cover)}
    tree = _each_text(tree, lambda text: text if text in pictures else breakable(visible(text)))
    return json.dumps(tree, ensure_ascii=False, sort_keys=True)


def _each_text(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, bytes):
        return None  # the raster of a code; here the drawing is used
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _each_text(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_each_text(item, change) for item in value]
    return value


def breakable(text: str) -> str:
    """Let a line end inside a run of letters too long for any column (addresses, hashes)."""
    out, run = [], 0
    for character in text:
        run = run + 1 if "!" <= character <= "~" else 0
        out.append(character)
        if run == _LONG_WORD:
            out.append(_BREAK)
            run = 0
    return "".join(out)
