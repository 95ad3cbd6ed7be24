"""Write `screening/tables/syllables.tsv`, `english.tsv` and `variants.tsv`, facts that disguised words are compared by.

syllables.tsv: a syllable without tone, the characters whose usual reading it is, the characters that are also read so
(at least one time in twenty, counted over the words of a dictionary).  english.tsv: English words that could be read as
two or more syllables and so are no sign of anything.  variants.tsv: a rare character and the common one of the same
meaning that Unicode's Unihan database names as its only variant.  Needs pypinyin and jieba (both MIT, nothing else here
uses them), a list of English words, one a line (Debian's package wamerican), and Unihan_Variants.txt (Debian's package
unicode-data): `python tools/screening_tables.py WORDS UNIHAN_VARIANTS`.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from functools import cache
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
    return {char: found for char, found in counts.items() if char not in folding() and _is_common(char)}


@cache
def folding() -> dict[str, str]:
    """Return what the fold makes of each character that does not stay."""
    lines = [line.split("\t") for line in (TABLES / "fold.tsv").read_text("utf-8").split("\n") if line]
    return {chr(int(code, 16)): form for code, form in lines}


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


def _pairs(code: str, name: str, others: str) -> list[tuple[str, str]]:
    if name not in {"kZVariant", "kSemanticVariant"}:
        return []
    points = [other.split("<")[0].removeprefix("U+") for other in others.split()]
    return [(chr(int(code.removeprefix("U+"), 16)), chr(int(point, 16))) for point in points]


def variants(lines: list[str]) -> str:
    """Return the lines of variants.tsv, from those of Unihan_Variants.txt."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    pairs = [pair for line in lines if line.startswith("U+") for pair in _pairs(*line.split("\t"))]
    for one, two in pairs:
        found[one].add(two)
        found[two].add(one)
    rare = {char: forms for char, forms in found.items() if char not in folding() and not _is_common(char)}
    common = {char: {folding().get(form, form) for form in forms} for char, forms in rare.items()}
    common = {char: {form for form in forms if len(form) == 1 and _is_common(form)} for char, forms in common.items()}
    return "".join(f"{char}\t{min(forms)}\n" for char, forms in sorted(common.items()) if len(forms) == 1)


if __name__ == "__main__":
    table = syllables(readings())
    (TABLES / "syllables.tsv").write_text(table, encoding="utf-8")
    listed = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    known = [line.split("\t")[0] for line in table.splitlines()]
    (TABLES / "english.tsv").write_text(english(listed, known), encoding="utf-8")
    unihan = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
    (TABLES / "variants.tsv").write_text(variants(unihan), encoding="utf-8")
