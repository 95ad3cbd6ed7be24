"""The English words of the pages: find what is to be translated, say what is missing, compile.

    .venv/bin/python tools/messages.py check      # exit status 1 and a list when something is missing or left over
    .venv/bin/python tools/messages.py update     # put new messages into django.po, drop those that nothing uses
    .venv/bin/python tools/messages.py compile    # write django.mo from django.po

It needs neither gettext's programs nor a network.
"""

from __future__ import annotations

import ast
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

OFFICE = Path(__file__).resolve().parent.parent / "src" / "openbeian" / "office"
CATALOGUE = OFFICE / "pages" / "locale" / "en" / "LC_MESSAGES" / "django.po"
CALLS = {"_", "gettext", "gettext_lazy", "ngettext"}
TEMPLATE_CALL = re.compile(r"\b(n?gettext|_)\((?=u?['\"])")
Message = tuple[str, str | None]
Catalogue = dict[Message, list[str]]
HEADER = """# English words of the pages. The Chinese text is the message.
msgid ""
msgstr ""
"Language: en\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n\""""


def found() -> dict[Message, str]:
    """Return every message of templates and code with the first place it stands at; plurals as pairs."""
    messages: dict[Message, str] = {}
    for path in sorted(OFFICE.rglob("*.html")):
        for message in _in_template(path):
            messages.setdefault(message, str(path.relative_to(OFFICE)))
    for path in sorted(OFFICE.rglob("*.py")):
        for message in _in_code(path):
            messages.setdefault(message, str(path.relative_to(OFFICE)))
    return messages


def _in_template(path: Path) -> Iterator[Message]:
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=True)
        django.setup()
    from django.utils.translation.template import templatize

    text = templatize(path.read_text(encoding="utf-8"))
    for call in TEMPLATE_CALL.finditer(text):
        strings = re.match(
            r"u?(?P<one>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")(?:\s*,\s*u?(?P<many>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))?",
            text[call.end() :],
        )
        if strings is not None:
            many = strings["many"] if call[1] == "ngettext" else None
            yield ast.literal_eval(strings["one"]), ast.literal_eval(many) if many else None


def _in_code(path: Path) -> Iterator[Message]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            not isinstance(node, ast.Call)
            or not isinstance(node.func, ast.Name)
            or node.func.id not in CALLS
            or not node.args
        ):
            continue
        texts = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if texts:
            yield texts[0], texts[1] if node.func.id == "ngettext" else None


def read(path: Path) -> Catalogue:
    """Return the messages of a catalogue with their translations; the header has the empty message."""
    rows: Catalogue = {}
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        fields: dict[str, str] = {}
        key = ""
        for line in (text.strip() for text in block.splitlines() if not text.startswith("#")):
            name, _, text = ("", "", line) if line.startswith('"') else line.partition(" ")
            key = name or key
            fields[key] = fields.get(key, "") + ast.literal_eval(text)
        if "msgid" in fields:
            rows[fields["msgid"], fields.get("msgid_plural")] = [
                text for name, text in fields.items() if name.startswith("msgstr")
            ]
    return rows


def compile_catalogue(rows: Catalogue) -> bytes:
    """Return the bytes of a machine catalogue (GNU MO, little endian, sorted, without a hash table)."""
    pairs = sorted(
        ((one if many is None else f"{one}\0{many}").encode(), "\0".join(texts).encode())
        for (one, many), texts in rows.items()
        if all(texts)
    )
    ids = b"".join(key + b"\0" for key, _ in pairs)
    texts = b"".join(value + b"\0" for _, value in pairs)
    start = 7 * 4 + 16 * len(pairs)
    id_table, text_table, at_id, at_text = [], [], start, start + len(ids)
    for key, value in pairs:
        id_table += [len(key), at_id]
        text_table += [len(value), at_text]
        at_id += len(key) + 1
        at_text += len(value) + 1
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, start)
    return head + struct.pack(f"<{len(id_table) + len(text_table)}I", *id_table, *text_table) + ids + texts


def written(rows: Catalogue) -> str:
    """Return the text of a catalogue for the messages that are in use, each with the place it first stands at."""
    lines = [HEADER]
    for (one, many), place in found().items():
        texts = rows.get((one, many), [""] * (1 if many is None else 2))
        plural = [] if many is None else [f"msgid_plural {_quoted(many)}"]
        values = (
            [f"msgstr {_quoted(texts[0])}"]
            if many is None
            else [f"msgstr[{at}] {_quoted(text)}" for at, text in enumerate(texts)]
        )
        lines += ["", f"#: {place}", f"msgid {_quoted(one)}", *plural, *values]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def problems() -> list[str]:
    """Return what is missing, left over or stale."""
    wanted, kept = found(), read(CATALOGUE)
    said = [
        f"missing: {one!r} ({wanted[one, many]})"
        for one, many in wanted
        if (one, many) not in kept or not all(kept[one, many])
    ]
    said += [f"left over: {one!r}" for one, many in kept if one and (one, many) not in wanted]
    machine = CATALOGUE.with_suffix(".mo")
    if not machine.exists() or machine.read_bytes() != compile_catalogue(kept):
        said.append("django.mo is not what django.po says: run tools/messages.py compile")
    return said


def main(command: str) -> int:
    """Do what the command line asks."""
    if command == "update":
        CATALOGUE.write_text(written(read(CATALOGUE) if CATALOGUE.exists() else {}), encoding="utf-8")
        return 0
    if command == "compile":
        CATALOGUE.with_suffix(".mo").write_bytes(compile_catalogue(read(CATALOGUE)))
        return 0
    said = problems()
    print("\n".join(said) or "every message has its English words")
    return 1 if said else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
