"""`check`, `packs`, `requirements`: right manifests pass, wrong ones name file, line, field and rule, and nobody sees a traceback."""

import json

import pytest


@pytest.mark.req("F1")
def test_check_of_the_example_passes(command):
    done = command.run("check", "example/service.yaml")
    assert done.returncode == 0, done.stderr
    assert "清单完整" in done.stdout


@pytest.mark.req("F1")
def test_check_of_a_wrong_credit_code_names_file_line_field_and_rule(command):
    path = command.folder / "example" / "service.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("91440101MA5EXAM0P0", "91440101MA5EXAM0P1"), encoding="utf-8"
    )
    done = command.run("check", "example/service.yaml")
    assert done.returncode == 1
    assert "service.yaml:15" in done.stderr
    assert "basic.uscc" in done.stderr
    assert "S1.uscc" in done.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"service:\n  id: [unfinished\n", "service.yaml:"),
        ("服务: 示例".encode("gb18030"), "UTF-8"),
        (b"", "service.yaml"),
        (b"\x00\x01\x02", "service.yaml"),
        (b"- a\n- b\n", "service.yaml"),
    ],
)
def test_check_of_a_damaged_file_says_what_is_wrong_without_a_traceback(command, content, words):
    (command.folder / "service.yaml").write_bytes(content)
    done = command.run("check", "service.yaml")
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_check_of_a_missing_file_says_so(command):
    done = command.run("check", "nowhere.yaml")
    assert done.returncode == 1
    assert "nowhere.yaml" in done.stderr


def test_check_with_findings_gives_every_clause_and_fails_without_evidence(command):
    done = command.run("check", "example/service.yaml", "--findings", "--json")
    assert done.returncode == 1
    findings = json.loads(done.stdout)["findings"]
    assert len(findings) == 76
    assert not [finding for finding in findings if finding["verdict"] == "符合" and not finding["evidence"]]


def test_a_wrong_call_ends_with_the_code_for_usage(command):
    assert command.run("check").returncode == 2
    assert command.run("no-such-command").returncode == 2


def test_packs_are_listed_and_shown_with_source_and_confidence(command):
    assert "gbt-45654-2025" in command.run("packs", "list").stdout
    shown = command.run("packs", "show", "process", "D08").stdout
    assert "公示 30 天" in shown
    assert "待核对" in shown


def test_requirements_are_counted_from_the_marks_of_tests(command):
    tests = command.folder / "tests"
    tests.mkdir()
    (tests / "test_x.py").write_text('@pytest.mark.req("F1", "T1a")\ndef test_x(): ...\n', encoding="utf-8")
    lines = command.run("requirements", "--tests", str(tests)).stdout.splitlines()
    assert any(line.startswith("F1 ") and line.rstrip().endswith("1") for line in lines)
    assert any(line.startswith("M7 ") and line.rstrip().endswith("无") for line in lines)
