"""Keyword libraries as files: workbooks, tables, YAML and plain lists of words, each mistake with its row."""

from openbeian.screening.library_files.entries import Entries, read_entries

__all__ = ["Entries", "read_entries"]
