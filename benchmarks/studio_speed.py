"""One training step, four ways: ours, a plain torch loop, the founding document's Keras loop, Keras in a graph.

    python benchmarks/studio_speed.py [--rounds 7] [--seconds 2] [--threads 1] [--keras-env DIR]

Every stack runs in a process of its own; all those of a network live at once and take turns, in another order each
round, so that whatever else the machine does falls on all of them. Figures are medians over rounds, ratios medians of
the ratios of one round. Keras and TensorFlow are installed into an environment of their own, once; where that cannot be
done their rows are left out and a line says why. See README.md for what each stack does.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from reporting import HALF_FLAGS, cpu_flags, machine, met, table, today

HERE = Path(__file__).parent
PACKAGES = ("tensorflow-cpu==2.21.0", "keras==3.15.1")
NETWORKS = {
    "chapter-18": "chapter 18's networks",
    "dcgan": "DCGAN's, 128 and 64 channels",
    "vae": "autoencoder 784-400-20",
}
PLAIN_TARGET, BEST_TARGET = 2.3, 1.3
"""Ours is at least so many times as fast as the plain loop on chapter 18's networks; the best is at most so many times as fast as ours."""
TRIAL_STEPS = 4


@dataclass(frozen=True)
class Stack:
    """A row of the table: its name, the program that runs it, which of its variants, on which networks."""

    name: str
    program: str
    variant: str
    networks: tuple[str, ...] = tuple(NETWORKS)
    is_half: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether the studio's own step is timed."""
        return self.program == "ours.py"

    @property
    def is_keras(self) -> bool:
        """Whether it needs the environment with TensorFlow."""
        return self.program == "keras_tensorflow.py"


PLAYED = ("chapter-18", "dcgan")
OURS = Stack("ours", "ours.py", "same")
PLAIN = Stack("torch, plain loop", "plain_torch.py", "two-passes")
ONE_PASS = Stack("torch, plain loop, fakes drawn once", "plain_torch.py", "one-pass", PLAYED)
STACKS = (
    OURS,
    Stack("ours, bfloat16", "ours.py", "bfloat16", is_half=True),
    Stack("ours, recommended objective", "ours.py", "recommended", PLAYED),
    PLAIN,
    ONE_PASS,
    Stack("Keras, eager (the document's loop)", "keras_tensorflow.py", "eager"),
    Stack("Keras, tf.function", "keras_tensorflow.py", "graph"),
)


@dataclass(frozen=True)
class Pace:
    """Pictures a second in one turn, by CPU time of the process and by the clock."""

    cpu: float
    wall: float


