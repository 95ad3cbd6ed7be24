"""Take a picture of every page at 1440 and 375 pixels, from a small office made for the purpose.

    .venv/bin/python tools/screenshots.py OUT [--only NAME] [--language en] [--large]

The office lives in a temporary folder, serves on loopback, and ends with this program. Each page also reports sideways
scrolling, breaches of the content security policy and errors of the console.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
WIDTHS = (1440, 375)


def pages(world: Any) -> list[tuple[str, str, str]]:
    """Return name, user ('' for the public) and address of every page."""
    numbers, codes = world.numbers, world.codes
    service = "/provider/services/shili-"
    case = "/office/cases/"
    return [
        ("home", "", "/"),
        ("about", "", "/about/"),
        ("register", "", "/register/"),
        ("register-entry", "", f"/register/{world.registration}/"),
        ("verify", "", f"/verify/{world.registration}/"),
        ("verify-unknown", "", "/verify/MoNi-Nowhere-0/"),
        ("notices", "", "/notices/"),
        ("notice", "", f"/notices/{numbers['notice']}/"),
        ("object", "", f"/notices/{numbers['notice']}/object/"),
        ("complain", "", f"/complain/?number={world.registration}"),
        ("receipts", "", "/receipts/"),
        ("receipt-objection", "", f"/receipts/{codes['objection-answered']}/"),
        ("receipt-complaint", "", f"/receipts/{codes['complaint-closed']}/"),
        ("ledger", "", "/ledger/"),
        ("login", "", "/accounts/login/"),
        ("not-found", "", "/nowhere/"),
        ("styleguide", "", "/styleguide/"),
        ("provider", "kefu", "/provider/"),
        ("service-drift", "kefu", f"{service}kefu/"),
        ("service-supplement", "kefu", f"{service}tianqi/"),
        ("service-draft", "kefu", f"{service}caogao/"),
        ("manifest", "kefu", f"{service}kefu/manifest/"),
        ("findings", "kefu", f"{service}kefu/findings/"),
        ("dossier", "kefu", f"{service}kefu/dossier/"),
        ("hand-in", "kefu", f"{service}caogao/submit/"),
        ("supplement", "kefu", f"{service}tianqi/supplement/"),
        ("change", "kefu", f"{service}kefu/change/"),
        ("track", "kefu", "/provider/track/?public=yes&opinion=yes&model=own"),
        ("new-service", "kefu", "/provider/new/"),
        ("provider-round", "kefu", f"/provider/cases/{numbers['second']}/rounds/2/"),
        ("provider-complaints", "kefu", "/provider/complaints/"),
        ("provider-complaint", "kefu", f"/provider/complaints/{codes['complaint-forwarded']}/"),
        ("rules", "kefu", "/provider/rules/"),
        ("reviews", "marker1", "/provider/reviews/"),
        ("review-new", "kefu", f"{service}kefu/reviews/new/"),
        ("review-half", "kefu", f"/provider/reviews/{codes['review-half']}/"),
        ("review-done", "kefu", f"/provider/reviews/{codes['review-done']}/"),
        ("review-blind", "marker1", f"/provider/reviews/{codes['review-half']}/"),
        ("review-mark", "marker1", f"/provider/reviews/{codes['review-half']}/mark/20/"),
        ("review-marked", "marker1", f"/provider/reviews/{codes['review-half']}/mark/2/"),
        ("review-content", "marker2", f"/provider/reviews/{codes['review-fresh']}/mark/1/"),
        ("review-third", "marker3", f"/provider/reviews/{codes['review-half']}/mark/{codes['review-third']}/"),
        ("review-finished", "marker1", f"/provider/reviews/{codes['review-done']}/mark/"),
        ("queue", "reviewer", "/office/"),
        ("case-review", "reviewer2", f"{case}{numbers['second']}/"),
        ("case-approval", "approver", f"{case}{numbers['approval']}/"),
        ("case-notice", "approver", f"{case}{numbers['notice']}/"),
        ("case-submitted", "clerk", f"{case}{numbers['submitted']}/"),
        ("office-objections", "reviewer", "/office/objections/"),
        ("office-objection", "reviewer", f"/office/objections/{codes['objection-received']}/"),
        ("office-complaints", "clerk", "/office/complaints/"),
        ("office-complaint", "clerk", f"/office/complaints/{codes['complaint-received']}/"),
        ("office-drift", "clerk", "/office/drift/"),
        ("office-ledger", "auditor", "/office/ledger/"),
    ]


def main() -> int:
    """Take the pictures; the exit status says whether anything was reported."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--language", default="zh-hans", choices=("zh-hans", "en"))
    parser.add_argument("--large", action="store_true")
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        from openbeian.office import running

        home = Path(folder)
        running.configure(home, is_demo=True)
        from django.core.management import call_command

        call_command("migrate", verbosity=0, interactive=False)
        from tests.office.pages.world import build

        world = build(home, datetime.now(UTC))
        return _shoot(world, wanted)


def _shoot(world: Any, wanted: argparse.Namespace) -> int:
    from django.conf import settings
    from playwright.sync_api import sync_playwright

    from tests.e2e.driving import FLAGS, chromium_path, session_cookies, watch

    base, stop = serve()
    reports = 0
    cookies = {name: session_cookies(name) for name in {user for _, user, _ in pages(world) if user}}
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
            for name, user, path in pages(world):
                if wanted.only and wanted.only not in name:
                    continue
                for width in WIDTHS:
                    context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
                    context.add_cookies([{**cookie, "url": base} for cookie in cookies.get(user, [])])
                    context.add_cookies([{"name": "django_language", "value": wanted.language, "url": base}])
                    if wanted.large:
                        context.add_cookies([{"name": "openbeian_type", "value": "large", "url": base}])
                    page = context.new_page()
                    found = watch(page)
                    settings.DEBUG = name == "styleguide"
                    page.goto(base + path)
                    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                    page.screenshot(path=wanted.out / f"{name}-{width}.png", full_page=True)
                    said = [*found, *([f"{over} px too wide"] if over > 0 else [])]
                    said = [line for line in said if not (name in {"not-found", "verify-unknown"} and "404" in line)]
                    reports += len(said)
                    print(f"{name} {width}: {'; '.join(said) or 'ok'}", flush=True)
                    context.close()
            browser.close()
    finally:
        stop()
    return 1 if reports else 0


def serve() -> tuple[str, Any]:
    """Serve the prepared office on a free port of loopback in a thread; return its address and how to stop it."""
    import asyncio

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
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]

    def stop() -> None:
        server.should_exit = True
        thread.join(10)

    return f"http://127.0.0.1:{port}", stop


if __name__ == "__main__":
    raise SystemExit(main())
