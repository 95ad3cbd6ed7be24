"""Two processes train as one with the same whole batch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.studio
ROOT = Path(__file__).resolve().parents[3]
GENTLE = ("optimiser.generator_rate=5e-4", "optimiser.discriminator_rate=5e-4")
"""Large steps would soon make much of the last bit in which a mean of two means differs from one mean."""
KINDS = {"vae": (), "gan": ("generator.is_normalised=false", *GENTLE)}
TRAIN = """
import json, sys
from pathlib import Path
from openbeian.studio.recipes import Machine
from openbeian.studio.training.machine import hardware
from tests.studio.training.small import loop
with hardware(Machine(device="cpu", threads=1)) as where:
    for kind, settings in json.loads(sys.argv[2]).items():
        ended = loop(Path(sys.argv[1], kind), kind, *settings, steps=20, where=where).run()
        if where.rank == 0:
            Path(sys.argv[1], f"{kind}.json").write_text(json.dumps(ended.rows))
"""


@pytest.mark.req("M8")
@pytest.mark.long
def test_two_processes_have_the_losses_of_one_with_the_whole_batch(tmp_path):
    from tests.studio.training.small import loop

    script = tmp_path / "train.py"
    script.write_text(TRAIN, encoding="utf-8")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, script, tmp_path, json.dumps(KINDS)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for kind, settings in KINDS.items():
        alone = loop(tmp_path / "alone" / kind, kind, *settings, steps=20).run().rows
        together = json.loads((tmp_path / f"{kind}.json").read_text())
        names = alone[0].keys() - {"cpu_seconds"}
        for one, two in zip(alone, together, strict=True):
            wanted = pytest.approx({name: one[name] for name in names}, rel=1e-3, abs=1e-4)
            assert {name: two[name] for name in names} == wanted
