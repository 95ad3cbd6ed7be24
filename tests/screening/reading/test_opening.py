"""Each line in exactly one shard, each row in the account, whatever the bytes."""

import csv
import gzip
import io
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbeian.screening.folding import FIELD_BREAK
from openbeian.screening.reading import (
    Account,
    ReadOptions,
    Shard,
    list_corpus,
    make_shards,
    open_shard,
)

pytestmark = pytest.mark.req("T2a", "F1")
SMALL = ReadOptions(block=7, longest=64, whole=4096, unpacked=4096, unpacked_times=10, batch_bytes=32, batch_rows=3)
FORMATS = [
    "a.txt", "a.md", "a.jsonl", "a.json", "a.csv", "a.tsv", "a.yaml", "a.docx", "a.parquet",
    "a.txt.gz", "a.jsonl.zst", "a.csv.gz", "a.json.zst",
]  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("corpus")


def read(path, options=None, size=2**26):
    """Return rows and accounts of all shards of a file; every account adds up, also with what was handed out."""
    rows, accounts = [], []
    for shard in make_shards(list_corpus([path]).files, size=size):
        assert Shard.from_json(json.loads(json.dumps(shard.as_json()))) == shard
        reading = open_shard(shard, options)
        batches = list(reading)
        account = reading.account
        assert account.imbalance(shard.size) is None
        assert sum(batch.num_rows for batch in batches) == account.rows_given + account.pieces
        for batch in batches:
            batch.validate(full=True)
            assert batch.schema.names == ["row", "text"]
        texts = [text for batch in batches for text in batch.column("text").to_pylist()]
        assert sum(len(text.encode()) for text in texts) == account.text_bytes_given
        numbers = [number for batch in batches for number in batch.column("row").to_pylist()]
        assert numbers == sorted(numbers)
        rows.append(list(zip(numbers, texts, strict=True)))
        accounts.append(account)
    return rows, accounts


def read_one(path, options=None):
    (rows,), (account,) = read(path, options)
    return rows, account


def a_file(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# bytes


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.sampled_from(FORMATS),
    st.one_of(
        st.binary(max_size=200),
        st.text(alphabet='云朵苹果\r\n",;\t[]{}:ab1\0\x1e\\-&*', max_size=200).map(str.encode),
        st.text(alphabet='云朵苹果\r\n",;[]{}:ab1', max_size=80).map(lambda text: text.encode("utf-16-le")),
        st.text(alphabet='云朵苹果\r\n",;[]{}:ab1', max_size=80).map(lambda text: text.encode("gb18030")),
    ),
    st.booleans(),
)
def test_any_bytes_in_any_format_are_accounted_for(place, name, content, is_packed):
    if is_packed and name.endswith(".gz"):
        content = gzip.compress(content, 1)
    if is_packed and name.endswith(".zst"):
        content = pa.Codec("zstd").compress(content, asbytes=True)
    for options in (None, SMALL):
        read(a_file(place, name, content), options)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_a_damaged_file_is_accounted_for(place, data):
    name = data.draw(st.sampled_from(["a.parquet", "a.docx", "a.txt.gz", "a.jsonl.zst"]))
    content = bytearray(WHOLE[name])
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    read(a_file(place, name, bytes(content[:cut])), SMALL)


def _parquet(table, **options):
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def _docx(*paragraphs):
    import docx

    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    sink = io.BytesIO()
    document.save(sink)
    return sink.getvalue()


WHOLE = {
    "a.parquet": _parquet(pa.table({"text": ["云朵", None, "苹果"] * 5, "n": list(range(15))}), row_group_size=4),
    "a.docx": _docx("云朵", "", "苹果"),
    "a.txt.gz": gzip.compress("云朵\n苹果\n".encode() * 9),
    "a.jsonl.zst": pa.Codec("zstd").compress('{"text": "云朵"}\n'.encode() * 9, asbytes=True),
}


# shards


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.text(alphabet="ab云\r\n", max_size=40),
    st.sampled_from(["utf-8", "gb18030", "utf-8-sig"]),
    st.integers(1, 12),
    st.integers(4, 9),
)
def test_each_line_is_in_exactly_one_shard_wherever_it_is_cut(place, text, encoding, size, block):
    path = a_file(place, "a.txt", text.encode(encoding))
    rows, accounts = read(path, ReadOptions(block=block), size=size)
    (whole,), (account,) = read(path)
    assert [text for shard in rows for _, text in shard] == [text for _, text in whole]
    assert [text for _, text in whole] == [
        line for raw in text.split("\n") if (line := raw.removesuffix("\r")) and line.strip()
    ]
    for counted in ("rows_in", "rows_given", "blank", "bytes_in", "text_bytes_given"):
        assert sum(getattr(each, counted) for each in accounts) == getattr(account, counted)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(alphabet="ab云 。\r", max_size=60), max_size=6), st.integers(4, 12), st.integers(1, 9))
