"""Licences as open formats name them: by SPDX identifier where the manifest's words are one, else in those words."""

from __future__ import annotations

from openbeian.manifest.model import DataSource

SPDX = frozenset(
    {
        "0BSD",
        "AFL-3.0",
        "AGPL-3.0-only",
        "AGPL-3.0-or-later",
        "Apache-2.0",
        "Artistic-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSL-1.0",
        "CC-BY-3.0",
        "CC-BY-4.0",
        "CC-BY-NC-4.0",
        "CC-BY-NC-ND-4.0",
        "CC-BY-NC-SA-4.0",
        "CC-BY-ND-4.0",
        "CC-BY-SA-3.0",
        "CC-BY-SA-4.0",
        "CC0-1.0",
        "CDLA-Permissive-1.0",
        "CDLA-Permissive-2.0",
        "CDLA-Sharing-1.0",
        "ECL-2.0",
        "EPL-2.0",
        "EUPL-1.2",
        "GFDL-1.3-only",
        "GPL-2.0-only",
        "GPL-2.0-or-later",
        "GPL-3.0-only",
        "GPL-3.0-or-later",
        "ISC",
        "LGPL-2.1-only",
        "LGPL-2.1-or-later",
        "LGPL-3.0-only",
        "LGPL-3.0-or-later",
        "MIT",
        "MPL-2.0",
        "MulanPSL-1.0",
        "MulanPSL-2.0",
        "ODbL-1.0",
        "ODC-By-1.0",
        "OFL-1.1",
        "PDDL-1.0",
        "Unlicense",
        "WTFPL",
        "Zlib",
    }
)
"""The identifiers of the SPDX licence list that models and corpora are given under."""

URL = "https://spdx.org/licenses/{}.html"


def page(licence: str) -> str:
    """Return the address of a licence on the SPDX list, or the manifest's own words for it."""
    return URL.format(licence) if licence in SPDX else licence


def distinct(sources: list[DataSource]) -> list[str]:
    """Return the licences of all sources, each once, in the manifest's order."""
    return list(dict.fromkeys(source.licence for source in sources if source.licence))
