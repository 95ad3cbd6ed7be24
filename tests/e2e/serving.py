"""Serve a small office for the browser tests: prints one JSON line, then serves until its input closes."""

from __future__ import annotations

import json
import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path


def main(home: Path) -> None:
    """Make the office under `home`, say where it is, and serve it."""
    from openbeian.office import running

    running.configure(home, is_demo=True)
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from tests.office.pages.world import build

    world = build(home, datetime.now(UTC))
    import uvicorn

    config = uvicorn.Config(
        "openbeian.office.asgi:application",
        host="127.0.0.1",
        port=0,
        log_level="error",
        lifespan="off",
        access_log=False,
    )
    server = uvicorn.Server(config)

    def tell() -> None:
        while not server.started:
            threading.Event().wait(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        given = {"base": f"http://127.0.0.1:{port}", "passwords": world.passwords, "numbers": world.numbers}
        sys.stdout.write(json.dumps({**given, "registration": world.registration, "codes": world.codes}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=tell, daemon=True).start()
    server.run()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openbeian.office.settings")
    main(Path(sys.argv[1]))
