"""Write `screening/tables/fold.tsv`: a code point in hexadecimal, a tab, what it folds to (nothing: it is dropped).

The form is Unicode's compatibility decomposition, lower case, decimal digits as 0 to 9, the simplified character of OpenCC's own
dictionary or the common variant (`variants.tsv` beside it), without marks and invisible characters.  Precomposed Hangul stays as
it is.  Needs the package OpenCC (Apache-2.0), which nothing else here does: `pip install OpenCC`, then run this file.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

TABLE = Path(__file__).parents[1] / "src" / "openbeian" / "screening" / "tables" / "fold.tsv"
VARIANTS = TABLE.with_name("variants.tsv")
IDEOGRAPHS = (range(0x3400, 0xA000), range(0x20000, 0x323B0))
STAYING = (range(0xAC00, 0xD7A4), range(0xD800, 0xE000))  # Hangul, surrogates
DROPPED_CATEGORIES = frozenset({"Cf", "Mn", "Me"})
FILLERS = frozenset("\0\u115f\u1160\u3164\uffa0\u2800\u034f\u180e")


def simplified() -> dict[int, str]:
    """Return every single character with its one simplified or common character, which itself stays as it is."""
    import opencc

    convert = opencc.OpenCC("t2s").convert
    found = {code: convert(chr(code)) for code in chain(*IDEOGRAPHS)}
    kept = {code: new for code, new in found.items() if new != chr(code) and len(new) == 1 and convert(new) == new}
    return variants(kept) | kept


def variants(kept: dict[int, str]) -> dict[int, str]:
    """Return the rare characters with what the common one becomes, where that itself stays as it is."""
    pairs = (line.split("\t") for line in VARIANTS.read_text(encoding="utf-8").split("\n") if line)
    found = {ord(rare): kept.get(ord(common), common) for rare, common in pairs}
    return {code: new for code, new in found.items() if ord(new) not in kept and ord(new) not in found}


def form(char: str) -> str:
    """Return what one code point folds to, before traditional characters become simplified ones."""
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    kept = (p for p in parts if unicodedata.category(p) not in DROPPED_CATEGORIES and p not in FILLERS)
    return "".join(str(unicodedata.decimal(p, p)) for p in kept)


def rows() -> Iterator[str]:
    """Yield the lines of the table."""
    table = simplified()
    staying = frozenset(chain(*STAYING))
    for code in range(sys.maxunicode + 1):
        if code not in staying and (folded := form(chr(code)).translate(table)) != chr(code):
            yield f"{code:x}\t{folded}\n"


if __name__ == "__main__":
    lines = list(rows())
    TABLE.write_text("".join(lines), encoding="utf-8")
    print(f"{TABLE.name}: {len(lines)} code points, Unicode {unicodedata.unidata_version}")
