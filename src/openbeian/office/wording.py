"""What the fields of a manifest, its parts and kinds of evidence are called on pages, in both languages.

Names of states, acts, roles and checklist items come from the process pack; labels of the form's own fields from the form pack.
"""

from __future__ import annotations

from functools import cache

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from openbeian.rules import form_pack

PART_NAMES: dict[str, Promise] = {
    "basic": _("基本信息"),
    "technical": _("技术方案"),
    "data_sources": _("数据来源"),
    "scope": _("服务范围"),
    "security": _("安全措施"),
    "commitment": _("合规承诺"),
}
PART_NUMERALS = {part: "一二三四五六"[index] for index, part in enumerate(PART_NAMES)}

EVIDENCE_NAMES: dict[str, tuple[str, Promise]] = {
    "training-run": ("run", _("训练运行")),
    "corpus-scan": ("scan", _("语料扫描")),
    "assessment-run": ("run", _("评估运行")),
    "proof": ("file", _("证明文件")),
    "attestation": ("pen", _("负责人声明")),
    "dossier": ("file", _("备案材料")),
}

# A full dotted path is looked up before its last key.
FIELD_NAMES: dict[str, Promise] = {
    "access_control": _("访问控制"),
    "access_flow": _("用户进入流程"),
    "accuracy": _("合格率"),
    "algorithm_filing_number": _("算法备案编号"),
    "annotation": _("标注"),
    "architecture": _("模型结构"),
    "assessment_lead": _("安全评估负责人"),
    "audit": _("审计"),
    "authorisation": _("授权方式"),
    "backup": _("备份"),
    "base_model": _("基座模型"),
    "basis": _("合法性依据"),
    "channels": _("途径"),
    "classifier": _("分类模型"),
    "clicks": _("点击次数"),
    "collected": _("收集的个人信息"),
    "collection": _("采集方式"),
    "complaint": _("投诉"),
    "concurrency": _("并发"),
    "consent": _("告知同意"),
    "contact": _("联系人"),
    "content": _("服务内容"),
    "content_type": _("语料类型"),
    "data_processing": _("数据处理"),
    "data_security": _("数据安全"),
    "deletion": _("删除途径"),
    "description": _("说明"),
    "domain": _("领域"),
    "domain_detail": _("领域说明"),
    "email": _("邮箱"),
    "emergency": _("应急处置"),
    "encryption": _("加密"),
    "environments_isolated": _("训练与推理环境隔离"),
    "filing_number": _("备案号"),
    "foreign_open_ratio": _("境外开源语料占比"),
    "framework": _("框架"),
    "hand_over_from": _("转人工的阈值"),
    "answer_from": _("直接作答的阈值"),
    "id": _("标识"),
    "implicit": _("隐式标识"),
    "in_a_row": _("连续违规次数"),
    "industry_authority": _("行业主管部门"),
    "inference_compute": _("推理算力"),
    "input": _("输入"),
    "input_control": _("输入管控"),
    "is_domestic": _("境内来源"),
    "is_present": _("含个人信息"),
    "is_third_party_cloud": _("第三方云"),
    "is_used": _("用于训练"),
    "item": _("信息项"),
    "items": _("数量"),
    "kind": _("类别"),
    "labelling": _("内容标识"),
    "language": _("语种"),
    "launch_on": _("上线日期"),
    "legal_representative": _("法定代表人"),
    "legality_lead": _("合法性评估负责人"),
    "licence": _("许可"),
    "location": _("位置"),
    "main_functions": _("主要功能"),
    "minors": _("未成年人"),
    "modalities": _("模态"),
    "model": _("模型"),
    "monitoring": _("监看"),
    "name": _("名称"),
    "name_latin": _("编号用名"),
    "occasions": _("场合"),
    "office_address": _("办公地址"),
    "opt_out": _("关闭收集"),
    "org_name": _("单位名称"),
    "org_nature": _("单位性质"),
    "origin": _("来源"),
    "out_of_scope": _("不做什么"),
    "output": _("输出"),
    "output_control": _("输出管控"),
    "overall_conclusion": _("总体结论"),
    "overall_lead": _("整体负责人"),
    "parameters": _("参数规模"),
    "parent_org": _("上级单位"),
    "path": _("路径"),
    "per_day": _("每日违规次数"),
    "personal_information": _("个人信息"),
    "phone": _("电话"),
    "policy_url": _("隐私政策网址"),
    "privacy": _("隐私保护"),
    "process": _("流程"),
    "proof": _("佐证"),
    "purpose": _("目的"),
    "registered_address": _("注册地址"),
    "reply_policy": _("作答阈值"),
    "response_days": _("答复期限（工作日）"),
    "retention_days": _("保存期（天）"),
    "role": _("身份"),
    "sampling": _("抽检"),
    "scenarios": _("用途"),
    "service": _("服务名称"),
    "signatures": _("签字"),
    "signed_on": _("日期"),
    "sources": _("语料来源"),
    "stability": _("稳定运行"),
    "staff": _("人员"),
    "statement": _("承诺"),
    "statements": _("负责人声明"),
    "storage_bytes": _("存储规模（字节）"),
    "strikes": _("违规处置"),
    "supply_chain": _("供应链"),
    "target_users": _("适用人群"),
    "text_prefix": _("文首标识"),
    "third_party_cloud": _("第三方云服务"),
    "track": _("线路"),
    "training_compute": _("训练算力"),
    "training_process": _("训练过程"),
    "update_rollback": _("更新与回滚"),
    "url": _("网址"),
    "uscc": _("统一社会信用代码"),
    "user_input": _("用户输入"),
    "version": _("版本"),
    "weights_sha256": _("权重摘要"),
    "technical.origin": _("模型来源"),
    "technical.model": _("模型名称"),
    "technical.model.name": _("模型名称"),
    "scope.channels": _("服务渠道"),
    "scope.minors": _("未成年人"),
    "security.labelling": _("文首标识"),
    "security.complaint.channels": _("投诉途径"),
    "security.minors": _("未成年人保护"),
}


def in_chinese() -> bool:
    """Tell whether the page is shown in Chinese."""
    return (get_language() or "zh").startswith("zh")


def part_title(part: str) -> str:
    """Return the title of one of the six parts with its numeral."""
    if part not in PART_NAMES:
        return str(_("服务"))
    if in_chinese():
        return f"{PART_NUMERALS[part]}　{PART_NAMES[part]}"
    return f"{list(PART_NAMES).index(part) + 1}. {PART_NAMES[part]}"


def field_name(path: str) -> str:
    """Return what a dotted field is called; in Chinese the form's own label where the pages have no shorter word."""
    path = ".".join(key for key in path.split(".") if not key.isdigit())
    last = path.rpartition(".")[2]
    label = _form_labels().get(path, last) if in_chinese() else last
    return str(FIELD_NAMES.get(path) or FIELD_NAMES.get(last) or label)


@cache
def _form_labels() -> dict[str, str]:
    return {field.manifest: field.label for _section, field in form_pack().fields() if field.manifest}
