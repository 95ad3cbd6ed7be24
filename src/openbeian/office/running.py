"""Preparing and serving an office: for the command line, which knows nothing of Django."""

from __future__ import annotations

import errno
import os
import socket
from datetime import datetime
from pathlib import Path

from openbeian.manifest import Fault, reason_of


def configure(home: Path, *, is_demo: bool) -> None:
    """Set up Django on this home; call before anything else of the office."""
    import django

    os.environ["OPENBEIAN_HOME"] = str(home)
    if is_demo:
        os.environ["OPENBEIAN_DEMO"] = "1"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openbeian.office.settings")
    try:
        (home / "office").mkdir(parents=True, exist_ok=True)
    except OSError as reason:
        raise Fault(
            "home-unwritable",
            f"不能写入状态文件夹：{reason_of(reason)}",
            "用 OPENBEIAN_HOME 换一个文件夹",
            file=str(home),
        ) from reason
    django.setup()


def prepare(home: Path, *, is_demo: bool, now: datetime) -> None:
    """Bring the database up to date, and seed the accounts of a demonstration."""
    from django.core.management import call_command
    from django.db import DatabaseError

    configure(home, is_demo=is_demo)
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as reason:
        raise Fault(
            "database-unusable",
            f"数据库不能使用：{str(reason).strip()}",
            "检查状态文件夹的权限或 DATABASE_URL",
            file=str(home),
        ) from reason
    if is_demo:
        from openbeian.office.seeding import seed_demo

        seed_demo(home, now=now)


def tick(*, now: datetime) -> list[str]:
    """Sign the head of every office; may be run at any time and any number of times."""
    from openbeian.office.accounts.models import Office
    from openbeian.office.recording import sign_head

    return [sign_head(office.pk, now=now) for office in Office.objects.all()]


def serve(host: str, port: int) -> None:
    """Serve the prepared office until it is stopped.

    Raises:
        Fault: `port-busy` when something else listens there, `port-invalid` when there is no such port.
    """
    import uvicorn

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as reason:
            words = "端口已被占用" if reason.errno == errno.EADDRINUSE else f"不能使用端口：{reason_of(reason)}"
            raise Fault("port-busy", f"{host}:{port} {words}", "用 --port 换一个端口，0 为自动选择") from reason
        except OverflowError as reason:
            raise Fault("port-invalid", f"没有端口 {port}", "端口在 0 到 65535 之间") from reason
    uvicorn.run(
        "openbeian.office.asgi:application", host=host, port=port, log_level="warning", access_log=False, lifespan="off"
    )
