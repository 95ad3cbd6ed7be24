"""The papers of a case, drawn: which there are follows from the track, how they look from `pdf` and `word`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from openbeian.dossier import drafts, pdf, word
from openbeian.dossier.case import Case
from openbeian.dossier.form import form_paper
from openbeian.dossier.papers import Paper, check_printable
from openbeian.dossier.report import report_paper
from openbeian.rules import clause_pack, form_pack

_DRAWERS: Mapping[str, Callable[[Paper], bytes]] = {".pdf": pdf.draw, ".docx": word.draw}


def papers_of(case: Case) -> list[Paper]:
    """Return the papers of the track: the form, the report where the track asks for one, the drafts of annexes."""
    clauses = clause_pack(case.basis)
    papers = [form_paper(case, form_pack(), clauses)]
    if not case.is_registration:
        papers.append(report_paper(case, [clauses]))
    return [*papers, *drafts.papers(case, clauses)]


def drawn(case: Case, ending: str | None = None, first: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield the name and bytes of every paper, or of those in one format; the one whose file is named `first` leads.

    Raises:
        Fault: `dossier-unprintable` when a character has no glyph, `dossier-layout` when the compiler refuses.
    """
    papers = sorted(papers_of(case), key=lambda paper: not first.startswith(paper.name))
    for paper in papers:
        check_printable(paper)
    for paper in papers:
        for own, draw in _DRAWERS.items():
            if ending in {None, own}:
                yield f"{paper.name}{own}", draw(paper)
