"""Which shards are scanned together: small files, because a part of its own would cost each of them more than its scan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from openbeian.screening.reading import Shard

SMALL_FILE: Final = 256 * 2**10  # bytes of a file that is scanned together with others
BUNDLE_BYTES: Final = 4 * 2**20
BUNDLE_FILES: Final = 1_000
Bundle = tuple[Shard, ...]  # shards scanned together into one part, in their order


def bundled(shards: Sequence[Shard]) -> Iterator[Bundle]:
    """Yield consecutive small whole files together, everything else alone."""
    held: list[Shard] = []
    size = 0
    for shard in shards:
        is_small = shard.start == 0 and shard.size == shard.file.size <= SMALL_FILE
        if held and (not is_small or len(held) == BUNDLE_FILES or size + shard.size > BUNDLE_BYTES):
            yield tuple(held)
            held, size = [], 0
        if is_small:
            held.append(shard)
            size += shard.size
        else:
            yield (shard,)
    if held:
        yield tuple(held)
