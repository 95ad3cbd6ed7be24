"""Which files a corpus is made of: each once, in order, with what was left out and why."""

from __future__ import annotations

import glob
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import count
from pathlib import Path
from typing import Final

from openbeian.manifest import Fault
from openbeian.screening.reading.files import CorpusFile, printable
from openbeian.screening.reading.formats import KNOWN, format_of

OUTPUT_MARK: Final = ".openbeian-scan"  # a folder that holds a file of this name is the output of a scan
_UNKNOWN: Final = "格式不认识"
_MACRO: Final = "带宏的文档"
_HIDDEN: Final = "隐藏的文件或文件夹"
_OUTPUT: Final = "扫描自己的输出"
_SPECIAL: Final = "不是普通文件"
_GONE: Final = "读不到"
_AGAIN: Final = "同一个文件已经计入"
_MISSED: Final = (_GONE, _MACRO)  # texts that may be there and were not read: a person must see to them
_NAMED: Final = 8  # of them, by name


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or folder that is not read, and why."""

    path: Path
    reason: str


@dataclass
class Corpus:
    """The files to read, and what was left out."""

    files: list[CorpusFile] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def reasons(self) -> Counter[str]:
        """How many were left out, by reason; the first of those that were missed by name."""
        found = Counter[str]()
        for each in self.left_out:
            is_named = each.reason in _MISSED and missed(found) < _NAMED
            name = f"（{printable(Path(each.path.name))}）" if is_named else ""
            found[each.reason + name] += 1
        return found


def missed(reasons: Mapping[str, int]) -> int:
    """Return how many files and folders should have been read and could not be."""
    return sum(number for reason, number in reasons.items() if reason.startswith(_MISSED))


def list_corpus(paths: Sequence[Path], *, without: Iterable[Path] = ()) -> Corpus:
    """List the files under files, folders and globs, each once; folders are searched to the bottom, also through links.

    Args:
        paths: files, folders, or patterns with `*`, `?`, `[…]` and `**`.
        without: folders that are not searched, such as that of the output.

    Raises:
        Fault: `no-corpus` when a path does not exist or holds nothing to read, `corpus-format` for a file given by name
            whose format is not known, `corpus-unreadable` for one that is no regular file, `corpus-is-output`.
    """
    listing = _Listing(frozenset(filter(None, map(_identity, without))))
    for path in paths:
        before = len(listing.found)
        listing.add(path)
        if len(listing.found) == before and not listing.met_known:
            raise Fault("no-corpus", "没有可读的语料", f"给出 {KNOWN}，或装着它们的文件夹", file=printable(path))
    return Corpus(_named(listing.found), listing.left_out)


def corpus_files(paths: Sequence[Path]) -> list[Path]:
    """Return the paths of the corpus files under the given files and folders. Raises as `list_corpus`."""
    return [file.path for file in list_corpus(paths).files]


def new_files(paths: Sequence[Path], known: Iterable[CorpusFile], *, without: Iterable[Path] = ()) -> list[CorpusFile]:
    """Return the files that came since `known` were listed from the same paths; a path that is gone holds none."""
    listing = _Listing(frozenset(filter(None, map(_identity, without))))
    for path in paths:
        try:
            listing.add(path)
        except Fault:
            continue
    old = list(known)
    paths_of_old = {file.path for file in old}
    same = {(file.inode, file.size, file.mtime_ns) for file in old}  # a removed file's number is soon given to another
    return [
        file
        for file in _named(listing.found)
        if file.path not in paths_of_old and (file.inode, file.size, file.mtime_ns) not in same
    ]


@dataclass(frozen=True, slots=True)
class _Found:
    path: Path
    root: Path | None  # the folder that was asked for
    stat: os.stat_result


class _Listing:
    def __init__(self, without: frozenset[tuple[int, int]]) -> None:
        self.found: list[_Found] = []
        self.left_out: list[LeftOut] = []
        self.met_known = False  # the path held a file that another path had held before
        self._files: set[tuple[int, int]] = set()
        self._without = without

    def add(self, path: Path) -> None:
        """Add what a file, a folder or a pattern stands for."""
        self.met_known = False
        try:
            kind = path.stat().st_mode
        except (OSError, ValueError) as error:
            self._add_pattern(path, error)
            return
        if stat.S_ISDIR(kind):
            _refuse_output(path)
            self._add_folder(path)
        elif not stat.S_ISREG(kind):
            raise Fault("corpus-unreadable", "不是普通文件", "给出文件或文件夹", file=printable(path))
        elif format_of(path) is None:
            raise _unknown_format(path)
        else:
            self._add_file(path, None)

    def _add_pattern(self, path: Path, error: Exception) -> None:
        if not glob.has_magic(str(path)):
            if isinstance(error, PermissionError):
                raise Fault("corpus-unreadable", "没有权限读取", "检查权限", file=printable(path)) from error
            raise Fault("no-corpus", "路径不存在", "检查路径", file=printable(path)) from error
        if "**" in path.parts:
            self._add_deep_pattern(path)
            return
        for each in map(Path, sorted(glob.glob(str(path)))):  # noqa: PTH207 -- the pattern may be absolute
            if each.is_dir():
                self._add_folder(each)
            else:
                self._add_candidate(each, None)

    def _add_deep_pattern(self, pattern: Path) -> None:
        """Search by hand, because `glob` goes round in loops of links."""
        parts = pattern.parts
        first = next(i for i, part in enumerate(parts) if glob.has_magic(part))
        root, wanted = Path(*parts[:first]), parts[first:]
        for path in walk(root, self._without, self.left_out):
            if _matches(path.relative_to(root).parts, wanted):
                self._add_candidate(path, root)

    def _add_folder(self, root: Path) -> None:
        for path in walk(root, self._without, self.left_out):
            self._add_candidate(path, root)

    def _add_candidate(self, path: Path, root: Path | None) -> None:
        if format_of(path) is None:
            reason = _MACRO if path.suffix.lower() in {".docm", ".dotm"} else _UNKNOWN
            self.left_out.append(LeftOut(path, reason))
        else:
            self._add_file(path, root)

    def _add_file(self, path: Path, root: Path | None) -> None:
        try:
            status = path.stat()
        except OSError:
            self.left_out.append(LeftOut(path, _GONE))
            return
        if not stat.S_ISREG(status.st_mode):
            self.left_out.append(LeftOut(path, _SPECIAL))
            return
        self.met_known = True
        if (key := (status.st_dev, status.st_ino)) in self._files:
            self.left_out.append(LeftOut(path, _AGAIN))
            return
        self._files.add(key)
        self.found.append(_Found(path, root, status))


def walk(root: Path, without: frozenset[tuple[int, int]], left_out: list[LeftOut]) -> Iterator[Path]:
    """Yield what is in a folder and its folders, in order of name, no folder twice; say what is left out."""
    seen: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            if (key := _identity(folder)) is None or key in seen:
                continue
            seen.add(key)
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            left_out.append(LeftOut(folder, _GONE))
            continue
        if key in without or any(entry.name == OUTPUT_MARK for entry in entries):
            left_out.append(LeftOut(folder, _OUTPUT))
            continue
        inner = []
        for entry in entries:
            path = folder / entry.name
            if entry.name.startswith("."):
                left_out.append(LeftOut(path, _HIDDEN))
            elif _is_folder(entry):
                inner.append(path)
            else:
                yield path
        waiting += reversed(inner)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _matches(parts: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Tell whether a path, or a folder it lies in, is one that the pattern stands for."""
    if not wanted:
        return True
    if wanted[0] == "**":
        return any(_matches(parts[i:], wanted[1:]) for i in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], wanted[0]) and _matches(parts[1:], wanted[1:])


