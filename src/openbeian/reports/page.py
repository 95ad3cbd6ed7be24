"""Fills a report's template and inlines its style, so that one file is the whole report.

The style alone may run, by its hash in the content security policy: no script, nothing from elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from openbeian.files import write_whole
from openbeian.manifest import Fault, reason_of

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

HERE = "openbeian.reports"
NARROW_SPACE = "\u202f"


def render(package: str, template: str, **data: object) -> str:
    """Return a report as HTML.

    Args:
        package: the package that holds the template; it extends `report.html` of this one.
        template: the template's name.
        data: what it shows; every value is escaped, a name that is missing is an error.
    """
    style = _style()
    key = "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _environment(package).get_template(template).render(style=style, style_hash=key, **data)


def write(path: Path, html: str) -> Path:
    """Write a report so that it appears whole or not at all.

    Raises:
        Fault: `report-unwritable`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return write_whole(path, html)
    except OSError as error:
        raise Fault("report-unwritable", f"报告写不进去：{reason_of(error)}", "换一个位置", file=str(path)) from error


@cache
def _environment(package: str) -> Environment:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    loaders = [PackageLoader(HERE, "."), PackageLoader(package, ".")]
    found = Environment(loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    found.lstrip_blocks = True
    found.filters |= {"percent": percent, "number": number, "short": short}
    return found


@cache
def _style() -> Markup:
    from markupsafe import Markup

    return Markup(files(HERE).joinpath("report.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file


def percent(share: float | None, digits: int = 1) -> str:
    """Write a share as a percentage; a dash where there is none."""
    return "—" if share is None else f"{share * 100:.{digits}f}%"


def number(value: float | None) -> str:
    """Write a number with narrow spaces every three digits; a dash where there is none."""
    if value is None:
        return "—"
    return f"{value:,}".replace(",", NARROW_SPACE)


def short(digest: str | None) -> str:
    """Write the two ends of a digest."""
    return "—" if not digest else f"{digest[:8]}…{digest[-4:]}"
