"""The annexes that are texts: drafts by track from the manifest's facts, and a provider's own file in their place."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest

from openbeian.dossier import Attached, Dossier, build, check, read_attached
from openbeian.manifest import Fault, Manifest
from openbeian.rules import EvidenceView, Finding, form_pack
from tests.dossier.conftest import NOW, sample_annexes, with_value
from tests.dossier.sample import MADE_AT

pytestmark = pytest.mark.req("F1")


def _words(dossier: Dossier, name: str) -> str:
    document = docx.Document(str(dossier.path("zip").parent / f"{name}.docx"))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


@pytest.fixture(scope="session")
def registered(
    manifest: Manifest,
    evidence: list[EvidenceView],
    findings: list[Finding],
    tmp_path_factory: pytest.TempPathFactory,
) -> Dossier:
    other = with_value(manifest, "service.track", "registration")
    other = with_value(other, "technical.origin", "调用已备案模型")
    called: Any = {"name": "示例大模型", "version": "2", "licence": "示例合同", "filing_number": "MoNi-示例-0001"}
    other = with_value(other, "technical.base_model", called)
    other = with_value(other, "data_sources.sources", [])
    out = tmp_path_factory.mktemp("registered")
    return build(other, findings, evidence, out, NOW, made_at=MADE_AT, annexes=sample_annexes())


def test_drafts_hold_the_facts_of_the_manifest_and_say_that_they_are_drafts(dossier: Dossier) -> None:
    agreement = _words(dossier, "附件2-服务协议")
    assert "连续 3 次或一日内累计 5 次输入违法和不良信息的" in agreement
    assert "提交前须由本单位核定" in agreement
    assert "咨询内容" in _words(dossier, "附件2-隐私政策")
    assert "仅用通用处理器，可在三家以上供应商间替换。" in _words(dossier, "附件6-算力供应风险与模型持续迭代说明")


def test_annotation_rules_say_why_they_do_not_apply(dossier: Dossier) -> None:
    words = _words(dossier, "附件3-语料标注规则")
    assert "本服务没有标注语料，不涉及语料标注规则。理由：语料为自编问答，无外包标注" in words
    assert "安全性标注规则" not in words.split("不涉及的说明")[0]


def test_annotation_rules_of_an_annotated_corpus_part_function_from_safety_and_list_every_risk(
    build_with: Callable[..., Dossier],
) -> None:
    words = _words(build_with(data_sources__annotation__items=1200), "附件3-语料标注规则")
    assert "二、抽检结果" in words
    assert "三、功能性标注规则" in words
    assert "四、安全性标注规则" in words
    assert all(f"A.{group}.{letter}" in words for group, letter in [(1, "a"), (1, "h"), (2, "i"), (5, "b")])


def test_catalogue_of_proofs_lists_what_the_store_has(dossier: Dossier) -> None:
    words = _words(dossier, "附件7-其他佐证目录")
    assert "语料采集记录" in words
    assert "投诉处理规则" in words


def test_registration_has_its_own_shorter_set(registered: Dossier) -> None:
    papers = ["登记表", "附件1-调用已备案模型情况说明", "附件2-服务协议", "附件2-隐私政策", "附件3-内容安全管理制度"]
    assert {file.path.name for file in registered.files} == {
        *(f"{name}{ending}" for name in papers for ending in (".pdf", ".docx")),
        "附件4-拦截关键词库.xlsx",
        "附件5-评估测试题.xlsx",
        *("contents.json", "inputs.json", "manifest.json", "dossier.zip"),
    }
    assert check(registered.path("zip")).problems == ()


def test_registration_form_leaves_out_training_and_corpora(registered: Dossier) -> None:
    words = _words(registered, "登记表")
    labels = {field.id: field.label for _, field in form_pack().fields()}
    left_out = form_pack().registration_leaves_out.fields
    assert [name for name in left_out if labels[name] in words] == []
    assert [name for name, label in labels.items() if name not in left_out and label not in words] == []


def test_statement_on_the_called_model_names_it_and_denies_training(registered: Dossier) -> None:
    words = _words(registered, "附件1-调用已备案模型情况说明")
    assert "MoNi-示例-0001" in words
    assert "没有对其训练、微调或改动权重" in words
    assert "证据库中没有这样的证明，须补充。" in words


def test_workbooks_of_a_registration_have_the_same_columns(registered: Dossier) -> None:
    book = openpyxl.load_workbook(registered.path("zip").parent / "附件4-拦截关键词库.xlsx")
    assert [cell.value for cell in book.worksheets[0][1]] == ["关键词", "一级分类", "二级分类"]


def test_form_lists_every_annex_and_what_of_it_is_there(dossier: Dossier) -> None:
    tables = docx.Document(str(dossier.path("form-docx"))).tables
    listed = next(table for table in tables if table.rows[0].cells[0].text == "附件")
    rows = {row.cells[0].text: row.cells[3].text for row in listed.rows[1:]}
    assert set(rows) == {str(annex.no) for annex in form_pack().annexes}
    assert rows["4"] == "附件4-拦截关键词列表.xlsx"
    assert rows["3"] == "附件3-语料标注规则.pdf、.docx（稿本）"


def test_missing_annex_is_named_as_missing(build_with: Callable[..., Dossier]) -> None:
    words = _words(build_with(), "备案表")
    assert words.count("未附，须补交") == 2  # keywords and bank


def _attach(
    manifest: Manifest, findings: list[Finding], evidence: list[EvidenceView], out: Path, *files: Attached
) -> Dossier:
    return build(manifest, findings, evidence, out, NOW, made_at=MADE_AT, annexes=files)


def test_file_of_ones_own_takes_the_place_of_the_draft(
    manifest: Manifest, findings: list[Finding], evidence: list[EvidenceView], tmp_path: Path
) -> None:
    (tmp_path / "服务协议.docx").write_bytes(b"our own")
    made = _attach(manifest, findings, evidence, tmp_path / "out", read_attached(2, tmp_path / "服务协议.docx"))
    names = {file.path.name for file in made.files}
    assert "附件2-服务协议.docx" in names
    assert "附件2-隐私政策.docx" not in names
    assert (tmp_path / "out" / "附件2-服务协议.docx").read_bytes() == b"our own"
    assert check(made.path("zip")).problems == ()


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([Attached(1, "a.pdf", b"")], "annex-unknown"),
        ([Attached(9, "a.pdf", b"")], "annex-unknown"),
        ([Attached(2, "a.exe", b"")], "annex-type"),
        ([Attached(2, "../a.pdf", b"")], "annex-name"),
        ([Attached(2, "a\n.pdf", b"")], "annex-name"),
        ([Attached(2, "甲\u202e乙.pdf", b"")], "annex-name"),
        ([Attached(2, "长" * 100 + ".pdf", b"")], "annex-name"),
        ([Attached(2, "a.pdf", b""), Attached(2, "a.pdf", b"x")], "annex-twice"),
    ],
)
def test_file_without_a_place_is_refused(
    manifest: Manifest,
    findings: list[Finding],
    evidence: list[EvidenceView],
    tmp_path: Path,
    files: list[Attached],
    code: str,
) -> None:
    with pytest.raises(Fault) as caught:
        _attach(manifest, findings, evidence, tmp_path, *files)
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_test_channel_of_a_registration_goes_its_own_way(
    manifest: Manifest, findings: list[Finding], evidence: list[EvidenceView], tmp_path: Path
) -> None:
    other = with_value(manifest, "service.track", "registration")
    with pytest.raises(Fault, match="不放进材料"):
        _attach(other, findings, evidence, tmp_path, Attached(6, "keys.pdf", b""))
    with pytest.raises(Fault, match="读不了附件 2"):
        read_attached(2, tmp_path / "nothing.pdf")
