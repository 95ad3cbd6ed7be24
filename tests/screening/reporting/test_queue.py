"""The queue: what a classifier flagged, the likeliest first, whatever the groups of the file."""

import csv
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeian.screening.reporting import likeliest, queue_csv
from openbeian.screening.reporting.queue import Place
from openbeian.screening.running.merging import MENTIONS

pytestmark = pytest.mark.req("T2a", "F1")


def mention(row, probability):
    what = {"kind": "keyword", "tier": "exact"} if probability is None else {"kind": "classifier", "tier": "review"}
    place = {"source": "web", "file": "web/a.jsonl", "row": row, "start": 0, "end": 9}
    return {"via": "plain", "word": "", "class1": "", "class2": "A.3.b", "level": "", **place, **what} | {
        "probability": probability
    }


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.sampled_from((0.25, 0.5, 0.75, 1.0))), max_size=30), st.integers(1, 9),
    st.integers(1, 12),
)  # fmt: skip
def test_the_first_places_are_the_likeliest_and_equal_ones_stand_as_in_the_corpus(
    tmp_path_factory, found, group, longest
):
    path = tmp_path_factory.mktemp("queue") / "hits.parquet"
    rows = [mention(row, probability) for row, probability in enumerate(found)]
    pq.write_table(pa.Table.from_pylist(rows, MENTIONS), path, row_group_size=group)
    wanted = sorted((row for row in rows if row["kind"] == "classifier"), key=lambda row: -row["probability"])
    got = [(place.row, place.probability) for place in likeliest(path, longest)]
    assert got == [(row["row"], row["probability"]) for row in wanted][:longest]


@pytest.mark.parametrize("begins", list("=+-@\t\r\n＝＋－＠"))
def test_a_name_that_begins_like_a_formula_is_text(begins):
    written = queue_csv((Place("web", f"{begins}1+1.txt", 7, 0, 9, "", 0.5),))
    (row,) = csv.DictReader(io.StringIO(written.removeprefix("\ufeff"), newline=""))
    assert row["文件"] == f"'{begins}1+1.txt"


def test_a_queue_opens_as_a_table_and_nothing_in_it_is_computed():
    queue = (
        Place("=cmd", "@a/云.jsonl", 7, 0, 9, "A.3.b", 0.98765),
        Place("web", "web/a,b.jsonl", 8, 0, 9, "", 0.5),
    )
    written = queue_csv(queue)
    assert written.startswith("\ufeff先后,")
    first, second = csv.DictReader(io.StringIO(written.removeprefix("\ufeff")))
    assert (first["先后"], first["概率"], first["来源"], first["文件"], first["行"]) == (
        "1", "0.9877", "'=cmd", "'@a/云.jsonl", "7",
    )  # fmt: skip
    assert first["最像的风险"].startswith("A.3.b")
    assert (second["最像的风险"], second["文件"]) == ("", "web/a,b.jsonl")