def test_a_line_longer_than_the_limit_comes_in_pieces_of_its_row(place, lines, longest, block):
    path = a_file(place, "a.txt", "\n".join(lines))
    rows, account = read_one(path, ReadOptions(longest=longest, block=block))
    joined = {}
    for number, text in rows:
        assert len(text.encode()) <= longest
        joined[number] = joined.get(number, "") + text
    for number, line in enumerate(lines, 1):
        assert joined.get(number, "") == line.removesuffix("\r") or not line.strip()
    assert bool(account.notes) == bool(account.pieces)


def test_shards_of_parquet_are_row_groups_and_cover_the_file(tmp_path):
    texts = [f"第{i}行" for i in range(100)]
    path = a_file(tmp_path, "a.parquet", _parquet(pa.table({"text": texts}), row_group_size=10))
    shards = make_shards(list_corpus([path]).files, size=1)
    assert len(shards) == 10
    assert [shard.start for shard in shards[1:]] == [shard.stop for shard in shards[:-1]]
    assert (shards[0].start, shards[-1].stop) == (0, path.stat().st_size)
    rows, _ = read(path, size=1)
    assert [text for shard in rows for _, text in shard] == texts


# lines


def test_line_numbers_count_blank_lines(tmp_path):
    rows, account = read_one(a_file(tmp_path, "a.txt", "云朵\n\n\u3000 \r\n苹果\r\n"))
    assert rows == [(1, "云朵"), (4, "苹果")]
    assert (account.rows_in, account.rows_given, account.blank) == (4, 2, 2)


def test_records_are_read_by_their_known_fields_or_all(tmp_path):
    lines = [
        '{"question": "云朵", "answer": "苹果", "phone": "1"}',
        '{"messages": [{"role": "user", "content": "云"}, {"role": "assistant", "content": "朵"}]}',
        '{"id": 110105194912310021, "name": "梨", "price": 3.0, "ok": true, "none": null}',
        '"只有文字"',
        "{}",
        '{"text": NaN}',
        '{"text": "\\ud800云"}',
        "{broken",
        "[" * 5000,
    ]
    rows, account = read_one(a_file(tmp_path, "a.jsonl", "\n".join(lines)))
    assert dict(rows) == {
        1: f"云朵{FIELD_BREAK}苹果",
        2: f"云{FIELD_BREAK}朵",
        3: f"110105194912310021{FIELD_BREAK}梨{FIELD_BREAK}3",
        4: "只有文字",
        6: "nan",
        7: "\ufffd云",
    }
    assert account.unread == ["phone"]
    assert account.rejected == {"不是 JSON": 2}
    assert [each.row for each in account.rejections] == [8, 9]


def test_a_chosen_column_may_lie_deep(tmp_path):
    lines = ['{"m": [{"c": "云"}, {"c": "朵"}], "t": "x"}', '{"m.c": "苹果"}', '{"t": "x"}', "[1]"]
    rows, account = read_one(a_file(tmp_path, "a.jsonl", "\n".join(lines)), ReadOptions(column="m.c"))
    assert rows == [(1, f"云{FIELD_BREAK}朵"), (2, "苹果")]
    assert account.rejected == {"没有指定的列": 2}


def test_a_record_that_is_too_long_is_rejected_and_reading_goes_on(tmp_path):
    path = a_file(tmp_path, "a.jsonl", '{"text": "' + "云" * 100 + '"}\n{"text": "苹果"}\n')
    rows, account = read_one(path, ReadOptions(longest=64, block=16))
    assert rows == [(2, "苹果")]
    assert account.rejected == {"超过长度上限": 1}


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ('[{"text": "云朵"},\n {"text": "苹果"}]', ["云朵", "苹果"]),
        ('[{"text": "云朵"}, "苹果", 12]', ["云朵", "苹果", "12"]),
        ('{"text":\n "云朵"}', ["云朵"]),
        ('{"text":\n "云朵"}\n{"text": "苹果"}', ["云朵", "苹果"]),
        ('{"text": "云朵"}\n{"text": "苹果"}\n', ["云朵", "苹果"]),
        ('["云朵"]\n["苹果"]\n', ["云朵", "苹果"]),
        ("[]", []),
        ("", []),
    ],
)
def test_a_json_file_is_an_array_records_or_lines(tmp_path, content, texts):
    rows, account = read_one(a_file(tmp_path, "a.json", content), ReadOptions(block=5))
    assert [text for _, text in rows] == texts
    assert account.fault is None


