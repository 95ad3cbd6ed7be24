"""The form has the pack's blocks and fields in their order, and says what is empty."""

from collections.abc import Callable

import docx
import pytest

from openbeian.dossier import Dossier
from openbeian.manifest import Manifest
from openbeian.rules import form_pack

pytestmark = pytest.mark.req("F1")


def _rows(dossier: Dossier) -> dict[str, str]:
    tables = docx.Document(str(dossier.path("form-docx"))).tables
    return {row.cells[0].text: row.cells[1].text for table in tables for row in table.rows if len(row.cells) == 2}


def test_form_shows_every_field_of_the_pack_in_its_order(dossier: Dossier) -> None:
    body = docx.Document(str(dossier.path("form-docx"))).element.body
    words = "\n".join(node.text or "" for node in body.iter() if node.tag.endswith("}t"))
    at = 0
    for section, field in form_pack().fields():
        at = words.find(field.label, at)
        assert at >= 0, f"{section.id}.{field.id}"
        at += len(field.label)


def test_empty_optional_field_is_a_dash_and_empty_required_one_says_so(build_with: Callable[..., Dossier]) -> None:
    rows = _rows(build_with(security__emergency="", security__complaint__channels=["示例电话"]))
    assert rows["上级单位"] == "—"
    assert rows["应急处置"] == "（未填）"


def test_choices_are_all_shown_and_the_chosen_ones_ticked(dossier: Dossier) -> None:
    rows = _rows(dossier)
    assert rows["单位性质"] == "□ 国有　■ 民营　□ 外资　□ 事业单位　□ 机关　□ 社会组织　□ 其他"
    assert rows["主要功能"].startswith("■ 人机对话　■ 文字生成　□ 图片生成")


def test_choice_outside_the_list_is_written_out(build_with: Callable[..., Dossier]) -> None:
    assert "■ 其他：示例功能" in _rows(build_with(basic__main_functions=["示例功能"]))["主要功能"]


def test_fields_made_of_several_values_name_each(build_with: Callable[..., Dossier], manifest: Manifest) -> None:
    one = manifest.model_dump(mode="json")["data_sources"]["sources"][0] | {"items": 1200, "storage_bytes": 60000}
    rows = _rows(build_with(data_sources__sources=[one, one | {"id": "two"}], basic__office_address="示例路2号"))
    assert rows["注册地址、办公地址"].split("\n")[1] == "办公地址：示例路2号"
    assert rows["训练语料存储规模"] == "120\u00a0000 字节"
    assert rows["训练语料数量"] == "2\u00a0400 条"
    assert rows["填表日期"] == "2026年11月20日"


def test_figures_on_the_form_carry_limit_interval_and_evidence(dossier: Dossier) -> None:
    told = _rows(dossier)["模型安全评估结论与数据"]
    assert (
        "应拒答题的拒答率 97.06%（33/34，门槛不低于 95%，95% 置信区间 85.09%–99.48%，"
        "达到门槛，没有 95% 把握达到（按机器判定））〔E4〕"
    ) in told


@pytest.mark.parametrize(
    ("track", "title"), [("registration", "调用已备案大模型上线登记表"), ("algorithm_filing", "算法备案信息表")]
)
def test_every_track_has_its_own_title(build_with: Callable[..., Dossier], track: str, title: str) -> None:
    made = build_with(service__track=track, service__name="示例" * 100)
    assert docx.Document(str(made.path("form-docx"))).core_properties.title == title


def test_service_without_sources_says_that_they_are_missing(build_with: Callable[..., Dossier]) -> None:
    rows = _rows(build_with(data_sources__sources=[]))
    assert rows["语料来源明细"] == rows["训练语料数量"] == "（未填）"
