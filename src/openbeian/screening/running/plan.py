"""The plan of a scan, written before it begins: what is scanned, cut into shards, and by what; a scan that was stopped goes on by it."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from openbeian.files import write_whole
from openbeian.manifest import Fault, digest
from openbeian.screening.folding import FOLD_SHA256
from openbeian.screening.reading import OUTPUT_MARK, CorpusFile, Shard, list_corpus, make_shards
from openbeian.screening.running.bundles import Bundle, bundled

if TYPE_CHECKING:
    from openbeian.screening.running.shard_scan import Settings

SCHEMA: Final = "openbeian/scan-plan/v2"
PLAN, PARTS, LOCK = "plan.json", "parts", OUTPUT_MARK


@dataclass(frozen=True)
class Plan:
    """A scan to be done: the files as they were listed, what was left out by reason, the shards, and the digest of the settings."""

    files: list[CorpusFile]
    left_out: dict[str, int]
    shards: list[Shard]
    settings: str

    @cached_property
    def bundles(self) -> list[Bundle]:
        """The shards as they are scanned: small whole files together, everything else alone."""
        return list(bundled(self.shards))

    def as_json(self) -> dict[str, Any]:
        """Return the plan as plain JSON."""
        return {
            "schema": SCHEMA,
            "settings": self.settings,
            "left_out": self.left_out,
            "shards": [shard.as_json() for shard in self.shards],
        }


def make_plan(
    paths: Sequence[Path], settings: Settings, out: Path, sources: dict[str, str], size: int | None = None
) -> Plan:
    """List and cut the corpus. Raises as `list_corpus`."""
    corpus = list_corpus(paths, without=[out])
    files = [_with_source(file, sources) for file in corpus.files]
    shards = make_shards(files, size=size) if size else make_shards(files)
    return Plan(files, dict(sorted(corpus.reasons.items())), shards, settings_digest(settings))


def _with_source(file: CorpusFile, sources: dict[str, str]) -> CorpusFile:
    """Give a file the name of the source whose path it lies under; the longest such path counts."""
    place = file.path.resolve()
    under = [path for path in sources if place == Path(path) or Path(path) in place.parents]
    return replace(file, source=sources[max(under, key=len)]) if under else file


def settings_digest(settings: Settings) -> str:
    """Return the digest of everything but the corpus that decides the outcome."""
    screen = settings.screen
    classifier = screen.classifier
    return digest(
        {
            "library": screen.library.digest,
            "personal": screen.personal,
            "disguises": screen.disguises is not None,
            "classifier": "" if classifier is None else str(getattr(classifier, "digest", "")),
            "column": settings.options.column or "",
            "longest": settings.options.longest,
            "piece": settings.options.piece,
            "harmful": sorted(settings.harmful),
            "fold": FOLD_SHA256,
        }
    )


def settle_plan(plan: Plan, out: Path) -> bool:
    """Write the plan; return whether parts of the very same scan are there to go on from. Other parts are removed."""
    folder = out / PARTS
    text = json.dumps(plan.as_json(), ensure_ascii=False, sort_keys=True)
    path = out / PLAN
    is_same = path.exists() and path.read_text(encoding="utf-8") == text
    if not is_same:
        remove_parts(out)
        write_whole(path, text)
    folder.mkdir(exist_ok=True)
    return is_same


def remove_parts(out: Path) -> None:
    """Remove the parts of a scan; first of all the plan, so that a kill in the middle leaves nothing to go on from."""
    (out / PLAN).unlink(missing_ok=True)
    folder = out / PARTS
    for part in folder.glob("*") if folder.is_dir() else ():
        part.unlink()
    if folder.is_dir():
        folder.rmdir()


@contextmanager
def sole(out: Path) -> Iterator[None]:
    """Keep the output folder to this scan; the lock ends with the process, however it ends.

    Raises:
        Fault: `scan-busy`.
    """
    with (out / LOCK).open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Fault(
                "scan-busy", "另一次扫描正在写这个目录", "等它结束，或用 --out 换一个目录", file=str(out)
            ) from error
        yield
