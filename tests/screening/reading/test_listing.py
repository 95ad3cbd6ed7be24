"""Which files a corpus is made of."""

import json
import os
import sys
from pathlib import Path

import pytest

from openbeian.manifest import Fault
from openbeian.screening.reading import (
    OUTPUT_MARK,
    CorpusFile,
    changed,
    corpus_files,
    list_corpus,
    missed,
    new_files,
    read_rows,
)

pytestmark = pytest.mark.req("T2a", "F1")


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "语料"
    for name in (
        "a.txt",
        "网页/b.jsonl",
        "网页/深/c.csv",
        ".git/x.txt",
        ".hidden.txt",
        "out/report.json",
        "readme.pdf",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("云朵\n", encoding="utf-8")
    (root / "out" / OUTPUT_MARK).touch()
    return root


def names(corpus):
    return [file.name for file in corpus.files]


def test_a_folder_is_read_to_the_bottom_and_says_what_it_left_out(folder):
    corpus = list_corpus([folder])
    assert names(corpus) == ["a.txt", "网页/b.jsonl", "网页/深/c.csv"]
    assert [file.source for file in corpus.files] == ["语料", "网页", "网页"]
    assert corpus.reasons == {"隐藏的文件或文件夹": 2, "扫描自己的输出": 1, "格式不认识": 1}


def test_a_folder_of_output_can_be_named(folder):
    assert names(list_corpus([folder], without=[folder / "网页"])) == ["a.txt"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.txt", ["a.txt"]),
        ("**/*.jsonl", ["网页/b.jsonl"]),
        ("**", ["a.txt", "网页/b.jsonl", "网页/深/c.csv"]),
        ("网*", ["b.jsonl", "深/c.csv"]),
        ("网页/**/c.*", ["深/c.csv"]),
    ],
)
def test_a_pattern_that_the_shell_did_not_expand_is_expanded(folder, pattern, found):
    assert names(list_corpus([folder / pattern])) == found


def test_a_file_given_twice_counts_once(folder):
    (folder / "link.txt").symlink_to(folder / "a.txt")
    os.link(folder / "a.txt", folder / "hard.txt")
    corpus = list_corpus([folder, folder / "a.txt", folder / "*.txt"])
    assert len(corpus.files) == 3
    assert corpus.reasons["同一个文件已经计入"] == 6


def test_loops_of_links_and_pipes_end(folder):
    (folder / "loop").symlink_to(folder)
    (folder / "网页" / "up").symlink_to(folder)
    (folder / "self").symlink_to(folder / "self")
    os.mkfifo(folder / "pipe.txt")
    assert len(list_corpus([folder]).files) == 3
    assert len(list_corpus([folder / "**" / "*.*"]).files) == 3
    with pytest.raises(Fault, match="普通文件"):
        list_corpus([folder / "pipe.txt"])


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("none.txt", "no-corpus"),
        ("*.parquet", "no-corpus"),
        ("out", "corpus-is-output"),
        ("readme.pdf", "corpus-format"),
        ("bad\0name", "no-corpus"),
        ("m.docm", "corpus-macro"),
    ],
)
def test_what_cannot_be_a_corpus_is_a_fault(folder, name, code):
    (folder / "m.docm").touch()
    with pytest.raises(Fault) as fault:
        list_corpus([folder / name])
    assert fault.value.code == code
    assert fault.value.file


def test_names_and_sources_are_told_apart(tmp_path):
    for part in ("甲", "乙"):
        (tmp_path / part / "网页").mkdir(parents=True)
        (tmp_path / part / "网页" / "a.txt").touch()
    corpus = list_corpus([tmp_path / "甲", tmp_path / "乙"])
    assert names(corpus) == ["网页/a.txt", "网页/a.txt#2"]
    assert [file.source for file in corpus.files] == ["网页", "网页#2"]


def test_a_name_that_is_not_utf8_survives_json(tmp_path):
    raw = os.fsencode(tmp_path) + b"/\xd4\xc6.txt"
    Path(os.fsdecode(raw)).touch()
    (file,) = list_corpus([tmp_path]).files
    file.name.encode()
    assert CorpusFile.from_json(json.loads(json.dumps(file.as_json()))) == file


def test_changes_during_a_scan_are_seen(folder):
    corpus = list_corpus([folder])
    file = corpus.files[0]
    assert changed(file) is None
    assert new_files([folder], corpus.files) == []
    (folder / "new.txt").write_text("梨", encoding="utf-8")
    assert [each.name for each in new_files([folder], corpus.files)] == ["new.txt"]
    os.utime(file.path, ns=(0, 0))
    assert "改写" in changed(file)
    file.path.write_text("云朵云朵", encoding="utf-8")
    assert "大小" in changed(file)
    (folder / "new.txt").replace(file.path)
    assert "另一个文件" in changed(file)
    file.path.unlink()
    assert "不见了" in changed(file)


def test_rows_come_in_order_with_those_rejected(tmp_path):
    lines = ["{broken" if i % 3 == 0 else f'{{"text": "第{i}行"}}' for i in range(1, 100)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (path,) = corpus_files([tmp_path])
    rows = list(read_rows(path))
    assert [row.number for row in rows] == list(range(1, 100))
    assert [row.number for row in rows if row.rejected] == list(range(3, 100, 3))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("a.parquet", b"PAR1 broken PAR1", "Parquet"), ("a.yaml", b"[", "YAML"), ("a.txt.gz", b"x", "gz 压缩已损坏")],
)
def test_a_file_that_cannot_be_read_is_a_fault(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Fault, match=words) as fault:
        list(read_rows(tmp_path / name))
    assert fault.value.file == str(tmp_path / name)


def test_rows_of_a_corpus_are_drawn_for_review(tmp_path, monkeypatch):
    from openbeian.assessment.review.drawing import draw_from_corpus

    (tmp_path / "a.json").write_text('[{"question": "云", "answer": "朵"}, {"text": "苹果"}]', encoding="utf-8")
    assert {item.text for item in draw_from_corpus([tmp_path], 2).items} == {"云\n朵", "苹果"}
    monkeypatch.setitem(sys.modules, "openbeian.screening.reading", None)
    with pytest.raises(Fault, match="pyarrow"):
        draw_from_corpus([tmp_path], 2)


def test_what_was_met_and_could_not_be_opened_is_named(folder):
    (folder / "gone.txt").symlink_to(folder / "nowhere")
    (folder / "m.docm").touch()
    reasons = list_corpus([folder]).reasons
    assert reasons["读不到（gone.txt）"] == reasons["带宏的文档（m.docm）"] == 1
    assert missed(reasons) == 2


def test_a_new_file_is_seen_though_it_has_the_number_of_a_removed_one(folder):
    known = list_corpus([folder]).files
    (folder / "a.txt").rename(folder / "new.txt")  # as if its number had been given to another file
    (folder / "new.txt").write_text("别的内容", encoding="utf-8")
    assert [file.name for file in new_files([folder], known)] == ["new.txt"]
    assert changed(known[0]) == "扫描期间不见了"
