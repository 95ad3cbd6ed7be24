"""What the papers were made from, and how anybody makes the same bytes again."""

from __future__ import annotations

from hashlib import sha256

from openbeian.dossier.case import Case
from openbeian.dossier.papers import Block, Column, Facts, Heading, Paragraph, Row, Table, Tone, Words
from openbeian.manifest import canonical_json

_HOW = (
    "本套材料只由下列输入得出，同样的输入在任何时间、任何机器上得到同样的字节。输入全文（inputs.json）附在材料包和每份 PDF、"
    "Word 文件里；openbeian dossier verify 取出它，离线重做一遍并逐字节比对。附件中不由清单得出的文件只核对摘要。"
)


def blocks(case: Case, title: str) -> list[Block]:
    """Return the part of the report that states the inputs."""
    packs = tuple(
        words
        for name, one in case.packs.items()
        for words in (
            Words(f"{name}，{one.get('edition', '')} 版"),
            Words(f"sha256:{one.get('sha256', '')}", Tone.CODE),
        )
    )
    programs = "，".join(f"{name} {one}" for name, one in case.made_with.items() if not name.endswith("_sha256"))
    drawing = case.made_with.get("drawing_sha256", "")
    findings = canonical_json([finding.as_json() for finding in case.findings])
    rows = (
        Row("材料时刻（UTC）", (Words(f"{case.now:%Y-%m-%dT%H:%M:%SZ}"),)),
        Row("服务清单", (Words(f"sha256:{sha256(canonical_json(case.tree)).hexdigest()}", Tone.CODE),)),
        Row("结论", (Words(f"{len(case.findings)} 条"), Words(f"sha256:{sha256(findings).hexdigest()}", Tone.CODE))),
        Row("证据", (Words(f"{len(case.numbered)} 件，逐件摘要见证据目录"),)),
        Row("规则包", packs),
        Row("程序", (Words(programs), Words("排版程序的摘要"), Words(f"sha256:{drawing}", Tone.CODE))),
        Row("全部输入", (Words(f"sha256:{case.digest}", Tone.CODE), Words(f"核验码 {case.code}"))),
    )
    return [Heading(title), Paragraph(_HOW), Facts(rows), *_others(case)]


def _others(case: Case) -> list[Block]:
    rows = tuple((Words(name), Words(digest, Tone.CODE)) for name, digest in case.annexes.items())
    return [Table((Column("附件文件", 4), Column("SHA-256", 8)), rows, "随附文件的摘要")] if rows else []
