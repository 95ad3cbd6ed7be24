"""What a user states about a set of their own: a `card.yaml` beside the pictures."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from openbeian.manifest import Fault
from openbeian.studio.data.gathered import Gathered

KEYS: Final = {
    "title": "title", "标题": "title", "origin": "origin", "来源": "origin", "licence": "licence", "license": "licence",
    "许可": "licence",
}  # fmt: skip
LARGEST: Final = 1 << 16  # bytes
LONGEST: Final = 500  # characters of one statement


def card_path(source: Path) -> Path:
    """Return where the card of a set stands: in its folder, or beside its file as `NAME.card.yaml`."""
    return source / "card.yaml" if source.is_dir() else source.with_suffix(".card.yaml")


def described(found: Gathered, source: Path) -> Gathered:
    """Return the set with what its card states; unchanged when it has none.

    Raises:
        Fault: `data-format` naming file and line.
    """
    path = card_path(source)
    if not path.is_file():
        return found
    stated = _statements(path)
    return replace(
        found,
        title=stated.get("title", found.title),
        origin=stated.get("origin", found.origin),
        licence=stated.get("licence", found.licence),
    )


def _statements(path: Path) -> dict[str, str]:
    if path.stat().st_size > LARGEST:
        raise Fault("data-format", "数据说明超过 64 KiB", "只写 title、origin、licence", file=str(path))
    try:
        tree = YAML(typ="rt").load(_text(path))
    except (YAMLError, ValueError, RecursionError) as reason:
        mark = getattr(reason, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        raise Fault("data-format", "不是可读的 YAML", "检查缩进、引号和冒号", file=str(path), line=line) from reason
    if tree is None:
        return {}
    if not isinstance(tree, CommentedMap):
        raise Fault("data-format", "数据说明不是一组字段", "每行一项，例如 origin: 自行拍摄", file=str(path), line=1)
    return dict(_statement(tree, key, path) for key in tree)


def _statement(tree: CommentedMap, key: object, path: Path) -> tuple[str, str]:
    line = tree.lc.key(key)[0] + 1
    name = KEYS.get(str(key))
    if name is None:
        near = get_close_matches(str(key), KEYS, 1)
        raise Fault(
            "data-format",
            f"不认识的字段 {key}",
            f"可能想写 {near[0]}" if near else "只写 title、origin、licence",
            file=str(path),
            line=line,
        )
    value = tree[key]
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
        raise Fault(
            "data-format", f"{key} 应是一段不超过 {LONGEST} 字的文字", "加上引号或改短", file=str(path), line=line
        )
    return name, value.strip()


def _text(path: Path) -> str:
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Fault("data-format", "文件不是 UTF-8，也不是 GB18030", "另存为 UTF-8", file=str(path))
