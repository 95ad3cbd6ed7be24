"""The typed service manifest, its faults with file and line, its canonical form and its differences."""

from openbeian.manifest.canonical import canonical_json, digest, sha256_file
from openbeian.manifest.comparing import ABSENT, Change, apply, changes, flatten, part_of
from openbeian.manifest.faults import Fault, ManifestInvalid, Problem, reason_of
from openbeian.manifest.model import PARTS, PUBLIC_PARTS, Manifest, Statement, public_view
from openbeian.manifest.reading import LoadedManifest, load_manifest, parse_manifest, set_value

__all__ = [
    "ABSENT",
    "PARTS",
    "PUBLIC_PARTS",
    "Change",
    "Fault",
    "LoadedManifest",
    "Manifest",
    "ManifestInvalid",
    "Problem",
    "Statement",
    "apply",
    "canonical_json",
    "changes",
    "digest",
    "flatten",
    "load_manifest",
    "parse_manifest",
    "part_of",
    "public_view",
    "reason_of",
    "set_value",
    "sha256_file",
]