def _named(found: list[_Found]) -> list[CorpusFile]:
    """Give each file a name and a source; two of the same name are told apart by a number."""
    names: dict[str, Path] = {}
    sources: dict[str, Path] = {}
    files = []
    for each in found:
        name = printable(each.path.relative_to(each.root) if each.root else Path(each.path.name)).replace(os.sep, "/")
        s = each.stat
        files.append(
            CorpusFile(
                path=each.path,
                name=_apart(name, each.path, names),
                source=_apart(*_source(each), sources),
                size=s.st_size,
                mtime_ns=s.st_mtime_ns,
                inode=(s.st_dev, s.st_ino),
            )
        )
    return files


def _apart(label: str, place: Path, taken: dict[str, Path]) -> str:
    """Return the label, with a number when another place has it."""
    for number in count(1):
        each = label if number == 1 else f"{label}#{number}"
        if taken.setdefault(each, place) == place:
            return each
    raise AssertionError


def _source(found: _Found) -> tuple[str, Path]:
    """Return the name of a file's source and the path that it stands for."""
    if found.root is None:
        return printable(Path(found.path.name)), found.path
    inner = found.path.relative_to(found.root).parts
    place = found.root / inner[0] if len(inner) > 1 else found.root
    return printable(Path(place.name or place.resolve().name or str(place))), place


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _refuse_output(folder: Path) -> None:
    if (folder / OUTPUT_MARK).exists():
        words = f"这个文件夹是一次扫描的结果（里面有 {OUTPUT_MARK}），不当语料读"
        raise Fault("corpus-is-output", words, "给出语料的文件夹；确要读它，先删去这个文件", file=printable(folder))


def _unknown_format(path: Path) -> Fault:
    if path.suffix.lower() in {".docm", ".dotm"}:
        return Fault("corpus-macro", "文档带有宏，不予打开", "另存为不带宏的 docx", file=printable(path))
    return Fault("corpus-format", f"不认识的格式 {path.suffix or '（无后缀）'}", f"用 {KNOWN}", file=printable(path))
