"""Ask a bank over loopback and measure: wall time against the bound, CPU a question, memory; Inspect beside it.

    python benchmarks/assessment.py --questions 2000 --latency 0.2 [--peer-python VENV/bin/python]

The service runs in a process of its own and answers after a fixed time; each runner runs in a process of its own.
`client` asks the same questions by the bare HTTP client, without journal, limits or record: what no runner on it can go
below. CPU is judged beside the peer of the same run, since a millisecond of one machine is not one of another: the
target of 0.5 ms a question was set where Inspect took 17.7. Prints one Markdown table. Nothing leaves the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

WALL_TARGET, CPU_TARGET_MS, MEMORY_TARGET_MB = 1.08, 0.5, 60
PEER_CPU_MS = 17.7
"""What a question cost Inspect on the machine where the target was set."""


# The service: as little as speaks HTTP/1.1, so that what is measured is the runner.


class Service(asyncio.Protocol):
    """Answers every POST after `latency` seconds; requests on one connection come one after another."""

    latency = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with nothing received."""
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.received = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer once the request is whole."""
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        if not found or len(body) < length:
            return
        self.received = b""
        asyncio.get_running_loop().call_later(
            self.latency if head.startswith(b"POST") else 0.0, self.answer, body, head.startswith(b"POST")
        )

    def answer(self, body: bytes, is_chat: bool) -> None:  # noqa: FBT001 - one of two fixed replies
        """Send the reply, unless the asker has gone."""
        reply = chat_reply(body) if is_chat else {"object": "list", "data": [{"id": "fake", "object": "model"}]}
        sent = json.dumps(reply, ensure_ascii=False).encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(sent)
        if not self.transport.is_closing():
            self.transport.write(head + sent)


def chat_reply(body: bytes) -> dict[str, object]:
    """Return a chat completion about the last message."""
    content = json.loads(body)["messages"][-1]["content"]
    text = content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
    message = {"role": "assistant", "content": f"答：{text}"}
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "fake",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30},
    }


def serve(latency: float) -> None:
    """Serve on a free port, print its number, go on until killed."""
    Service.latency = latency

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Service, "127.0.0.1", 0, backlog=1024)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(main())


# The runners: each called in a fresh process, each prints one line of JSON.


def run_ours(folder: Path, url: str, concurrency: int) -> dict[str, object]:
    """Ask the bank of the folder by our runner; return what only this process knows."""
    from openbeian.assessment.banks import load_bank
    from openbeian.assessment.client import Endpoint
    from openbeian.assessment.runner import run_bank

    bank = load_bank(folder / "bank.jsonl")
    begun, used = time.perf_counter(), time.process_time()
    outcome = run_bank(
        bank,
        Endpoint(url, "fake", {"temperature": 0}),
        folder / "journal.log",
        concurrency=concurrency,
        now=datetime.now(UTC),
        random=Random(1),
    )
    loop = {"loop_s": time.perf_counter() - begun, "loop_cpu_s": time.process_time() - used}
    return {**loop, "answered": outcome.states["answered"]}


def run_client(folder: Path, url: str, concurrency: int) -> dict[str, object]:
    """Ask the same questions by aiohttp alone, as many at once; return what only this process knows."""
    import aiohttp

    questions = iter(json.loads(line)["text"] for line in (folder / "bank.jsonl").read_text("utf-8").splitlines())

    async def ask(session: aiohttp.ClientSession) -> int:
        answered = 0
        for question in questions:
            body = {"model": "fake", "messages": [{"role": "user", "content": question}], "stream": False}
            async with session.post(f"{url}/v1/chat/completions", json=body) as response:
                answered += "choices" in await response.json()
        return answered

    async def main() -> int:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:
            return sum(await asyncio.gather(*(ask(session) for _ in range(concurrency))))

    begun, used = time.perf_counter(), time.process_time()
    answered = asyncio.run(main())
    loop = {"loop_s": time.perf_counter() - begun, "loop_cpu_s": time.process_time() - used}
    return {**loop, "answered": answered}


def run_inspect(folder: Path, url: str, concurrency: int) -> dict[str, object]:
    """Ask the same bank by Inspect; its lightest settings: no display, no realtime log, one score by substring."""
    from inspect_ai import Task, eval  # noqa: A004 - the peer's name for it
    from inspect_ai.dataset import Sample
    from inspect_ai.scorer import includes

    os.environ |= {"LOCAL_API_KEY": "none", "LOCAL_BASE_URL": f"{url}/v1"}
    rows = [json.loads(line) for line in (folder / "bank.jsonl").read_text(encoding="utf-8").splitlines()]
    task = Task([Sample(id=row["id"], input=row["text"], target="答") for row in rows], scorer=includes())
    begun, used = time.perf_counter(), time.process_time()
    (log,) = eval(
        task,
        model="openai-api/local/fake",
        max_connections=concurrency,
        max_samples=concurrency,
        temperature=0,
        display="none",
        log_dir=str(folder / "logs"),
        log_realtime=False,
        log_buffer=len(rows),
    )
    loop = {"loop_s": time.perf_counter() - begun, "loop_cpu_s": time.process_time() - used}
    return {**loop, "answered": log.results.completed_samples}


RUNNERS = {"ours": run_ours, "client": run_client, "inspect": run_inspect}


# Measuring.


@dataclass(frozen=True)
class Measure:
    """One run of one process: seconds, seconds of CPU (start and import included), MB at its peak, questions answered."""

    wall_s: float
    cpu_s: float
    loop_s: float
    loop_cpu_s: float
    memory_mb: float
    answered: int


def measure(python: str, runner: str, url: str, questions: int, concurrency: int) -> Measure:
    """Run one runner in a process of its own over a new bank."""
    with tempfile.TemporaryDirectory(prefix="bench-assessment-", dir=Path.cwd()) as folder:
        write_bank(Path(folder), questions)
        command = [
            python,
            __file__,
            "--as",
            runner,
            "--folder",
            folder,
            "--url",
            url,
            "--concurrency",
            str(concurrency),
        ]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return Measure(**json.loads(done.stdout.splitlines()[-1]))


def run_as(arguments: argparse.Namespace) -> None:
    """Be the process that is measured."""
    found = RUNNERS[arguments.runner](arguments.folder, arguments.url, arguments.concurrency)
    used = resource.getrusage(resource.RUSAGE_SELF)
    whole = {"cpu_s": used.ru_utime + used.ru_stime, "memory_mb": used.ru_maxrss / 1024, "wall_s": since_start()}
    print(json.dumps({**found, **whole}))


def since_start() -> float:
    """Return the seconds since this process began, imports and all."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def write_bank(folder: Path, questions: int) -> None:
    """Write a neutral bank of so many different questions."""
    rows = ({"id": f"q{n:05}", "text": f"第{n:05}种水果放在阴凉处可以保存几天？"} for n in range(questions))
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "bank.jsonl").write_text(text + "\n", encoding="utf-8")