def test_what_stands_before_broken_json_is_handed_out(tmp_path):
    rows, account = read_one(a_file(tmp_path, "a.json", '[{"text": "云朵"}, {"text"'))
    assert [text for _, text in rows] == ["云朵"]
    assert account.fault.code == "corpus-json"
    assert "第 2 个值" in account.fault.message


# tables


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_is_read_by_known_columns(tmp_path, delimiter):
    lines = ["编号,text,答复", '1,"云朵,""好""\n吃",梨', "2,苹果", "", "3,橙子,好,多出来"]
    content = "\n".join(lines).replace(",", delimiter)
    rows, account = read_one(a_file(tmp_path, "a.csv", content.encode("gb18030")))
    assert rows == [
        (2, f'云朵{delimiter}"好"\n吃{FIELD_BREAK}梨'),
        (3, "苹果"),
        (5, f"橙子{FIELD_BREAK}好{FIELD_BREAK}多出来"),
    ]
    assert (account.blank, account.unread, account.encoding) == (1, ["编号"], "gb18030")


def test_a_table_without_a_known_header_loses_no_row(tmp_path):
    rows, _ = read_one(a_file(tmp_path, "a.csv", "云朵,苹果\n梨,13800138000\n"))
    assert rows == [(1, f"云朵{FIELD_BREAK}苹果"), (2, f"梨{FIELD_BREAK}13800138000")]


@pytest.mark.parametrize("ending", ["", "\n"])
def test_a_quote_that_is_never_closed_costs_one_record(tmp_path, ending):
    rows, account = read_one(a_file(tmp_path, "a.csv", 'text\n云朵\n"开\n苹果\n梨' + ending))
    assert rows == [(2, "云朵"), (4, "苹果"), (5, "梨")]
    assert account.rejected == {"引号没有闭合": 1}
    assert "第 3 行" in account.notes[0]


def test_a_long_cell_and_nul_bytes_in_a_table(tmp_path):
    path = a_file(tmp_path, "a.csv", "text\n" + "云" * 100 + "\n云\0朵\n" + "a" * 63)
    rows, account = read_one(path, ReadOptions(longest=64, block=16))
    assert rows == [(3, "云\0朵"), (4, "a" * 63)]
    assert account.rejected == {"超过长度上限": 1}


@pytest.mark.parametrize("ending", ["", '"开\n苹果\n'])
def test_longer_fields_are_read_and_other_readers_of_csv_keep_their_limit(tmp_path, ending):
    before = csv.field_size_limit()
    long = "云" * (before + 1)
    path = a_file(tmp_path, "a.csv", "text;x\n" + f"{long};y\n" * 3 + ending)
    rows, _ = read_one(path)
    assert [text for _, text in rows][:3] == [long] * 3
    assert csv.field_size_limit() == before


def test_a_column_that_is_not_there_is_a_fault_that_names_the_others(tmp_path):
    for name, content in (("a.csv", b"a,b\n1,2\n"), ("a.parquet", WHOLE["a.parquet"])):
        _, account = read_one(a_file(tmp_path, name, content), ReadOptions(column="云"))
        assert account.fault.code == "corpus-column"
        assert "可选的列" in account.fault.remedy


