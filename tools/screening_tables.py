"""Write `screening/tables/syllables.tsv` and `english.tsv`, the facts that the pass by sound compares with.

syllables.tsv: a syllable without tone, the characters whose usual reading it is, the characters that are also read so
(at least one time in twenty, counted over the words of a dictionary).  english.tsv: English words that could be read as
two or more syllables and so are no sign of anything.  Needs pypinyin and jieba (both MIT, nothing else here uses them)
and a list of English words, one a line (Debian's package wamerican): `python tools/screening_tables.py WORDS`.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

TABLES = Path(__file__).parents[1] / "src" / "openbeian" / "screening" / "tables"
LEAST_SHARE = 0.05
LEAST_LETTERS = 4


def readings() -> dict[str, Counter[str]]:
    """Return how often each simplified character is read in each way, weighted by the words it stands in."""
    import jieba
    from pypinyin import Style, lazy_pinyin

    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    lines = (Path(jieba.__file__).parent / "dict.txt").read_text(encoding="utf-8").splitlines()
    for word, number in (line.split()[:2] for line in lines):
        if not all("一" <= char <= "龥" for char in word):
            continue
        for char, syllable in zip(word, lazy_pinyin(word, style=Style.NORMAL), strict=True):
            counts[char][syllable] += int(number) + 1
    folding = {
        chr(int(line.split("\t")[0], 16)) for line in (TABLES / "fold.tsv").read_text("utf-8").split("\n") if line
    }
    return {char: found for char, found in counts.items() if char not in folding and _is_common(char)}


def _is_common(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def syllables(counted: dict[str, Counter[str]]) -> str:
    """Return the lines of syllables.tsv."""
    usual: defaultdict[str, list[str]] = defaultdict(list)
    also: defaultdict[str, list[str]] = defaultdict(list)
    for char, found in sorted(counted.items()):
        (first, _), *others = found.most_common()
        usual[first].append(char)
        for syllable, number in others:
            if number >= LEAST_SHARE * found.total():
                also[syllable].append(char)
    names = sorted(name for name in {*usual, *also} if re.fullmatch("[a-z]*[aeiouv][a-z]*", name))
    return "".join(f"{name}\t{''.join(usual[name])}\t{''.join(also[name])}\n" for name in names)


def english(words: list[str], names: list[str]) -> str:
    """Return the English words that are two or more syllables of Chinese in a row."""
    one = "|".join(sorted(names, key=len, reverse=True))
    pattern = re.compile(f"(?:{one}){{2,}}")
    found = {word for word in words if len(word) >= LEAST_LETTERS and pattern.fullmatch(word)}
    return "".join(f"{word}\n" for word in sorted(found))


if __name__ == "__main__":
    table = syllables(readings())
    (TABLES / "syllables.tsv").write_text(table, encoding="utf-8")
    listed = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    known = [line.split("\t")[0] for line in table.splitlines()]
    (TABLES / "english.tsv").write_text(english(listed, known), encoding="utf-8")