def median(measures: list[Measure]) -> Measure:
    """Return the median of each figure by itself."""
    return Measure(
        **{name: statistics.median(getattr(one, name) for one in measures) for name in Measure.__annotations__}
    )


def importable(python: str) -> bool:
    """Say whether that Python has Inspect."""
    return subprocess.run([python, "-c", "import inspect_ai"], check=False, capture_output=True).returncode == 0


# The table.


def table(rows: dict[str, Measure], arguments: argparse.Namespace) -> str:
    """Return the figures as Markdown, each beside the bound and beside the peer."""
    bound = bound_of(arguments)
    machine = f"{cpu_name()}, {os.cpu_count()} cores; Python {platform.python_version()}; {datetime.now(UTC):%Y-%m-%d}"
    asked = f"{arguments.questions} questions, {arguments.latency * 1000:g} ms, {arguments.concurrency} in flight"
    head = f"{asked}; bound {bound:.2f} s; median of {arguments.repeats}"
    lines = [machine, "", head, ""]
    lines += [
        "| runner | loop s | of bound | process s | loop CPU ms/question | process CPU ms/question | peak MB | answered |"
    ]
    lines += ["|---|---|---|---|---|---|---|---|"]
    lines += [row(name, one, bound, arguments.questions) for name, one in rows.items()]
    if "inspect" in rows:
        ours, peer = rows["ours"], rows["inspect"]
        times, cpu, whole = peer.loop_s / ours.loop_s, peer.loop_cpu_s / ours.loop_cpu_s, peer.cpu_s / ours.cpu_s
        lines += ["", f"Inspect takes {times:.1f} x the time, {cpu:.1f} x the CPU ({whole:.0f} x with its start)."]
    return "\n".join(lines)


