"""Texts to train on: what is shipped keeps its promises, a user's file of any format is read, a bad row is named."""

import csv
import json
from collections import Counter

import pytest

from openbeian.manifest import Fault
from openbeian.studio.data.lines import load_lines
from openbeian.studio.data.symbols import Alphabet, before, counted
from openbeian.studio.data.verse import lines_of

pytestmark = pytest.mark.studio

TEXTS = [(f"场合{number % 3}", f"第{number}条祝福写给您，愿您平安。") for number in range(60)]


def everything(data):
    return [
        (condition, text)
        for part in (data.train, data.validation, data.test)
        for condition, text in zip(part.conditions, part.texts, strict=True)
    ]


@pytest.mark.req("M1")
def test_the_shipped_greetings_are_many_distinct_and_short():
    rows = everything(load_lines("greetings", kind="occasion", is_verse=False))
    counts = Counter(occasion for occasion, _ in rows)
    assert len(counts) >= 14
    assert min(counts.values()) >= 40
    assert len({text for _, text in rows}) == len(rows)
    assert all(12 <= len(text) <= 40 for _, text in rows)


@pytest.mark.req("M1")
def test_the_shipped_quatrains_keep_their_form_and_no_poem_stands_on_two_sides():
    data = load_lines("quatrains", kind="title", is_verse=True)
    for _, text in everything(data):
        lines = lines_of(text)
        assert len(lines) == 4
        assert {len(line) for line in lines} in ({5}, {7})
    sides = [set(part.conditions) for part in (data.train, data.validation, data.test)]
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]


def written(folder, suffix, encoding):
    path = folder / f"texts{suffix}"
    with path.open("w", encoding=encoding, newline="") as file:
        if suffix == ".jsonl":
            file.writelines(json.dumps({"occasion": c, "text": t}, ensure_ascii=False) + "\n" for c, t in TEXTS)
        elif suffix == ".csv":
            csv.writer(file).writerows([("场合", "文本"), *TEXTS])
        else:
            file.writelines(f"{c}\t{t}\n" for c, t in TEXTS)
    return path


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".txt"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_every_format_and_encoding_gives_the_same_data(tmp_path, suffix, encoding):
    data = load_lines(str(written(tmp_path, suffix, encoding)), kind="occasion", is_verse=False)
    assert Counter(everything(data)) == Counter(TEXTS)
    assert (
        data.card.sha256
        == load_lines(str(written(tmp_path, ".txt", "utf-8")), kind="occasion", is_verse=False).card.sha256
    )
    assert data.occasions == ("场合0", "场合1", "场合2")


def test_the_side_of_a_text_does_not_depend_on_the_order_and_repeats_are_left_out(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("".join(f"{c}\t{t}\n" for c, t in [*reversed(TEXTS), TEXTS[0]]), encoding="utf-8")
    found = load_lines(str(path), kind="occasion", is_verse=False)
    other = load_lines(str(written(tmp_path, ".csv", "utf-8")), kind="occasion", is_verse=False)
    assert set(found.test.texts) == set(other.test.texts)
    assert found.card.skipped == ("第 61 行重复",)


@pytest.mark.parametrize(
    ("name", "content", "code", "line"),
    [
        ("a.jsonl", '{"occasion": "春节", "text": "新年好新年好"}\n{"occasion": "春节"}\n', "lines-row", 2),
        ("a.jsonl", '{"occasion": "春节", "text": "新年好新年好"}\n\n不是\n', "lines-row", 3),
        ("a.jsonl", "[1]\n", "lines-row", 1),
        ("a.jsonl", '{"occasion": "春节", "text": "短"}\n', "lines-row", 1),
        ("a.csv", "场合,说法\n春节,新年好\n", "lines-columns", 1),
        ("a.txt", "春节 新年好\n", "lines-row", 1),
        ("a.txt", "春节\t新年快乐\n", "lines-too-few", None),
        ("a.txt", "", "lines-too-few", None),
        ("a.doc", "春节\t新年快乐\n", "lines-format", None),
    ],
)
def test_a_bad_file_is_named_with_its_line(tmp_path, name, content, code, line):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Fault) as caught:
        load_lines(str(path), kind="occasion", is_verse=False)
    assert (caught.value.code, caught.value.line, caught.value.file) == (code, line, str(path))
    assert caught.value.remedy


def test_bytes_of_no_encoding_a_missing_file_and_a_poem_of_three_lines_are_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xff\xff\x80")
    with pytest.raises(Fault, match="GB18030"):
        load_lines(str(path), kind="occasion", is_verse=False)
    with pytest.raises(Fault) as caught:
        load_lines("greeting", kind="occasion", is_verse=False)
    assert "greetings" in caught.value.remedy
    path.write_text("静夜思\t床前明月光，疑是地上霜。举头望明月。\n", encoding="utf-8")
    with pytest.raises(Fault) as caught:
        load_lines(str(path), kind="title", is_verse=True)
    assert (caught.value.code, caught.value.line) == ("lines-row", 1)


@pytest.mark.parametrize(("name", "kind", "is_verse"), [("greetings", "occasion", False), ("quatrains", "title", True)])
def test_texts_survive_numbering_and_only_what_is_said_counts(name, kind, is_verse):
    data = load_lines(name, kind=kind, is_verse=is_verse)
    alphabet = Alphabet.of(data, 50)
    assert bool(alphabet.phrases) != is_verse
    symbols = alphabet.encode(data.train.texts)
    assert alphabet.decode(symbols) == list(data.train.texts)
    said = sum(sum(len(line) for line in lines_of(text)) for text in data.train.texts)
    with_ends = sum(len(text) + 1 for text in data.train.texts)
    characters = alphabet.lengths()[symbols] * counted(symbols, alphabet.ask_as(data.train).ends)
    assert int(characters.sum()) == (said if is_verse else with_ends)
    assert before(symbols)[:, 1:].equal(symbols[:, :-1])
