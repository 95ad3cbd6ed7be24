"""`check --findings`, `--sarif`, `--fail-on`, `--why` and `packs diff` as their users meet them."""

import json

import pytest

REMEDY = {"equivalent": "由人工逐条复核", "proof": "faq.yaml"}


def findings_of(command):
    return json.loads(command.run("check", "example/service.yaml", "--findings", "--json").stdout)["findings"]


def state(command, verdicts):
    """Put these statements, by clause, in the place of the example's, and attest them; 符合 has a proof, 不符合 an equivalent measure."""
    path = command.folder / "example" / "service.yaml"
    head = path.read_text(encoding="utf-8").partition("\nstatements:")[0]
    rows = [
        {"clause": clause, "verdict": verdict, "reason": "示例", "by": "何示例"}
        | ({"proof": "faq.yaml"} if verdict == "符合" else REMEDY if verdict == "不符合" else {})
        for clause, verdict in verdicts.items()
    ]
    path.write_text(f"{head}\nstatements: {json.dumps(rows, ensure_ascii=False)}\n", encoding="utf-8")
    assert command.run("evidence", "attest", "example/service.yaml").returncode == 0


@pytest.mark.req("F1")
def test_sarif_goes_to_a_file_beside_the_text_and_the_exit_code_stays(command):
    done = command.run("check", "example/service.yaml", "--findings", "--sarif", "out/check.sarif")
    assert done.returncode == 1, done.stderr
    assert "清单完整" in done.stdout
    log = json.loads((command.folder / "out" / "check.sarif").read_text(encoding="utf-8"))
    assert (log["version"], len(log["runs"][0]["results"])) == ("2.1.0", 76)
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "example/service.yaml"


def test_sarif_on_standard_output_is_nothing_but_sarif(command):
    done = command.run("check", "example/service.yaml", "--sarif", "-")
    assert done.returncode == 0
    assert json.loads(done.stdout)["runs"][0]["results"] == []


def test_a_manifest_that_cannot_be_used_is_told_in_sarif_on_its_line_too(command):
    path = command.folder / "example" / "service.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("91440101MA5EXAM0P0", "91440101MA5EXAM0P1"), encoding="utf-8")
    done = command.run("check", "example/service.yaml", "--findings", "--sarif", "check.sarif", "--fail-on", "none")
    assert done.returncode == 1
    run = json.loads((command.folder / "check.sarif").read_text(encoding="utf-8"))["runs"][0]
    assert run["invocations"] == [{"executionSuccessful": False}]
    (result,) = run["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 15}


def test_sarif_that_cannot_be_written_is_a_fault(command):
    done = command.run("check", "example/service.yaml", "--sarif", "example/service.yaml/check.sarif")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "service.yaml" in done.stderr


@pytest.mark.parametrize(("level", "code"), [("error", 0), ("warning", 1), ("none", 0)])
def test_what_is_only_recommended_fails_a_check_only_on_request(command, level, code):
    clauses = [row["clause"] for row in findings_of(command)]
    state(command, dict.fromkeys(clauses, "不适用"))
    # Where the manifest contradicts that, a proof settles the clause; what stays open is the one recommendation.
    open_still = {row["clause"] for row in findings_of(command) if row["verdict"] == "不符合"}
    verdicts = {clause: "符合" if clause in open_still else "不适用" for clause in clauses}
    state(command, verdicts | {"8.1": "不符合"})
    assert [row["clause"] for row in findings_of(command) if row["verdict"] == "不符合"] == ["8.1"]
    done = command.run("check", "example/service.yaml", "--findings", "--fail-on", level)
    assert done.returncode == code, done.stdout


@pytest.mark.parametrize(("level", "code"), [("error", 1), ("warning", 1), ("none", 0)])
def test_what_is_required_fails_a_check_unless_told_never_to(command, level, code):
    assert command.run("check", "example/service.yaml", "--findings", "--fail-on", level).returncode == code


@pytest.mark.req("F1")
def test_why_leads_from_the_clause_to_the_hash_of_the_proof(command):
    folder = command.folder / "example"
    (folder / "plan.txt").write_text("应急预案", encoding="utf-8")
    path = folder / "service.yaml"
    row = "  - {clause: 7.i.4, verdict: 符合, reason: 有预案, by: 何示例, proof: plan.txt, valid_until: 2099-12-31}\n"
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + "\n" + row, encoding="utf-8")
    assert command.run("evidence", "attest", "example/service.yaml").returncode == 0
    done = command.run("check", "example/service.yaml", "--why", "7.i.4")
    assert done.returncode == 0, done.stderr
    explained = json.loads(command.run("check", "example/service.yaml", "--why", "7.i.4", "--json").stdout)
    (record,) = explained["evidence"]
    assert explained["finding"]["verdict"] == "符合"
    for words in (
        record["digest"],
        f"sha256:{record['subjects'][0][1]}",
        "有效期至 2099-12-31",
        "example/service.yaml:",
    ):
        assert words in done.stdout
    line = explained["statements"][0]["line"]
    assert "7.i.4" in path.read_text(encoding="utf-8").splitlines()[line - 1]


def test_why_of_a_clause_without_evidence_says_what_is_missing_and_by_which_edition(command):
    done = command.run("check", "example/service.yaml", "--why", "9.4.b", "--edition", "tc260-003")
    assert done.returncode == 0
    for words in ("tc260-003", "应：", "来源：", "T15", "不符合", "缺"):
        assert words in done.stdout


def test_why_of_an_unknown_clause_names_the_near_ones(command):
    done = command.run("check", "example/service.yaml", "--why", "9.4")
    assert done.returncode == 1
    assert "9.4.b、9.4.c" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        ("--why", "9.4.b", "--sarif", "x.sarif"),
        ("--json", "--sarif", "-"),
        ("--fail-on", "never"),
    ],
)
def test_options_that_do_not_go_together_are_a_wrong_call(command, wrong):
    assert command.run("check", "example/service.yaml", *wrong).returncode == 2


def test_packs_diff_tells_what_the_new_edition_records_and_changes_for_the_service(command):
    done = command.run("packs", "diff", "tc260-003", "gbt-45654-2025", "--service", "example/service.yaml")
    assert done.returncode == 0, done.stderr
    for words in ("6.a", "据一般知识已删去", "待核对", "语料 → 训练数据", "0 条结论会变"):
        assert words in done.stdout
    plain = json.loads(command.run("packs", "diff", "tc260-003", "gbt-45654-2025", "--json").stdout)
    assert plain["findings"] is None
    assert {row["clause"] for row in plain["standings"]} == {"6.a", "7.d"}


def test_packs_diff_of_a_pack_without_clauses_is_a_fault(command):
    done = command.run("packs", "diff", "risks", "gbt-45654-2025")
    assert done.returncode == 1
    assert "不是条款规则包" in done.stderr
