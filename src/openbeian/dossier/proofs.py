"""The box with the code and its picture, the same on every paper of a dossier."""

from __future__ import annotations

from openbeian.dossier.case import Case
from openbeian.dossier.codes import picture, raster
from openbeian.dossier.papers import Proof


def proof(case: Case) -> Proof:
    """Return the box for this dossier."""
    return Proof(
        code=case.code,
        digest=f"sha256:{case.digest}",
        words="这是本套材料所依据的清单、结论与证据的摘要，二维码内容相同。用 openbeian dossier verify 核验本文件或整个材料包，"
        "可离线确认未被改动，并与本码比对。",
        picture=picture(case.digest),
        raster=raster(case.digest),
        alt=f"二维码：材料摘要 sha256:{case.digest}",
    )