@pytest.mark.parametrize("damaged", [[0], [1, 3], [4], [0, 1, 2, 3, 4]])
def test_a_damaged_row_group_costs_its_own_rows_alone(tmp_path, damaged):
    texts = [f"第{number}行云朵" for number in range(50)]
    options = {"row_group_size": 10, "compression": "none", "write_page_checksum": True, "use_dictionary": False}
    content = bytearray(_parquet(pa.table({"text": texts}), **options))
    for group in damaged:
        place = content.index(f"第{group * 10 + 5}行云朵".encode())
        content[place : place + 3] = b"xyz"
    rows, account = read_one(a_file(tmp_path, "a.parquet", bytes(content)))
    kept = [number for number in range(50) if number // 10 not in damaged]
    assert rows == [(number + 1, texts[number]) for number in kept]
    assert account.rejected == {"所在的行组已损坏": 10 * len(damaged)}
    assert (account.rows_in, account.fault.code) == (50, "corpus-rows-damaged")
    assert account.fault.place == f"第 {damaged[0] * 10 + 1} 行起"
    assert 0 < account.bytes_rejected < account.bytes_in


def test_columns_of_parquet_of_any_kind_are_text(tmp_path):
    table = pa.table(
        {
            "s": pa.array(["云", None, "朵"]).dictionary_encode(),
            "b": pa.array([b"x", b"\xff", None]),
            "i": [110105194912310021, 2, 3],
            "f": [13800138000.0, None, 2.5],
            "l": [["a", "b"], [], None],
            "d": [{"q": "问"}, {"q": None}, None],
            "t": [True, False, None],
        }
    )
    rows, account = read_one(a_file(tmp_path, "a.parquet", _parquet(table)))
    assert [text.split(FIELD_BREAK) for _, text in rows] == [
        ["云", "x", "110105194912310021", "13800138000", "a", "b", "问"],
        ["\ufffd", "2"],
        ["朵", "3", "2.5"],
    ]
    rows, account = read_one(a_file(tmp_path, "a.parquet", _parquet(table.select(["s", "b", "i", "t"]))))
    assert rows[1] == (2, f"\ufffd{FIELD_BREAK}2")
    assert account.broken_bytes == 1
    assert account.unread == ["t"]
    rows, _ = read_one(tmp_path / "a.parquet", ReadOptions(column="b"))
    assert [text for _, text in rows] == ["x", "\ufffd"]


def test_null_and_blank_texts_of_parquet_are_blank_rows(tmp_path):
    table = pa.table({"text": ["云", None, "", " \u3000", "朵"], "other": ["x"] * 5})
    rows, account = read_one(a_file(tmp_path, "a.parquet", _parquet(table)))
    assert rows == [(1, "云"), (5, "朵")]
    assert (account.blank, account.unread) == (3, ["other"])


# documents and trees


def test_a_word_document_is_read_paragraph_by_paragraph_tables_and_notes_included(tmp_path):
    import docx

    document = docx.Document()
    document.add_paragraph("云\t朵").add_run("苹果").bold = True
    document.add_table(1, 2).cell(0, 1).text = "表格"
    document.sections[0].header.paragraphs[0].text = "页眉"
    document.save(tmp_path / "a.docx")
    rows, account = read_one(tmp_path / "a.docx")
    assert [text for _, text in rows] == ["云\t朵苹果", "表格", "页眉"]
    assert account.rows_in == account.blank + 3


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"word/vbaProject.bin": b"x"}, "corpus-macro"),
        ({"word/document.xml": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'}, "corpus-damaged"),
        ({"word/document.xml": b"<w:p>"}, "corpus-damaged"),
        ({"word/document.xml": b"<p>" + b" " * 10**6 + b"</p>"}, "corpus-bomb"),
        ({"word/document.xml": b"<p>" * 1100}, "corpus-damaged"),
        ({"word/document.xml": b'<p a="' + os.urandom(60_000).hex().encode()}, "corpus-damaged"),
        (None, "corpus-locked"),
    ],
)
def test_a_document_that_must_not_be_opened_says_why(tmp_path, change, code):
    import zipfile

    path = tmp_path / "a.docx"
    if change is None:
        path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600)
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in ({"word/document.xml": b"<p/>"} | change).items():
                archive.writestr(name, content)
    _, account = read_one(path, ReadOptions(unpacked=200_000, unpacked_times=10, longest=1000))
    assert account.fault.code == code
    assert account.bytes_rejected == path.stat().st_size


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("- {question: 云朵}\n- 苹果\n", ["云朵", "苹果"]),
        ("items: [云朵, 苹果]\n", ["云朵", "苹果"]),
        ("text: 云朵\n", ["云朵"]),
        ("云朵", ["云朵"]),
        ("", []),
    ],
)
def test_yaml_is_read_part_by_part(tmp_path, content, texts):
    rows, _ = read_one(a_file(tmp_path, "a.yaml", content))
    assert [text for _, text in rows] == texts


@pytest.mark.parametrize(
    "content",
    ["- &a [*a]\n", "\n".join(["a0: &a0 [x, x]", *(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 40))])],
)
def test_a_tree_of_aliases_that_grows_without_end_is_rejected(tmp_path, content):
    _, account = read_one(a_file(tmp_path, "a.yaml", content))
    assert account.fault.code == "corpus-bomb"


# packed files


