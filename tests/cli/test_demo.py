"""The main job by one command: it holds, goes on after being killed, works a second time, and says when a port is taken."""

import importlib.util
import json
import socket

import pytest

pytestmark = [
    pytest.mark.studio,
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed: make studio"),
]


def _end(process) -> None:
    process.kill()
    process.wait()
    process.stdout.close()


def _killed_at(command, words: str) -> None:
    """Start the demonstration and kill it without warning when it says these words."""
    process = command.start("demo", "--no-serve", "--port", "0")
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if words in line:
                break
    finally:
        _end(process)


@pytest.mark.long
@pytest.mark.req("F1", "F2", "F3", "F4", "T1a", "T1b", "T1d", "T2a", "T3a", "T3d", "A1", "M1")
def test_demo_killed_in_the_middle_goes_on_and_a_second_one_adds_to_the_first(command):
    _killed_at(command, "受理人受理")
    first = command.run("demo", "--no-serve", "--port", "0")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "上次已完成" in first.stdout
    assert "十步全部成立" in first.stdout
    journal = json.loads((command.folder / "home" / "demo" / "journal.json").read_text(encoding="utf-8"))
    assert journal["complete"]
    number = journal["facts"]["filing"]["number"]
    second = command.run("demo", "--no-serve", "--port", "0")
    assert second.returncode == 0, second.stdout + second.stderr
    again = json.loads((command.folder / "home" / "demo" / "journal.json").read_text(encoding="utf-8"))
    assert again["run"] == 2
    assert again["facts"]["filing"]["number"] != number
    assert again["facts"]["filing"]["number"].startswith("MoNi-")


def test_demo_on_a_busy_port_says_so_and_takes_another(command):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = command.start("demo", "--no-serve", "--port", str(taken.getsockname()[1]))
        try:
            assert process.stdout is not None
            said = next(line for line in process.stdout if "端口" in line)
        finally:
            _end(process)
    assert "已被占用" in said


def test_office_on_a_busy_port_ends_with_the_code_for_the_environment(command):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = command.run("office", "run", "--demo", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 3
    assert "已被占用" in done.stderr