def bound_of(arguments: argparse.Namespace) -> float:
    """Return the seconds that no runner can go below: the waves of questions, each as long as an answer takes."""
    return math.ceil(arguments.questions / arguments.concurrency) * float(arguments.latency)


def row(name: str, one: Measure, bound: float, questions: int) -> str:
    """Return one line of the table."""
    ratio = f"{one.loop_s / bound:.3f}" if bound else "-"
    cpu = f"{one.loop_cpu_s / questions * 1000:.2f} | {one.cpu_s / questions * 1000:.2f}"
    return (
        f"| {name} | {one.loop_s:.2f} | {ratio} | {one.wall_s:.2f} | {cpu} | {one.memory_mb:.0f} | {one.answered:.0f} |"
    )


def cpu_name() -> str:
    """Return what the machine calls its processor."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=2000)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds the service takes to answer")
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--peer-python", help="a Python that has inspect-ai and openai; without it the peer is left out"
    )
    parser.add_argument("--as", dest="runner", choices=[*RUNNERS, "service"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measure everything and print the table."""
    arguments = parse()
    if arguments.runner == "service":
        serve(arguments.latency)
    elif arguments.runner:
        run_as(arguments)
    else:
        compare(arguments)


def compare(arguments: argparse.Namespace) -> None:
    """Run the service, then each runner against it."""
    pythons = {"ours": sys.executable, "client": sys.executable}
    if arguments.peer_python and importable(arguments.peer_python):
        pythons["inspect"] = arguments.peer_python
    else:
        print("inspect: skipped (give --peer-python a Python with inspect-ai and openai)", file=sys.stderr)
    command = [sys.executable, __file__, "--as", "service", "--latency", str(arguments.latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as service:
        try:
            url = f"http://127.0.0.1:{service.stdout.readline().strip()}"
            rows = {
                name: median(
                    [
                        measure(python, name, url, arguments.questions, arguments.concurrency)
                        for _ in range(arguments.repeats)
                    ]
                )
                for name, python in pythons.items()
            }
        finally:
            service.kill()
    print(table(rows, arguments))
    print("\n" + "\n".join(verdicts(rows, arguments)))


def verdicts(rows: dict[str, Measure], arguments: argparse.Namespace) -> list[str]:
    """Hold our figures against the targets; the CPU beside the peer's where there is one."""
    ours, peer = rows["ours"], rows.get("inspect")
    bound = bound_of(arguments)
    wall = (
        f"{ours.loop_s / bound:.3f} x bound, at most {WALL_TARGET}: {met(ours.loop_s <= WALL_TARGET * bound)}"
        if bound
        else "not judged without latency"
    )
    share, most = (ours.loop_cpu_s / peer.loop_cpu_s, CPU_TARGET_MS / PEER_CPU_MS) if peer else (math.inf, 0.0)
    beside = (
        f"{share:.4f} of Inspect's, at most {most:.4f}: {met(share <= most)}" if peer else "not judged without peer"
    )
    return [
        f"- wall {wall}",
        f"- CPU {beside}",
        f"- memory {ours.memory_mb:.0f} MB, at most {MEMORY_TARGET_MB}: {met(ours.memory_mb <= MEMORY_TARGET_MB)}",
    ]


def met(is_met: bool) -> str:  # noqa: FBT001 - the one thing it says
    """Return the verdict in a word."""
    return "met" if is_met else "missed"


if __name__ == "__main__":
    main()