def test_several_members_are_one_text(tmp_path):
    two = gzip.compress("云\n朵".encode()) + gzip.compress("苹\n果".encode())
    rows, _ = read_one(a_file(tmp_path, "a.txt.gz", two + b"\0" * 9))
    assert [text for _, text in rows] == ["云", "朵苹", "果"]
    zstd = pa.Codec("zstd")
    two = zstd.compress("云\n朵".encode(), asbytes=True) + zstd.compress("苹\n果".encode(), asbytes=True)
    rows, _ = read_one(a_file(tmp_path, "a.txt.zst", two))
    assert [text for _, text in rows] == ["云", "朵苹", "果"]


@pytest.mark.parametrize("name", ["a.txt.gz", "a.txt.zst"])
def test_a_packed_file_cut_in_the_middle_gives_what_came_before(tmp_path, name):
    lines = os.urandom(30_000).hex().encode() + b"\n"
    lines = b"\n".join(lines[i : i + 50] for i in range(0, len(lines), 50))
    packed = gzip.compress(lines) if name.endswith("gz") else pa.Codec("zstd").compress(lines, asbytes=True)
    rows, account = read_one(a_file(tmp_path, name, packed[:-9]), ReadOptions(block=4096))
    assert name.endswith("zst") or rows
    assert account.fault.code == "corpus-packed"
    assert "断了" in account.fault.message


def test_what_unpacks_without_end_is_stopped(tmp_path):
    for name, packed in (
        ("a.txt.gz", gzip.compress(b"a\n" * 10**6)),
        ("a.txt.zst", pa.Codec("zstd").compress(b"a\n" * 10**6, asbytes=True)),
    ):
        options = ReadOptions(unpacked=10_000, unpacked_times=2, block=4096)
        _, account = read_one(a_file(tmp_path, name, packed), options)
        assert account.fault.code == "corpus-bomb"
        assert 0 < account.rows_given < 10_000


# encodings


TEXT = "今天买了云朵苹果和梨，价格12元。\n第二行 plain ascii line\n"


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32-le"),
        ("ascii", "ascii"),
    ],
)
@pytest.mark.parametrize("block", [5, 4096])
def test_the_encoding_is_found_and_told(tmp_path, encoding, told, block):
    text = "plain\nlines\n" if encoding == "ascii" else TEXT
    rows, account = read_one(a_file(tmp_path, "a.txt", text.encode(encoding)), ReadOptions(block=block))
    assert [text for _, text in rows] == text.splitlines()
    assert (account.encoding, account.broken_bytes) == (told, 0)


def test_what_follows_a_long_beginning_in_ascii_decides(tmp_path):
    path = a_file(tmp_path, "a.txt", b"ascii\n" * 100 + TEXT.encode("gb18030"))
    rows, account = read_one(path, ReadOptions(block=64))
    assert [text for _, text in rows[-2:]] == TEXT.splitlines()
    assert account.encoding == "gb18030"


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(1, 200), st.sampled_from([b"\xff", b"\xfe\xff\xc0", b"\xe4\xba"]), st.integers(4, 64), st.booleans())
def test_a_text_with_some_broken_bytes_stays_utf8_and_they_are_counted(place, at, broken, block, is_json):
    line = "云朵苹果和梨" * 40
    raw = line.encode()
    at *= 3
    content = raw[:at] + broken + raw[at:] + b"\n" + raw
    if is_json:
        content = b"".join(b'{"text": "' + part + b'"}\n' for part in content.split(b"\n"))
    rows, account = read_one(a_file(place, "a.jsonl" if is_json else "a.txt", content), ReadOptions(block=4096))
    assert (account.encoding, account.broken_bytes) == ("utf-8", len(broken))
    assert rows[0][1].replace("\ufffd", "") == rows[1][1] == line


def test_an_account_is_plain_json():
    assert json.loads(json.dumps(Account().as_json()))["rows_in"] == 0


def test_a_file_that_vanished_or_shrank_is_in_the_account(tmp_path):
    path = a_file(tmp_path, "a.txt", "云\n朵\n")
    (shard,) = make_shards(list_corpus([path]).files)
    path.write_bytes(b"a\n")
    reading = open_shard(shard)
    assert sum(batch.num_rows for batch in reading) == 1
    assert reading.account.fault.code == "corpus-changed"
    assert reading.account.imbalance(shard.size) is None
    Path(path).unlink()
    reading = open_shard(shard)
    assert list(reading) == []
    assert reading.account.fault.code == "corpus-unreadable"
    os.mkfifo(path)
    assert list(open_shard(shard)) == []
