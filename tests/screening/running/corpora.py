"""Corpora, settings and misbehaving parts for the tests of a running scan."""

import itertools
import json
import os
import resource
import signal
from pathlib import Path

import numpy as np

from openbeian.manifest import Fault
from openbeian.screening import Keyword, Library
from openbeian.screening.classifier import Classifier, Flagged, fit, labelled
from openbeian.screening.columns import Screen
from openbeian.screening.reading import ReadOptions
from openbeian.screening.running import ScanOptions, Settings, run_scan

WORDS = (
    Keyword("云朵苹果", "A.1", "A.1.a"),
    Keyword("示例词", "A.2", "A.2.a"),
    Keyword("云朵", "A.1", "A.1.b"),
)


def settings(classifier=None, *, disguises=False):
    """Return the settings of a small scan."""
    screen = Screen(Library(WORDS, ["云朵糖"]), disguises=disguises, classifier=classifier)
    return Settings(screen, ReadOptions(batch_rows=16), frozenset({"A.1.a"}))


def a_corpus(folder: Path, rows: int = 400) -> Path:
    """Write texts in several formats: every seventh row has a keyword, every fifth a telephone number, every eleventh is broken."""
    texts = [_text(number) for number in range(rows)]
    (folder / "lines").mkdir(parents=True)
    (folder / "lines" / "a.txt").write_text("\n".join(texts), encoding="utf-8")
    lines = [json.dumps({"text": text}, ensure_ascii=False) for text in texts]
    broken = [line if number % 11 else line[:-2] for number, line in enumerate(lines)]
    (folder / "records").mkdir()
    (folder / "records" / "b.jsonl").write_text("\n".join(broken), encoding="utf-8")
    (folder / "records" / "c.csv").write_text("text\n" + "\n".join(texts), encoding="gb18030")
    return folder


def _text(number: int) -> str:
    keyword = "云朵苹果" if number % 7 == 0 else "云朵糖" if number % 3 == 0 else "梨"
    phone = "电话13800138000" if number % 5 == 0 else ""
    return f"第{number}行写着{keyword}，{phone}好"


def a_classifier() -> Classifier:
    """Train a classifier that flags texts with a pear, those without a telephone number rather."""
    rows = [(f"第{number}行写着云朵糖，好", "合格") for number in range(300)]
    rows += [(f"第{number}行写着梨，{'电话' * (number % 2)}好", "A.2.d") for number in range(300)]
    return fit(labelled(rows), "0" * 64, "labels.csv")


class Quiet:
    """A classifier that flags nothing, and ends its process where a file says so."""

    digest = "quiet"
    covered = ()

    def __init__(self, marks: Path, deaths: int) -> None:
        self._marks, self._deaths = marks, deaths

    def flagged(self, texts):
        """Flag nothing; die while there are deaths left, one mark each."""
        if any("第7行" in text for text in texts):
            for number in range(self._deaths):
                try:
                    (self._marks / str(number)).touch(exist_ok=False)
                except FileExistsError:
                    continue
                os.kill(os.getpid(), signal.SIGKILL)
        return Flagged(np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.int32))


class Heavy(Quiet):
    """A classifier that flags nothing, and as often as wanted ends a process that is still taking it in."""

    def __reduce__(self):
        return _taken_in, (self._marks, self._deaths), {"ballast": b"0" * 2**22}


def _taken_in(marks: Path, deaths: int) -> Heavy:
    heavy = Heavy(marks, deaths)
    heavy.flagged(["第7行"])
    return heavy


def scan_and_be_killed(corpus: Path, out: Path) -> None:
    """Scan, and be killed in the middle of the third shard."""
    calls = itertools.count()

    def kill(*_):
        if next(calls) == 5:
            os.kill(os.getpid(), signal.SIGKILL)

    run_scan([corpus], settings(), out, ScanOptions(jobs=1, shard_bytes=1_000), kill)


def scan_on_a_small_disk(corpus: Path, out: Path, pipe) -> None:
    """Scan where no file may grow beyond 2,000 bytes once the plan is written; tell the code of the fault."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def fill(*_):
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))

    try:
        run_scan([corpus], settings(), out, ScanOptions(jobs=1, shard_bytes=2_000), fill)
        pipe.send("no fault")
    except Fault as fault:
        pipe.send(fault.code)
