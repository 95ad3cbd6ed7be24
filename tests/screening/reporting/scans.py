"""Small scans for the tests of their reports, and one for the browser: words are neutral, mapped to risks for the test only."""

import json
from pathlib import Path

import numpy as np

from openbeian.screening import Keyword, Library
from openbeian.screening.classifier import Flagged
from openbeian.screening.corpus import Beside, ScanOptions, scan_corpus

LIBRARY = Library(
    [
        Keyword("云朵苹果", "A.1", "A.1.a", level="高"),
        Keyword("示例词", "A.2", "A.2.d"),
        Keyword("竹林深处", "A.5", "A.5.a"),
        Keyword("蓝色茶壶", "自定", "竞品"),
    ],
    ["云朵苹果汁"],
)
SECRET = "13912345678"


class Picky:
    """A classifier that flags what has a word, the oftener the likelier."""

    digest = "ab" * 32
    covered = ("A.3.b",)
    without_model = ("A.1.a", "A.1.b")

    def flagged(self, texts):
        """Flag a word."""
        counts = np.array([text.count("樱桃") for text in texts])
        places = np.flatnonzero(counts)
        return Flagged(places, (1 - 0.5 / counts[places]).astype(np.float32), np.zeros(len(places), np.int32))


def write(path: Path, rows: list[str], ending: str = "\n") -> Path:
    """Write rows as a JSONL file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"text": row}, ensure_ascii=False) + ending for row in rows), encoding="utf-8")
    return path


def two_sources(folder: Path, bad: int = 5) -> Path:
    """Write a corpus: `web`, of whose 100 rows `bad` have a harmful word, and `books`, clean but for personal information."""
    web = [f"第{number}行：云朵苹果" for number in range(bad)] + [f"第{number}行" for number in range(bad, 100)]
    write(folder / "web" / "a.jsonl", web[:60])
    write(folder / "web" / "b.jsonl", web[60:])
    write(folder / "books" / "c.jsonl", [f"张示例的手机号是{SECRET}，请联系"] * 3 + ["今天喝云朵苹果汁"] * 7)
    return folder


def everything(folder: Path, human: bool = True) -> Path:
    """Scan a corpus with something of everything, and return the page."""
    corpus = two_sources(folder / "corpus", 9)
    disguised = [
        "云-朵-苹-果",
        "竹林深处有人家",
        "蓝色茶壶",
        "示例词",
        "樱桃红了",
        "联系人：李示例，地址：北京市海淀区示例路1号院2号楼301室",
    ]
    write(corpus / "a-source-with-quite-a-long-name" / "d.jsonl", disguised * 3)
    (corpus / "web" / "gb.txt").write_bytes(
        "国标编码的一行文字，还有一行\n邮箱 a.b@example.cn\n".encode("gb18030") * 200 + b"\xff\n"
    )
    (corpus / "web" / "broken.jsonl").write_text('{"text": "好"}\n{broken\n\n', encoding="utf-8")
    (corpus / "web" / "cut.parquet").write_bytes(b"PAR1 broken PAR1")
    (corpus / "web" / "picture.png").write_bytes(b"x")
    people = {"web": (12, 400), "books": (1, 400), "nowhere": (1, 2)} if human else {}
    beside = Beside(
        people, "cd" * 32, command="openbeian scan corpus --library words.xlsx --out scan", notes=("一条提示",)
    )
    scan_corpus([corpus], LIBRARY, folder / "out", classifier=Picky(), beside=beside, options=ScanOptions(jobs=1))
    return folder / "out" / "report.html"


def nothing(folder: Path) -> Path:
    """Scan a corpus of which nothing can be read, and return the page."""
    (folder / "corpus").mkdir(parents=True)
    (folder / "corpus" / "a.parquet").write_bytes(b"PAR1 broken PAR1")
    scan_corpus([folder / "corpus"], LIBRARY, folder / "out")
    return folder / "out" / "report.html"
