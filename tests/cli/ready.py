"""The command, imported and waiting: every call is a process of its own that finds the code and the packs of rules already read.

One line of JSON on standard input says what to run and where; the answer is the exit code. It ends when its input closes.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import importlib.util
import json
import os
import signal
import sys
import threading
import traceback

from openbeian.cli import main
from openbeian.rules.packs import load_pack, pack_ids

READ = (
    *(("torch._dynamo", "openbeian.studio.interface") if importlib.util.find_spec("torch") else ()),
    "jinja2",
    "openbeian.assessment.assess",
    "openbeian.assessment.bank_checks",
    "openbeian.assessment.report",
    "openbeian.assessment.review",
    "openbeian.dossier.building",
    "openbeian.dossier.exports",
    "openbeian.dossier.verifying",
    "openbeian.screening.classifier",
    "openbeian.screening.corpus",
    "openbeian.screening.library_files",
    "sklearn.feature_extraction.text",
    "sklearn.linear_model",
)


def child(call: dict) -> None:
    """Become the called command: its folder, its environment, its arguments, its output."""
    signal.alarm(call["longest_s"])
    os.environ.clear()
    os.environ.update(call["environment"])
    os.chdir(call["folder"])
    for number, name in ((0, os.devnull), (1, call["out"]), (2, call["err"])):
        opened = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv[1:] = call["arguments"]
    _end(_code_of_main())


def _code_of_main() -> int:
    """Run the command and return its exit code, as the interpreter would."""
    try:
        main()
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        sys.stderr.write(f"{ended.code}\n")
        return 1
    except BaseException:  # noqa: BLE001 - the interpreter ends so, too
        traceback.print_exc()
        return 1
    return 0


def _end(code: int) -> None:
    """End as the interpreter does, save for taking every module apart: that would copy all the memory the fork shares."""
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve() -> None:
    """Answer calls one after the other."""
    for pack_id in pack_ids():
        load_pack(pack_id)
    for name in READ:
        importlib.import_module(name)
    gc.freeze()  # else every fork would copy what it only looks at
    for line in iter(sys.stdin.readline, ""):
        number = os.fork()
        if number == 0:
            child(json.loads(line))
        _, status = os.waitpid(number, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