@dataclass
class Timed:
    """What came of the stacks of one network: their paces round by round, versions, and why some are not there."""

    paces: dict[Stack, list[Pace]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    missing: dict[Stack, str] = field(default_factory=dict)


# The stacks' processes.


class Gone(RuntimeError):
    """A stack's process has ended by itself; the message is the last line it said."""


class Worker:
    """A stack in its process.

    Args:
        command: of the process.
        complaints: file for what it says besides.
        batch: pictures of a step.

    Raises:
        Gone: it did not come to its first turn.
    """

    def __init__(self, command: Sequence[str], complaints: Path, batch: int, threads: int) -> None:
        self._complaints, self._batch = complaints, batch
        self._steps = TRIAL_STEPS
        environment = os.environ | {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
        with complaints.open("w") as said:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True, env=environment
            )
        self.versions: dict[str, str] = self._answer()

    def settle(self, seconds: float) -> None:
        """Find the number of steps that fill a turn of so many CPU seconds."""
        pace = self.turn()
        self._steps = max(TRIAL_STEPS, round(seconds * pace.cpu / self._batch))

    def turn(self) -> Pace:
        """Take a turn. Raises `Gone`."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{self._steps}\n")
            self._process.stdin.flush()
        except BrokenPipeError as reason:
            raise Gone(self._last_words()) from reason
        wall, cpu = self._answer()
        return Pace(self._steps * self._batch / cpu, self._steps * self._batch / wall)

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> dict[str, str] | list[float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Gone(self._last_words())
        return json.loads(line)

    def _last_words(self) -> str:
        self._process.wait()
        lines = self._complaints.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {self._process.returncode}"


@contextmanager
def workers(
    stacks: Mapping[Stack, Sequence[str]], folder: Path, timed: Timed, arguments: argparse.Namespace
) -> Iterator[dict[Stack, Worker]]:
    """Start the stacks; those that do not come up are noted as missing. All are ended afterwards."""
    alive: dict[Stack, Worker] = {}
    try:
        for stack, command in stacks.items():
            try:
                alive[stack] = Worker(command, folder / f"{stack.name}.log", arguments.batch, arguments.threads)
                timed.versions |= alive[stack].versions
            except Gone as reason:
                timed.missing[stack] = str(reason)
        yield alive
    finally:
        for worker in alive.values():
            worker.end()


def time_network(network: str, pythons: Mapping[Stack, str], folder: Path, arguments: argparse.Namespace) -> Timed:
    """Let all stacks of a network take turns: one round to find their pace, one to warm up, then those that count."""
    given = [
        "--pictures",
        str(folder / "pictures.npy"),
        "--batch",
        str(arguments.batch),
        "--threads",
        str(arguments.threads),
    ]
    commands = {
        stack: [python, str(HERE / "stacks" / stack.program), stack.variant, network, *given]
        for stack, python in pythons.items()
        if network in stack.networks
    }
    timed = Timed()
    with workers(commands, folder, timed, arguments) as alive:
        timed.paces = {stack: [] for stack in alive}
        for worker in alive.values():
            worker.settle(arguments.seconds)
        for number in range(arguments.rounds + 1):
            for stack, pace in a_round(alive, number):
                if number:  # the first one warms up
                    timed.paces[stack].append(pace)
            print(f"{network}: round {number} of {arguments.rounds}", file=sys.stderr)
    return timed


def a_round(alive: Mapping[Stack, Worker], number: int) -> Iterator[tuple[Stack, Pace]]:
    """Yield a turn of each, beginning with another one each round."""
    order = list(alive)
    begin = number % len(order)
    for stack in order[begin:] + order[:begin]:
        yield stack, alive[stack].turn()


# What they need.


def keras_python(folder: Path) -> str:
    """Return a Python with Keras and TensorFlow, installing them into an environment of their own when they are not there.

    Raises:
        OSError: the environment cannot be made.
        subprocess.CalledProcessError: its packages cannot be installed.
    """
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    if subprocess.run([python, "-c", "import keras, tensorflow"], check=False, capture_output=True).returncode:
        print(f"installing {' '.join(PACKAGES)} into {folder}", file=sys.stderr)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return str(python)


def available(arguments: argparse.Namespace) -> tuple[dict[Stack, str], dict[Stack, str]]:
    """Return the Python of each stack that can run here, and why the others cannot."""
    pythons, missing = {}, {}
    is_half = bool(HALF_FLAGS & cpu_flags()) if arguments.precision == "auto" else arguments.precision == "bfloat16"
    try:
        keras, reason = keras_python(arguments.keras_env), ""
    except (OSError, subprocess.CalledProcessError) as caught:
        keras, reason = None, f"no environment with TensorFlow: {caught}"
    for stack in STACKS:
        if stack.is_keras and keras is None:
            missing[stack] = reason
        elif stack.is_half and not is_half:
            missing[stack] = (
                f"this processor only emulates bfloat16 (none of {', '.join(sorted(HALF_FLAGS))}); --precision bfloat16 times it all the same"
            )
        else:
            pythons[stack] = keras if stack.is_keras and keras else sys.executable
    return pythons, missing


def write_pictures(path: Path) -> None:
    """Write the shipped digits, uint8 (n, 28, 28), for stacks that cannot read them themselves."""
    from openbeian.studio.data.images import load_images

    np.save(path, load_images("digits", size=28, channels=1).train.pixels.squeeze(1).numpy())


# The table.


def ratios(paces: Mapping[Stack, Sequence[Pace]], above: Stack, below: Stack, kind: str = "cpu") -> list[float]:
    """Return how many times as fast one stack was as another, round by round."""
    return [getattr(one, kind) / getattr(other, kind) for one, other in zip(paces[above], paces[below], strict=True)]


def best(paces: Mapping[Stack, Sequence[Pace]]) -> Stack:
    """Return the stack with the most pictures a CPU second among those that are not ours."""
    others = [stack for stack in paces if not stack.is_ours]
    return max(others, key=lambda stack: statistics.median(pace.cpu for pace in paces[stack]))


def network_table(paces: Mapping[Stack, Sequence[Pace]]) -> list[str]:
    """Return the figures of one network as Markdown."""
    head = ["stack", "pictures/CPU-s", "pictures/s", "of plain (CPU)", "of plain (wall)", "of the best other (CPU)"]
    fastest = best(paces)
    rows = []
    for stack, turns in paces.items():
        middle = [statistics.median(getattr(turn, kind) for turn in turns) for kind in ("cpu", "wall")]
        rows.append(
            [
                stack.name,
                *(f"{value:,.0f}" for value in middle),
                *(spread(ratios(paces, stack, PLAIN, kind)) for kind in ("cpu", "wall")),
                spread(ratios(paces, stack, fastest)),
            ]
        )
    return table(head, rows)


def spread(values: Sequence[float]) -> str:
    """Return the median with the least and the most of all rounds."""
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def verdicts(timed: Mapping[str, Mapping[Stack, Sequence[Pace]]]) -> list[str]:
    """Hold our figures against the targets, by CPU time; both plain loops are told, for each can be called plain."""
    lines = []
    chapter = timed.get("chapter-18", {})
    for plain in (PLAIN, ONE_PASS):
        if OURS in chapter and plain in chapter:
            times = statistics.median(ratios(chapter, OURS, plain))
            lines.append(
                f"- chapter 18: {times:.2f} x {plain.name}, at least {PLAIN_TARGET}: {met(times >= PLAIN_TARGET)}"
            )
    for network, paces in timed.items():
        if OURS not in paces:
            continue
        fastest = best(paces)
        times = statistics.median(ratios(paces, fastest, OURS))
        lines.append(
            f"- {network}: the best other ({fastest.name}) is {times:.2f} x ours, at most {BEST_TARGET}: {met(times <= BEST_TARGET)}"
        )
        if not any(stack.is_keras for stack in paces):
            lines.append(f"  (without Keras: not the whole comparison on {network})")
    return lines


def report(timed: Mapping[str, Timed], missing: Mapping[Stack, str], arguments: argparse.Namespace) -> str:
    """Return everything as Markdown."""
    versions = {name: version for one in timed.values() for name, version in one.versions.items()}
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    how = f"batch {arguments.batch}, threads {arguments.threads}, {arguments.rounds} rounds of {arguments.seconds:g} CPU-s a turn"
    lines = [
        f"# Training steps of the studio, {today()}",
        "",
        machine(),
        "",
        f"{told}; {how}; median (least–most of the rounds)",
    ]
    for network, one in timed.items():
        lines += ["", f"## {NETWORKS[network]}", "", *network_table(one.paces)]
        lines += [f"\n{stack.name}: left out ({reason})" for stack, reason in one.missing.items()]
    lines += ["", *(f"{stack.name}: left out ({reason})" for stack, reason in missing.items())]
    return "\n".join([*lines, "", *verdicts({network: one.paces for network, one in timed.items()}), ""])


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="that count; one more warms up")
    parser.add_argument("--seconds", type=float, default=2.0, help="CPU seconds of a turn")
    parser.add_argument("--threads", type=int, default=1, help="of each stack")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--network", action="append", choices=list(NETWORKS), help="only this one; can be given again")
    parser.add_argument(
        "--precision",
        choices=["auto", "float32", "bfloat16"],
        default="auto",
        help="whether a row in bfloat16 is added; auto: where the processor has it",
    )
    parser.add_argument(
        "--keras-env",
        type=Path,
        default=Path(tempfile.gettempdir()) / "openbeian-bench-keras",
        help="environment with Keras and TensorFlow, made when it is not there",
    )
    parser.add_argument(
        "--out", type=Path, default=HERE / "results" / f"studio-speed-{today()}.md", help="where the table is written"
    )
    return parser.parse_args()


def main() -> None:
    """Time everything, print the table and write it."""
    arguments = parse()
    pythons, missing = available(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-studio-") as folder:
        write_pictures(Path(folder) / "pictures.npy")
        timed = {
            network: time_network(network, pythons, Path(folder), arguments)
            for network in arguments.network or NETWORKS
        }
    text = report(timed, missing, arguments)
    arguments.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
