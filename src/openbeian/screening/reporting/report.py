"""`report.json`: the same corpus and settings give the same bytes, however the scan ran; no text of the corpus stands in it."""

from __future__ import annotations

import json
from typing import Any, Final

from openbeian.screening.disguises import TIERS
from openbeian.screening.folding import FOLD_SHA256
from openbeian.screening.reporting.figures import SUBJECTS, SURE, Figures
from openbeian.screening.reporting.words import safe
from openbeian.screening.running import FileResult

SCHEMA: Final = "openbeian/scan/v2"


def report_json(figures: Figures) -> dict[str, Any]:
    """Return the report as plain JSON."""
    result = figures.result
    return {
        "schema": SCHEMA,
        "settings": settings_json(figures),
        "totals": _totals(figures),
        "sources": [source.as_json() for source in figures.sources],
        "human_sample": {"from": figures.beside.human_from, "without_place": list(figures.without_place)},
        "risks": _risks(figures),
        "tiers": {tier: {subject: figures.tiers[tier][subject] for subject in SUBJECTS} for tier in TIERS},
        "disguises": {via: dict(sorted(counts.items())) for via, counts in figures.vias.items()},
        "personal": {kind: {tier: counts[tier] for tier in TIERS} for kind, counts in figures.personal.items()},
        "queue": _queue(figures),
        "files": [file_json(file) for file in result.files],
        "left_out": result.left_out,
        "came_late": list(result.came_late),
        "faults": faults_json(result.files),
        "mentions": result.mentions.model_dump(mode="json"),
    }


def report_text(figures: Figures) -> str:
    """Return the report as it is written."""
    return json.dumps(report_json(figures), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def settings_json(figures: Figures) -> dict[str, Any]:
    """Return what was looked for, by which rules."""
    settings, library = figures.result.settings, figures.library
    classifier = settings.screen.classifier
    return {
        "sha256": figures.result.settings_sha256,
        "library": {
            "sha256": library.digest,
            "words": library.size,
            "allowed": len(library.allowed),
            "classes": library.counts,
        },
        "classifier": None
        if classifier is None
        else {name: _plain(getattr(classifier, name, None)) for name in ("digest", "covered", "without_model")},
        "fold_sha256": FOLD_SHA256,
        "personal": settings.screen.personal,
        "disguises": settings.screen.disguises is not None,
        "column": settings.options.column,
        "longest_bytes": settings.options.longest,
        "harmful": sorted(settings.harmful),
        "edition": figures.beside.edition,
        "limit": {"id": figures.limit.id, "value": figures.limit.value, "clause": figures.limit.clause},
    }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _totals(figures: Figures) -> dict[str, Any]:
    files = figures.result.files
    return {
        "files": len(files),
        "sources": len(figures.sources),
        "bytes": sum(file.bytes_in for file in files),
        "bytes_given_up": sum(file.bytes_rejected for file in files),
        "text_bytes": sum(file.text_bytes for file in files),
        "rows": figures.rows.as_json(),
        "rows_with": dict(sorted(figures.total.rows.items())),
        "mentions": sum(figures.total.mentions.values()),
    }


def _risks(figures: Figures) -> list[dict[str, Any]]:
    """Return for each second class its keywords' mentions that count, and the rows that have one, by source."""
    total = figures.mentions(figures.total, *SURE)
    by_source = {source.name: figures.mentions(source.tally, *SURE) for source in figures.sources}
    return [
        {
            "class2": name,
            "mentions": total[name],
            "rows": figures.total.classes[name],
            "by_source": {source: counts[name] for source, counts in by_source.items() if counts[name]},
        }
        for name in sorted(total)
    ]


def _queue(figures: Figures) -> dict[str, Any] | None:
    """Return what a classifier flagged: texts by their likeliest risk, and how many have a place in the queue."""
    if figures.result.settings.screen.classifier is None:
        return None
    return {
        "flagged": figures.flagged.total(),
        "by_likeliest_risk": dict(sorted(figures.flagged.items())),
        "listed": len(figures.queue),
    }


def file_json(file: FileResult) -> dict[str, Any]:
    """Return the account of a file; what was said of it holds no personal information and no path of this machine."""
    said = {"unread_fields": [safe(name) for name in file.unread], "notes": [safe(note) for note in file.notes]}
    return {**file.as_json(), **said, "faults": faults_json((file,))}


def faults_json(files: tuple[FileResult, ...]) -> list[dict[str, str]]:
    """Return what kept files from being read, in the order of the files."""
    return [
        {**{name: safe(said) for name, said in fault.items()}, "file": file.name, "source": file.source}
        for file in files
        for fault in file.faults
    ]
