"""The same scan on a local Spark: the same result row for row."""

import os
import shutil

import pyarrow.parquet as pq
import pytest

from openbeian.manifest import Fault
from openbeian.screening.columns import scan_batch
from openbeian.screening.running import ScanOptions, run_scan
from tests.screening.running.corpora import a_classifier, a_corpus, settings
from tests.screening.test_columns import rows_of

pyspark = pytest.importorskip("pyspark")
spark = pytest.importorskip("openbeian.screening.running.spark")
pytestmark = [
    pytest.mark.req("T2a", "F1"),
    pytest.mark.long,
    pytest.mark.xdist_group("spark"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # pyspark leaves the sockets to its gateway open
    pytest.mark.skipif(
        not shutil.which("java") and os.environ.get("OPENBEIAN_REQUIRE_JAVA") != "1", reason="Spark needs Java 17"
    ),
]


@pytest.fixture(scope="module")
def session():
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(
            "JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
        )  # nothing here runs long enough to pay for more
        running = spark.spark_session("local[2]")
    yield running
    running.stop()


def test_shards_scanned_on_spark_give_the_same_file_of_mentions(session, tmp_path):
    corpus, wanted = a_corpus(tmp_path / "corpus"), settings(a_classifier())
    here = run_scan([corpus], wanted, tmp_path / "here", ScanOptions(jobs=1, shard_bytes=8_000))
    told = []
    there = run_scan(
        [corpus],
        wanted,
        tmp_path / "there",
        ScanOptions(jobs=2, shard_bytes=8_000, runner=spark.SparkRunner("local[2]"), runner_name="spark"),
        lambda done, total, _: told.append((done, total)),
    )
    one, two = (pq.read_table(tmp_path / name / "hits.parquet").to_pylist() for name in ("here", "there"))
    assert two == one
    assert {hit["kind"] for hit in one if hit["probability"] is not None} == {"classifier"}
    assert (there.files, there.samples) == (here.files, here.samples)
    assert told[-1][0] == told[-1][1]


def test_a_table_scanned_on_spark_says_what_a_batch_says(session):
    texts = [f"第{number}行写着{'云朵苹果' if number % 5 else '梨'}" if number % 3 else None for number in range(50)]
    screen = settings(a_classifier()).screen
    frame = session.createDataFrame(list(enumerate(texts)), "id bigint, text string")
    scanned = spark.scan_table(frame.repartition(3), screen, key="id")
    wanted = scan_batch(rows_of(texts), screen).to_pylist()
    assert {hit["kind"] for hit in wanted} == {"keyword", "classifier"}
    found = [row.asDict() for row in scanned.hits.orderBy("id", "start", "end").collect()]
    assert [{"row": row.pop("id"), **row} for row in found] == wanted
    assert scanned.rows == 50
    assert scanned.text_bytes == sum(len((text or "").encode()) for text in texts)


def test_a_fault_of_a_worker_ends_the_scan_with_its_words(session, tmp_path):
    corpus = a_corpus(tmp_path / "corpus", rows=10)
    out = tmp_path / "out"
    runner = spark.SparkRunner("local[2]")

    def without_folder(shards, settings, folder, jobs, progress):
        shutil.rmtree(folder)
        return runner(shards, settings, folder, jobs, progress)

    with pytest.raises(Fault) as fault:
        run_scan([corpus], settings(), out, ScanOptions(runner=without_folder))
    assert fault.value.code == "scan-unwritable"
