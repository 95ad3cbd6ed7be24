"""A manifest reads into the six parts; every mistake names its line; no bytes lead to anything but a fault."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example as case
from hypothesis import given
from hypothesis import strategies as st

from openbeian.manifest import Fault, LoadedManifest, ManifestInvalid, load_manifest, parse_manifest, set_value
from openbeian.manifest.outline import outline

Changed = Callable[[str, str], str]
MAX_BYTES = 1 << 20


def refused(text: str) -> ManifestInvalid:
    with pytest.raises(ManifestInvalid) as caught:
        parse_manifest(text, "service.yaml")
    return caught.value


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.split("\n"), 1) if part in line)


@pytest.mark.req("F1")
def test_load_example_gives_six_parts_and_lines(example: Path, text: str) -> None:
    loaded = load_manifest(example / "service.yaml")
    assert loaded.manifest.basic.launch_on == date(2026, 12, 15)
    assert loaded.lines["basic.uscc"] == line_of(text, "uscc:")
    assert loaded.lines["security.privacy.opt_out.clicks"] == line_of(text, "opt_out:")
    assert loaded.lines["statements.0.clause"] == line_of(text, "5.1.c.1")
    assert loaded.source == text


def test_load_with_byte_order_mark_and_windows_line_ends_gives_the_same(tmp_path: Path, text: str) -> None:
    path = tmp_path / "service.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    loaded = load_manifest(path)
    assert loaded.manifest == parse_manifest(text).manifest
    assert loaded.lines == parse_manifest(text).lines


@pytest.mark.req("F1")
@pytest.mark.parametrize(
    ("old", "new", "path", "said"),
    [
        ("uscc: 91440101MA5EXAM0P0", "uscc: 91440101MA5EXAM0P1", "basic.uscc", "校验位不对"),
        ("uscc: 91440101MA5EXAM0P0", "uscc: 91440101MA5EXAM0P", "basic.uscc", "应为 18 位，写了 17 位"),
        ("uscc: 91440101MA5EXAM0P0", "uscc: 914401010000000000", "basic.uscc", "应为文字"),
        ("concurrency: 16", "concurrency: 十六", "technical.concurrency", "应为整数"),
        ("concurrency: 16", "concurrency: true", "technical.concurrency", "应为整数"),
        ("launch_on: 2026-12-15", "launch_on: 2026-02-30", "basic.launch_on", "应为日期"),
        ("clicks: 3}", "clicks: -3}", "security.privacy.opt_out.clicks", "数值太小"),
        ("in_a_row: 3", "in_a_row: 0", "security.strikes.in_a_row", "数值太小"),
        ('foreign_open_ratio: "0"', 'foreign_open_ratio: "1.5"', "data_sources.foreign_open_ratio", "应在 0 到 1 之间"),
        ('foreign_open_ratio: "0"', "foreign_open_ratio: 一", "data_sources.foreign_open_ratio", "应为 0 到 1"),
        ("track: filing ", "track: filling ", "service.track", "不在可选项中"),
        ("  domain: 限定领域", "  domian: 限定领域", "basic.domian", "没有这一项"),
        ('version: "1.0"', "version: 1.0", "service.version", "应为文字"),
        ("implicit: true", 'implicit: "true"', "security.labelling.implicit", "应为 true 或 false"),
        ("minors: 不面向未成年人", "minors: [不面向未成年人]", "scope.minors", "应为文字"),
    ],
)
def test_parse_with_a_wrong_value_names_line_field_and_remedy(
    changed: Changed, text: str, old: str, new: str, path: str, said: str
) -> None:
    source = changed(old, new) if text.count(old) == 1 else text.replace(old, new, 1)
    problem = next(p for p in refused(source).problems if p.path == path)
    assert said in problem.message
    assert problem.remedy
    assert problem.line == line_of(source, new.strip())
    assert problem.text().startswith(f"service.yaml:{problem.line} ")


def test_parse_with_two_mistakes_names_both(text: str) -> None:
    source = text.replace("concurrency: 16", "concurrency: 多").replace("clicks: 3}", "clicks: 少}")
    assert [p.path for p in refused(source).problems] == ["technical.concurrency", "security.privacy.opt_out.clicks"]


def test_parse_with_a_missing_part_names_it(text: str) -> None:
    source = text[: text.index("commitment:")]
    assert [(p.path, p.message) for p in refused(source).problems] == [("commitment", "缺少这一项")]


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        ("service:\n  id: a\n  id: b\n", 3, "写了两次，第一次在第 2 行"),
        ("a: &x 1\nb: *x\n", 1, "引用"),
        ("a: 1\nb: *x\n", 2, "引用"),
        ("a: !!python/object:os.system x\n", 1, "标签"),
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "没有写完"),
        ("a: 'x\n", 2, "没有写完"),
        ("a: 1\n---\nb: 2\n", 2, "两份清单"),
        ("? [a, b]\n: 1\n", 1, "字段名"),
        ("- a\n- b\n", 1, "不是一组字段"),
        ("", 1, "不是一组字段"),
        ("a: 1\nb: x\x00y\n", 2, "控制字符"),
        ('a: 1\nb: "x\\0y"\n', 2, "控制字符"),
        ('a: "\\ud800"\n', 1, "控制字符"),
        ("a: 1\nb: \ud800\n", 2, "控制字符"),
        ("a: " + "[" * 40 + "]" * 40, 1, "层次太深"),
        ("a: [" + "1, " * 60_000 + "1]", 1, "层次太深或内容太多"),
    ],
)
def test_parse_of_broken_yaml_names_the_line(source: str, line: int, said: str) -> None:
    problem = refused(source).problems[0]
    assert said in problem.message
    assert problem.line == line


def test_parse_of_an_alias_bomb_is_refused_at_once() -> None:
    rows = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30))
    assert "引用" in refused(f"a0: &a0 [x]\n{rows}\n").problems[0].message


def test_parse_of_text_over_a_mebibyte_is_refused() -> None:
    assert refused("# " + "长" * (MAX_BYTES // 3)).code == "manifest-too-large"


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"a: 1\nb: \xb1\xb8\xb0\xb8\n", "manifest-encoding", 2),
        (b"\xff\xfea\x00:\x00", "manifest-encoding", 1),
        (b"x" * (MAX_BYTES + 1), "manifest-too-large", None),
    ],
)
def test_load_of_unusable_bytes_is_a_fault(tmp_path: Path, content: bytes, code: str, line: int | None) -> None:
    path = tmp_path / "service.yaml"
    path.write_bytes(content)
    with pytest.raises(ManifestInvalid) as caught:
        load_manifest(path)
    assert (caught.value.code, caught.value.line) == (code, line)


def test_load_of_a_missing_file_or_a_folder_is_a_fault(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(ManifestInvalid) as caught:
            load_manifest(path)
        assert caught.value.code == "manifest-unreadable"


YAML_PIECES = st.lists(
    st.sampled_from(
        ["a", "b: ", ": ", "- ", "\n", "\n  ", "{", "}", "[", "]", "'", '"', "&x", "*x", "!!set", "? ", "| "]
    )
    | st.text(max_size=3),
    max_size=40,
)


@given(YAML_PIECES.map("".join) | st.text())
@case("? \n- ")
@case("a: 2026-13-45")
@case("a: 1e999")
@case("\u2028")
def test_parse_of_any_text_gives_nothing_but_a_fault(source: str) -> None:
    assert refused(source).problems


@given(st.binary(max_size=200), st.integers(0, 3000))
def test_load_of_any_damage_to_a_manifest_gives_a_manifest_or_a_fault(
    tmp_path_factory: pytest.TempPathFactory, text: str, damage: bytes, at: int
) -> None:
    data = text.encode()
    path = tmp_path_factory.mktemp("damaged") / "service.yaml"
    path.write_bytes(data[:at] + damage + data[at + len(damage) :])
    try:
        loaded: LoadedManifest | None = load_manifest(path)
    except ManifestInvalid:
        loaded = None
    assert loaded is None or loaded.manifest.service.id


@pytest.mark.req("F1")
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_set_value_changes_one_value_and_keeps_every_other_character(tmp_path: Path, text: str, line_end: str) -> None:
    path = tmp_path / "service.yaml"
    path.write_bytes(text.replace("\n", line_end).encode())
    set_value(path, "technical.model.weights_sha256", "ab" * 32)
    set_value(path, "technical.reply_policy.answer_from", 0.62)
    set_value(path, "technical.parameters", 1234)
    set_value(path, "data_sources.user_input.is_used", True)
    set_value(path, "data_sources.sources.0.name", '家电"问答": #1')
    wanted = (
        text.replace("weights_sha256: null", f'weights_sha256: "{"ab" * 32}"')
        .replace("answer_from: null", "answer_from: 0.62")
        .replace("parameters: 900000", "parameters: 1234")
        .replace("is_used: false", "is_used: true")
        .replace("家电客服问答（自编）", '"家电\\"问答\\": #1"')
    )
    assert path.read_bytes().decode() == wanted.replace("\n", line_end)
    assert load_manifest(path).manifest.technical.reply_policy.answer_from == 0.62


def test_set_value_of_an_empty_field_writes_after_the_colon(tmp_path: Path) -> None:
    path = tmp_path / "service.yaml"
    path.write_text("a:\nb: {c: , d: 1}  # 注\n", encoding="utf-8")
    set_value(path, "a", "甲")
    set_value(path, "b.c", value=None)
    assert path.read_text(encoding="utf-8") == 'a: "甲"\nb: {c: null , d: 1}  # 注\n'


@pytest.mark.parametrize("dotted", ["technical.model", "technical.nothing", "statements.99.reason", ""])
def test_set_value_of_no_single_field_is_a_fault_and_changes_nothing(tmp_path: Path, text: str, dotted: str) -> None:
    path = tmp_path / "service.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Fault) as caught:
        set_value(path, dotted, "x")
    assert caught.value.code == "no-such-field"
    assert path.read_text(encoding="utf-8") == text
    assert [entry.name for entry in tmp_path.iterdir()] == ["service.yaml"]


@pytest.mark.parametrize("character", ["\0", "\x1f", "\x7f", "\ufffe", "\uffff"])
def test_set_value_of_a_character_that_yaml_does_not_hold_is_a_fault_and_changes_nothing(
    tmp_path: Path, character: str
) -> None:
    path = tmp_path / "service.yaml"
    path.write_text("a: 旧\n", encoding="utf-8")
    with pytest.raises(ManifestInvalid) as caught:
        set_value(path, "a", f"新{character}")
    assert [problem.code for problem in caught.value.problems] == ["manifest-characters"]
    assert path.read_text(encoding="utf-8") == "a: 旧\n"


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"))  # YAML 1.2, 5.1
    | st.integers(-(10**15), 10**15)
    | st.booleans()
    | st.none()
)
@case("新\x85新")
def test_set_value_then_read_gives_the_value(
    tmp_path_factory: pytest.TempPathFactory, value: str | int | bool | None
) -> None:
    path = tmp_path_factory.mktemp("one") / "service.yaml"
    path.write_text("a: {b: [x, 旧]}\n", encoding="utf-8")
    set_value(path, "a.b.1", value)
    assert outline(path.read_text(encoding="utf-8"), "x").value == {"a": {"b": ["x", value]}}
