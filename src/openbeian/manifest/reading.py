"""Reading `service.yaml`: every mistake with its line, nothing else than a fault whatever the bytes are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from openbeian.manifest.faults import Fault, ManifestInvalid, Problem
from openbeian.manifest.model import Manifest

MAX_BYTES = 1 << 20
MAX_DEPTH = 20

# What pydantic finds, in words that say what to do.
WORDS = {
    "missing": ("缺少这一项", "请补写"),
    "extra_forbidden": ("没有这一项", "检查拼写，或删除"),
    "string_type": ("应为文字", "加引号，或改写成文字"),
    "int_type": ("应为整数", "请填整数，不加单位"),
    "int_parsing": ("应为整数", "请填整数，不加单位"),
    "float_type": ("应为数字", "请填数字"),
    "bool_type": ("应为 true 或 false", "请填 true 或 false"),
    "list_type": ("应为列表", "用 [甲, 乙] 或逐行以 - 开头"),
    "model_type": ("应为一组字段", "按样例分行填写"),
    "date_from_datetime_parsing": ("应为日期", "写成 2026-12-15 的样子"),
    "date_type": ("应为日期", "写成 2026-12-15 的样子"),
    "string_too_short": ("不能为空", "请填写"),
    "string_too_long": ("太长", "请精简，长文放进附件"),
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
    name = str(path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise _invalid("manifest-too-large", f"文件有 {size} 字节，超过 {MAX_BYTES} 字节", "长文放进附件", name)
        data = path.read_bytes()
    except IsADirectoryError as reason:
        raise _invalid("manifest-unreadable", "这是一个文件夹", "请给出 service.yaml 文件", name) from reason
    except OSError as reason:
        raise _invalid("manifest-unreadable", f"读不了文件：{reason.strerror}", "检查路径和权限", name) from reason
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        line = data[: reason.start].count(b"\n") + 1
        raise _invalid("manifest-encoding", "不是 UTF-8 编码", "用编辑器另存为 UTF-8", name, line) from reason
    return parse_manifest(text, name)


def parse_manifest(text: str, name: str = "service.yaml") -> LoadedManifest:
    """Validate the text of a manifest; see `load_manifest`."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _invalid("manifest-too-large", f"内容超过 {MAX_BYTES} 字节", "长文放进附件", name)
    tree = _tree(text, name)
    lines: dict[str, int] = {}
    plain = _plain(tree, "", lines, 0, name)
    try:
        manifest = Manifest.model_validate(plain)
    except ValidationError as errors:
        raise ManifestInvalid(_problems(errors, lines, name)) from errors
    return LoadedManifest(manifest, lines, text, name)


def set_value(path: Path, dotted: str, value: str | float | bool | None) -> None:  # noqa: FBT001 - a value, not a switch
    """Write one field of a manifest file, keeping comments and order; atomic.

    Raises:
        Fault: `no-such-field` when the field does not exist, `manifest-*` when the file cannot be read.
    """
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 10_000
    tree = _tree(path.read_text(encoding="utf-8-sig"), str(path), yaml)
    *parents, last = dotted.split(".")
    place: Any = tree
    for key in parents:
        place = place.get(key) if isinstance(place, CommentedMap) else None
    if not isinstance(place, CommentedMap) or last not in place:
        raise Fault("no-such-field", f"清单里没有字段 {dotted}", "检查字段名", file=str(path), path=dotted)
    place[last] = DoubleQuotedScalarString(value) if isinstance(value, str) else value
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as file:
        yaml.dump(tree, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _invalid(code: str, message: str, remedy: str, name: str, line: int | None = None) -> ManifestInvalid:
    return ManifestInvalid([Problem(code, message, remedy, file=name, line=line)])


def _tree(text: str, name: str, yaml: YAML | None = None) -> CommentedMap:
    yaml = yaml or YAML(typ="rt")
    try:
        tree = yaml.load(text)
    except MarkedYAMLError as reason:
        mark = reason.problem_mark or reason.context_mark
        line = mark.line + 1 if mark else None
        said = "同一字段写了两次" if "duplicate key" in str(reason) else "YAML 没有写完或缩进不对"
        raise _invalid("manifest-yaml", said, "检查这一行和上一行的缩进、引号、冒号", name, line) from reason
    except (YAMLError, ValueError, RecursionError, UnicodeError) as reason:
        raise _invalid("manifest-yaml", "不是可读的 YAML", "检查文件内容", name) from reason
    if not isinstance(tree, CommentedMap):
        raise _invalid("manifest-yaml", "文件不是一组字段", "按样例填写 service、basic 等部分", name, 1)
    return tree


def _plain(node: Any, path: str, lines: dict[str, int], depth: int, name: str) -> Any:
    """Turn the YAML tree into plain values and note the line of every field."""
    if depth > MAX_DEPTH or len(lines) > MAX_BYTES // 10:
        raise _invalid("manifest-yaml", "层次太深或引用展开太大", "不要使用嵌套引用", name)
    if isinstance(node, CommentedMap):
        plain = {}
        for key, value in node.items():
            here = f"{path}.{key}" if path else str(key)
            lines[here] = node.lc.key(key)[0] + 1
            plain[str(key)] = _plain(value, here, lines, depth + 1, name)
        return plain
    if isinstance(node, CommentedSeq):
        rows = []
        for index, value in enumerate(node):
            here = f"{path}.{index}"
            lines[here] = node.lc.item(index)[0] + 1
            rows.append(_plain(value, here, lines, depth + 1, name))
        return rows
    return str(node) if isinstance(node, str) else node


def _problems(errors: ValidationError, lines: dict[str, int], name: str) -> list[Problem]:
    found = []
    for error in errors.errors(include_url=False):
        path = ".".join(str(step) for step in error["loc"])
        message, remedy = WORDS.get(error["type"], ("写法不合规定", "对照样例的写法"))
        if error["type"] == "value_error":
            message, remedy = str(error.get("ctx", {}).get("error", message)), "请对照证照核对"
        found.append(Problem(f"manifest-{error['type']}", message, remedy, name, _line(path, lines), path))
    return found


def _line(path: str, lines: dict[str, int]) -> int | None:
    """Return the line of a field, or of the nearest part that exists around it."""
    while path and path not in lines:
        path = path.rpartition(".")[0]
    return lines.get(path)
