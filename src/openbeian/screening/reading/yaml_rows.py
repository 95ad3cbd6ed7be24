"""YAML: a small file, read whole; a row for each part of its list or lists."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

import pyarrow as pa
from ruamel.yaml import YAML

from openbeian.screening.reading.batches import gathered
from openbeian.screening.reading.encodings import utf8_blocks
from openbeian.screening.reading.raw import Reading, blocks
from openbeian.screening.reading.records import Picker, RecordError

_MOST_NODES: Final = 4_000_000


def yaml_batches(reading: Reading) -> Iterator[pa.RecordBatch]:
    """Yield the records of a YAML file.

    Raises:
        Fault: as `blocks`; `corpus-too-large` for a longer file than the options allow, `corpus-unreadable` for no YAML.
    """
    yield from gathered(_rows(reading), reading)


def _rows(reading: Reading) -> Iterator[tuple[int, str]]:
    picker = Picker(reading.options.column, reading.account)
    for row, record in enumerate(_records(_tree(reading), reading), 1):
        try:
            yield row, picker.text(record)
        except RecordError as error:
            reading.account.reject(row, str(error))


def _tree(reading: Reading) -> Any:
    parts, size = [], 0
    for block in utf8_blocks(blocks(reading), reading.account, is_mended=True):
        size += len(block)
        if size > reading.options.whole:
            raise reading.fault("corpus-too-large", "YAML 文件太大，读不完整", "改为 jsonl，一行一条")
        parts.append(block)
    try:
        tree = YAML(typ="safe", pure=True).load(b"".join(parts).decode())
    except (
        Exception
    ) as error:  # besides its own errors the parser lets those of Python's types and of the stack through
        raise reading.fault("corpus-unreadable", "语料不是可读的 YAML", "检查缩进") from error
    if _expanded(tree) > _MOST_NODES:
        raise reading.fault("corpus-bomb", "YAML 的别名（*）展开后没有止境", "把别名换成它所指的内容")
    return tree


def _expanded(tree: Any) -> float:
    """Return how many nodes a tree has when each alias is written out; infinite for one that contains itself.

    The time is that of the tree as it stands in memory, where an alias is the same node again.
    """
    sizes: dict[int, float] = {}
    waiting = [(tree, False)]
    while waiting:
        node, is_ready = waiting.pop()
        parts = list(node.values()) if isinstance(node, dict) else list(node) if isinstance(node, list) else []
        if is_ready:
            sizes[id(node)] = 1 + sum(sizes[id(part)] for part in parts)
        elif id(node) not in sizes:
            sizes[id(node)] = math.inf  # until its parts are known; what meets it again before is inside it
            waiting.append((node, True))
            waiting += [(part, False) for part in parts]
    return sizes[id(tree)]


def _records(tree: Any, reading: Reading) -> list[Any]:
    if isinstance(tree, dict):
        lists = {key: value for key, value in tree.items() if isinstance(value, list)}
        if lists:
            reading.account.leave_unread([str(key) for key in tree if key not in lists])
        return list(chain.from_iterable(lists.values())) if lists else [tree]
    return tree if isinstance(tree, list) else [] if tree is None else [tree]
