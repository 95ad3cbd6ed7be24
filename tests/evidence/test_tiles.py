"""Tiles: the published paths, and a tree that can be rebuilt from them."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.evidence import write_tiles
from openbeian.evidence.merkle import inclusion_proof, leaf_hash, node_hash, root, verify_inclusion
from openbeian.evidence.tiles import hash_tiles, tile_path


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 5, 1, "tile/0/005.p/1"),
        (1, 999, 256, "tile/1/999"),
        (0, 1000, 256, "tile/0/x001/000"),
        (0, 1234067, 8, "tile/0/x001/x234/067.p/8"),
        (63, 0, 255, "tile/63/000.p/255"),
    ],
)
def test_a_tile_has_the_path_of_the_specification(level, index, width, path):
    assert tile_path(level, index, width) == path


@pytest.mark.parametrize(("level", "index", "width"), [(64, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)])
def test_a_tile_that_cannot_be_is_refused(level, index, width):
    with pytest.raises(ValueError, match=str(width)):
        tile_path(level, index, width)


def some(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


@pytest.mark.parametrize(
    ("count", "paths"),
    [
        (0, []),
        (1, ["tile/0/000.p/1"]),
        (255, ["tile/0/000.p/255"]),
        (256, ["tile/0/000", "tile/1/000.p/1"]),
        (600, ["tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"]),
    ],
)
def test_a_log_has_its_tiles_and_no_other(count, paths):
    assert [path for path, _ in hash_tiles(some(count))] == paths


@given(st.integers(1, 1200))
@settings(max_examples=25, deadline=None)
def test_the_head_can_be_computed_from_the_tiles_alone(count):
    hashes = some(count)
    tiles = dict(hash_tiles(hashes))
    width = count % 256 or 256
    last = tiles[tile_path(0, (count - 1) // 256, width)]
    full = tiles[tile_path(1, 0, count // 256)] if count >= 256 else b""
    tops = [full[n : n + 32] for n in range(0, len(full), 32)]
    if count % 256:
        tops.append(root([last[n : n + 32] for n in range(0, len(last), 32)]))
    assert root(tops) == root(hashes)


def test_a_growing_log_adds_tiles_and_touches_none(tmp_path):
    assert write_tiles(tmp_path, some(300)) == 3
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert write_tiles(tmp_path, some(300)) == 0
    assert write_tiles(tmp_path, some(301)) == 1
    assert all(path.read_bytes() == content for path, content in before.items())
    assert not list(tmp_path.rglob(".part-*"))


# --- an independent way to the head: RFC 6962, 2.1, word for word --------------------------------------------------------


def by_definition(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))


KNOWN = [b"", *(bytes.fromhex(leaf) for leaf in ("00", "10", "2021", "3031", "40414243", "5051525354555657"))]
KNOWN.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
HEADS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@pytest.mark.parametrize("size", sorted(HEADS))
def test_the_known_tree_has_its_known_heads(size):
    assert root([leaf_hash(leaf) for leaf in KNOWN[:size]]).hex() == HEADS[size]


@pytest.mark.parametrize("size", range(1, 70))
def test_every_leaf_of_every_small_tree_is_included_by_its_proof_alone(size):
    leaves = [bytes([number]) for number in range(size)]
    hashes = [leaf_hash(leaf) for leaf in leaves]
    head = by_definition(leaves)
    assert root(hashes) == head
    for index in range(size):
        proof = inclusion_proof(hashes, index)
        assert verify_inclusion(hashes[index], index, size, proof, head)
        for place in range(size):
            assert verify_inclusion(hashes[index], place, size, proof, head) == (place == index)
