"""Write `screening/tables/syllables.tsv`, `english.tsv` and `variants.tsv`, facts that disguised words are compared by.

syllables.tsv: a syllable without tone, the characters whose usual reading it is, the characters that are also read so
(at least one time in twenty, counted over the words of a dictionary).  english.tsv: English words that could be read as
two or more syllables and so are no sign of anything.  variants.tsv: a rare character and the common one, read the
same, that Unicode's Unihan database names as the same word (a variant of shape, or of meaning both ways); `fold_table.py` reads it.
Needs pypinyin and jieba (both MIT, nothing else here
uses them), a list of English words, one a line (Debian's package wamerican), and Unihan's Variants and OtherMappings (Debian's
package unicode-data): `python tools/screening_tables.py WORDS UNIHAN_VARIANTS UNIHAN_OTHER_MAPPINGS`.
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
    """Return what the fold makes of each character that does not stay, but for the variants, which are written here."""
    forms = {_char(code): form for code, form in _rows("fold.tsv")}
    return {char: form for char, form in forms.items() if [char, form] not in _rows("variants.tsv")}


@cache
def _rows(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (TABLES / name).read_text(encoding="utf-8").split("\n") if line]


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


def _relations(lines: list[str]) -> dict[str, set[tuple[str, str]]]:
    """Return the pairs of characters that Unihan relates, by the name of the relation."""
    found: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for code, name, others in (line.split("\t") for line in lines if line.startswith("U+")):
        found[name] |= {(_char(code), _char(other.split("<")[0])) for other in others.split()}
    return found


def _char(code: str) -> str:
    return chr(int(code.removeprefix("U+"), 16))


def _are_one_word(rare: str, common: str) -> bool:
    """Tell whether the usual reading of one is one of the other's, tone and all: 妳 is listed with 奶 and is another word."""
    from pypinyin import Style, pinyin

    (usual,), readings_of_common = (
        pinyin(rare, style=Style.TONE3)[0],
        pinyin(common, style=Style.TONE3, heteronym=True)[0],
    )
    return usual in readings_of_common


def variants(lines: list[str], standard: frozenset[str]) -> str:
    """Return the lines of variants.tsv.

    Args:
        lines: those of Unihan_Variants.txt.
        standard: the characters of the Table of General Standard Chinese Characters (2013), which stand for themselves.
    """
    relations = _relations(lines)
    semantic, written = relations["kSemanticVariant"], relations["kZVariant"]
    pairs = {pair for pair in semantic if pair[::-1] in semantic} | written | {pair[::-1] for pair in written}
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one, two in pairs:
        found[one].add(two)
    kept = folding()
    rare = {char: forms for char, forms in found.items() if char not in kept and char not in standard}
    common = {
        char: {kept.get(form, form) for form in forms if _are_one_word(char, form)}
        for char, forms in rare.items()
        if not _is_common(char)
    }
    common = {char: {form for form in forms if len(form) == 1 and _is_common(form)} for char, forms in common.items()}
    return "".join(f"{char}\t{min(forms)}\n" for char, forms in sorted(common.items()) if len(forms) == 1)


def standard_characters(lines: list[str]) -> frozenset[str]:
    """Return the characters of the Table of General Standard Chinese Characters, from Unihan_OtherMappings.txt."""
    return frozenset(_char(code) for code, *_ in (line.split("\t") for line in lines if "\tkTGH\t" in line))


if __name__ == "__main__":
    table = syllables(readings())
    (TABLES / "syllables.tsv").write_text(table, encoding="utf-8")
    listed = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    known = [line.split("\t")[0] for line in table.splitlines()]
    (TABLES / "english.tsv").write_text(english(listed, known), encoding="utf-8")
    unihan = [Path(path).read_text(encoding="utf-8").splitlines() for path in sys.argv[2:4]]
    (TABLES / "variants.tsv").write_text(variants(unihan[0], standard_characters(unihan[1])), encoding="utf-8")
