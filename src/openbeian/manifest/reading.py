"""Reading `service.yaml`: every mistake with its line, nothing else than a fault whatever the bytes are."""

from __future__ import annotations

import json
import stat
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from openbeian.files import write_whole
from openbeian.manifest.faults import Fault, ManifestInvalid, Problem, reason_of
from openbeian.manifest.model import Manifest
from openbeian.manifest.outline import Span, outline

_NEXT_LINE = "\x85"  # a line break to YAML, a character like others to JSON
MAX_BYTES = 1 << 20

# What pydantic finds, in words that say what to do.
WORDS = {
    "missing": ("缺少这一项", "请补写"),
    "extra_forbidden": ("没有这一项", "检查拼写，或删除"),
    "string_type": ("应为文字", "加引号，或改写成文字"),
    "int_type": ("应为整数", "请填整数，不加单位和引号"),
    "float_type": ("应为数字", "请填数字，不加引号"),
    "bool_type": ("应为 true 或 false", "请填 true 或 false"),
    "list_type": ("应为列表", "用 [甲, 乙] 或逐行以 - 开头"),
    "model_type": ("应为一组字段", "按样例分行填写"),
    "date_type": ("应为日期", "写成 2026-12-15 的样子，不加引号"),
    "string_too_short": ("不能为空", "请填写"),
    "string_too_long": ("太长", "请精简，长文放进附件"),
    "too_long": ("行数太多", "合并，或放进附件"),
    "string_pattern_mismatch": ("写法不合规定", "对照样例的写法"),
    "literal_error": ("不在可选项中", "从规则给出的选项中选"),
    "greater_than_equal": ("数值太小", "检查数值"),
    "less_than_equal": ("数值太大", "检查数值"),
}


@dataclass(frozen=True)
class LoadedManifest:
    """A manifest with the text it came from; `lines` maps a dotted field to its line (from 1)."""

    manifest: Manifest
    lines: dict[str, int]
    source: str
    name: str


def load_manifest(path: Path) -> LoadedManifest:
    """Read and validate a manifest file.

    Raises:
        ManifestInvalid: with every problem found, each with file, line and field.
    """
    return parse_manifest(_text(path), str(path))


def parse_manifest(text: str, name: str = "service.yaml") -> LoadedManifest:
    """Validate the text of a manifest; see `load_manifest`."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _invalid("manifest-too-large", f"内容超过 {MAX_BYTES} 字节", "长文放进附件", name)
    found = outline(text.removeprefix("\ufeff"), name)
    if not isinstance(found.value, dict):
        raise _invalid("manifest-yaml", "文件不是一组字段", "按样例填写 service、basic 等部分", name, 1)
    try:
        manifest = Manifest.model_validate(found.value, strict=True)
    except ValidationError as errors:
        raise ManifestInvalid(_problems(errors, found.lines, name)) from errors
    return LoadedManifest(manifest, found.lines, text, name)


def set_value(path: Path, dotted: str, value: str | float | bool | None) -> None:  # noqa: FBT001 - a value, not a switch
    """Replace one value of a manifest file, every other character of the file stays; atomic.

    Raises:
        Fault: `no-such-field` when there is no such field or it holds a group or a list, `manifest-*` when the file
            cannot be read.
    """
    text = _text(path)
    span = _span(text, path, dotted)
    # JSON is YAML: quoted text with escapes, plain numbers, true, false, null.
    written = json.dumps(value, ensure_ascii=False, allow_nan=False).replace(_NEXT_LINE, "\\u0085")
    gap = " " if span.start == span.end else ""
    changed = text[: span.start] + gap + written + text[span.end :]
    outline(changed, str(path))
    write_whole(path, changed, mode=stat.S_IMODE(path.stat().st_mode))


def _span(text: str, path: Path, dotted: str) -> Span:
    found = outline(text, str(path))
    if dotted not in found.spans:
        said = "是一组字段，不是一个值" if dotted in found.lines else "清单里没有这个字段"
        raise Fault("no-such-field", said, "检查字段名", file=str(path), line=found.lines.get(dotted), path=dotted)
    return found.spans[dotted]


def _text(path: Path) -> str:
    name = str(path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise _invalid("manifest-too-large", f"文件有 {size} 字节，超过 {MAX_BYTES} 字节", "长文放进附件", name)
        data = path.read_bytes()
    except IsADirectoryError as reason:
        raise _invalid("manifest-unreadable", "这是一个文件夹", "请给出 service.yaml 文件", name) from reason
    except OSError as reason:
        raise _invalid("manifest-unreadable", f"读不了文件：{reason_of(reason)}", "检查路径和权限", name) from reason
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        line = data[: reason.start].count(b"\n") + 1
        raise _invalid("manifest-encoding", "不是 UTF-8 编码", "用编辑器另存为 UTF-8", name, line) from reason


def _invalid(code: str, message: str, remedy: str, name: str, line: int | None = None) -> ManifestInvalid:
    return ManifestInvalid([Problem(code, message, remedy, file=name, line=line)])


def _problems(errors: ValidationError, lines: dict[str, int], name: str) -> list[Problem]:
    found = []
    for error in errors.errors(include_url=False):
        path = ".".join(str(step) for step in error["loc"])
        message, remedy = WORDS.get(error["type"], ("写法不合规定", "对照样例的写法"))
        if error["type"] == "value_error":
            message, remedy = str(error.get("ctx", {}).get("error", message)), "请对照证照或样例核对"
        found.append(Problem(f"manifest-{error['type']}", message, remedy, name, _line(path, lines), path))
    return found


def _line(path: str, lines: dict[str, int]) -> int | None:
    """Return the line of a field, or of the nearest part that exists around it."""
    while path and path not in lines:
        path = path.rpartition(".")[0]
    return lines.get(path)
