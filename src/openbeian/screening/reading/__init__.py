"""Reading a corpus of any size: files to shards, shards to batches of rows, every row and byte accounted for."""

from openbeian.screening.reading.account import ROWS_DAMAGED, Account, FileFault, Rejection
from openbeian.screening.reading.files import CorpusFile, changed
from openbeian.screening.reading.formats import Format, ReadOptions, format_of
from openbeian.screening.reading.listing import (
    OUTPUT_MARK,
    Corpus,
    LeftOut,
    corpus_files,
    list_corpus,
    missed,
    new_files,
)
from openbeian.screening.reading.opening import ShardReading, open_shard
from openbeian.screening.reading.rows import Row, read_rows
from openbeian.screening.reading.shards import Shard, make_shards, row_group_sizes

__all__ = [
    "OUTPUT_MARK",
    "ROWS_DAMAGED",
    "Account",
    "Corpus",
    "CorpusFile",
    "FileFault",
    "Format",
    "LeftOut",
    "ReadOptions",
    "Rejection",
    "Row",
    "Shard",
    "ShardReading",
    "changed",
    "corpus_files",
    "format_of",
    "list_corpus",
    "make_shards",
    "missed",
    "new_files",
    "open_shard",
    "read_rows",
    "row_group_sizes",
]
