"""Steps 9 and 10: the registered service behind its gateway, exchanged weights, and the ledger checked offline."""

from __future__ import annotations

import json
import shutil
import urllib.request
from pathlib import Path
from typing import Any

from openbeian.cli.demo import preparing
from openbeian.cli.demo.journal import Facts
from openbeian.cli.demo.servers import Server, free_port
from openbeian.cli.demo.stage import Stage, hold
from openbeian.evidence import verify_log, verify_receipt_file, write_log
from openbeian.studio.replies.run_folder import WEIGHTS

PHONE = "13800138000"


def guard(stage: Stage, model: Server) -> Facts:
    """Use the service through the gateway, exchange the weights, and see the drift arrive at the office."""
    token = stage.folder / "kefu.token"
    token.write_text(str(stage.accounts()["kefu"]["token"]), encoding="utf-8")
    token.chmod(0o600)
    arguments = ["gateway", str(stage.manifest_path), "--upstream", stage.model_url, "--library", str(stage.folder / "keywords.yaml"),
                 "--office", stage.office_url, "--token-file", str(token)]  # fmt: skip
    with Server(
        "网关", arguments, free_port(), stage.folder / "gateway.log", {"OPENBEIAN_HOME": str(stage.folder)}
    ) as gateway:
        _use(stage, gateway.url)
        _exchange(stage, model, gateway.url)
    return {"drift": True}


def _use(stage: Stage, url: str) -> None:
    label = stage.manifest().manifest.security.labelling.text_prefix
    answer = preparing.ask(url, f"怎么申请维修，电话{PHONE}")
    text = answer["choices"][0]["message"]["content"]
    hold(text.startswith(label) and text.count(label) == 1, f"经网关的答复带标识：{text[:20]}…")
    hold(preparing.ask_stream(url, "怎么申请维修？").startswith(label), "流式答复同样带标识")
    lines = [
        json.loads(line)
        for path in sorted((stage.folder / "gateway").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    hold(any("mobile" in line.get("replaced", []) for line in lines), "提问里的手机号在到达模型前被替换")
    hold(
        PHONE not in "".join(path.read_text(encoding="utf-8") for path in (stage.folder / "gateway").glob("*.jsonl")),
        f"留有 {len(lines)} 条记录，记录里没有手机号",
    )
    status = _post(f"{url}/gateway/check")
    hold(not status["drift"], "运行的与备案的一致")


def _exchange(stage: Stage, model: Server, url: str) -> None:
    """Run weights that differ in a single bit behind the gateway, see what it says, and run the filed ones again."""
    other = stage.folder / "replies-other"
    shutil.copytree(stage.run_folder, other, dirs_exist_ok=True)
    (other / WEIGHTS).write_bytes(_one_bit_off((stage.run_folder / WEIGHTS).read_bytes()))
    model.stop()
    with preparing.model_server(stage, model.port, other):
        status = _post(f"{url}/gateway/check")
    model.start()
    drift = [item for item in status["drift"] if item["item"] == "weights_sha256"]
    hold(
        len(drift) == 1 and drift[0]["is_material"],
        f"权重改动一位，网关报告重大不一致：备案 {drift[0]['filed'][:10]}…，运行 {drift[0]['running'][:10]}…"
        if drift
        else "权重改动一位，网关报告不一致",
    )
    hold(status["not_reported"] is None, "不一致已报到备案机构，提供者的服务页可一键写进变更")


def _one_bit_off(weights: bytes) -> bytes:
    """Return weights whose last number, four bytes from the end, differs in its lowest bit: still weights, but others."""
    changed = bytearray(weights)
    changed[-4] ^= 1
    return bytes(changed)


def _post(url: str) -> dict[str, Any]:
    request = urllib.request.Request(url, b"", method="POST")  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
        return dict(json.loads(answer.read()))


def check_ledger(stage: Stage) -> Facts:
    """Export the ledger, verify it offline, then alter one byte and see the entry named."""
    public = stage.as_("public")
    checkpoint, key = public.ledger_checkpoint(), public.ledger_public_key().strip()
    folder = stage.folder / "ledger"
    leaves = public.ledger_entries().decode().splitlines()
    write_log(folder, leaves, checkpoint, key)
    result = verify_log(folder, key)
    hold(result.ok and result.size == len(leaves), f"账本 {result.size} 条，离线核验通过，根 {result.root[:12]}…")
    kinds = {json.loads(leaf)["kind"] for leaf in leaves}
    needed = {"submit_round", "accept", "request_supplement", "answer_supplement", "sign_opinion", "approve_opinion", "record_test", "report_up",
              "record_national_review", "open_notice", "objection_received", "objection_answered", "close_notice", "assign_number", "publish",
              "complaint_received", "complaint_closed", "open_change", "drift_reported"}  # fmt: skip
    hold(needed <= kinds, f"以上每一步都在账上（{len(kinds)} 种）")
    receipt = stage.folder / "receipt.json"
    receipt.write_bytes(public.ledger_receipt(0))
    hold(verify_receipt_file(receipt, key).ok, "一份回执凭公布的公钥离线核验通过")
    _alter(folder, len(leaves) // 2, key)
    return {"entries": result.size}


def _alter(folder: Path, index: int, key: str) -> None:
    altered = folder.with_name("ledger-altered")
    shutil.rmtree(altered, ignore_errors=True)
    shutil.copytree(folder, altered)
    path = altered / "entries.jsonl"
    lines = path.read_bytes().split(b"\n")
    lines[index] = lines[index].replace(b'"at":"2', b'"at":"3', 1)
    path.write_bytes(b"\n".join(lines))
    problems = verify_log(altered, key).problems
    hold(
        len(problems) == 1 and problems[0].line == index + 1,
        f"改动一个字节，核验不通过并指出：{problems[0].message if problems else '无'}",
    )
