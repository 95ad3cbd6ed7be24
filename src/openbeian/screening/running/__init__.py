"""Running a scan: planned, shard by shard, by processes of this machine or by Spark, and put together with every row accounted for."""

from openbeian.screening.running.merging import FileResult
from openbeian.screening.running.parts import ShardResult
from openbeian.screening.running.scanning import ScanOptions, ScanResult, run_scan
from openbeian.screening.running.shard_scan import Settings
from openbeian.screening.running.tallies import Tally

__all__ = ["FileResult", "ScanOptions", "ScanResult", "Settings", "ShardResult", "Tally", "run_scan"]
