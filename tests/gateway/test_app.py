"""The gateway over real HTTP in front of a model that we command: what was filed is what happens, or it is reported."""

import json
from pathlib import Path

import pytest

from openbeian.gateway import GatewayConfig, Running, check_drift, create_app
from openbeian.manifest import Fault, load_manifest, set_value
from openbeian.protection import LabelVerdict, read_label
from openbeian.wire import answer_json, end_events, read_json, send_event, start_events
from tests.live import ask, request, served, streamed_text

WEIGHTS = "ab" * 32
LABEL = "（人工智能生成）"
PHONE = "13800138000"


class Model:
    """An endpoint that says what it is told, and remembers what it was asked."""

    def __init__(self):
        self.says, self.weights, self.asked, self.how = "您好", WEIGHTS, [], "right"

    async def __call__(self, scope, receive, send):
        if scope["path"] == "/v1/models":
            await answer_json(send, 200, {"data": [{"id": "m", "openbeian": {"weights_sha256": self.weights}}]})
            return
        given = await read_json(receive)
        self.asked.append(given)
        if self.how == "html":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
            await send({"type": "http.response.body", "body": b"<html>"})
        elif self.how == "error":
            await answer_json(send, 500, {})
        elif given["stream"]:
            await start_events(send)
            for piece in self.says:
                await send_event(send, {"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})
            if self.how == "half":
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            await send_event(send, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
            await end_events(send)
        else:
            await answer_json(
                send, 200, {"choices": [{"index": 0, "message": {"role": "assistant", "content": self.says}}]}
            )


class Office:
    """An office that counts the reports it gets, or refuses them."""

    def __init__(self):
        self.reports, self.is_down = [], False

    async def __call__(self, scope, receive, send):
        given = await read_json(receive)
        if not self.is_down:
            self.reports.append((dict(scope["headers"]).get(b"authorization"), given))
        await answer_json(send, 503 if self.is_down else 200, {})


@pytest.fixture
def guarded(example, tmp_path):
    """A gateway, its model and its office; yields (port, model, office, records)."""
    path = tmp_path / "service.yaml"
    path.write_bytes((example / "service.yaml").read_bytes())
    set_value(path, "technical.model.weights_sha256", WEIGHTS)
    model, office, records = Model(), Office(), tmp_path / "records"
    with served(model) as upstream, served(office) as desk:
        config = GatewayConfig(
            path,
            f"http://127.0.0.1:{upstream}",
            records,
            f"http://127.0.0.1:{desk}",
            "token",
            example / "keywords.yaml",
        )
        with served(create_app(config), lifespan="on") as port:
            yield port, model, office, records


def lines(records: Path) -> list[dict]:
    return [
        json.loads(line) for path in records.glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()
    ]


@pytest.mark.req("T2a", "T2b", "A1")
@pytest.mark.parametrize("content", [f"电话{PHONE}", [{"type": "text", "text": f"电话{PHONE}"}]])
def test_a_phone_number_never_reaches_the_model_nor_the_record(guarded, content):
    port, model, _, records = guarded
    earlier = {"role": "user", "content": f"上一句{PHONE}"}
    body = {"messages": [earlier, {"role": "user", "content": content}], "user": "张三"}
    assert request(port, "POST", "/v1/chat/completions", body)[0] == 200
    assert PHONE not in json.dumps(model.asked)
    assert "［手机号］" in json.dumps(model.asked, ensure_ascii=False)
    text = "".join(path.read_text(encoding="utf-8") for path in records.glob("*.jsonl"))
    assert PHONE not in text
    assert "张三" not in text
    assert lines(records)[0]["replaced"] == ["mobile", "mobile"]


@pytest.mark.req("T3c")
def test_the_label_stands_once_at_the_start_and_in_the_header(guarded):
    port, *_ = guarded
    _, headers, body = ask(port, "你好")
    assert json.loads(body)["choices"][0]["message"]["content"] == f"{LABEL}您好"
    assert read_label(headers["x-openbeian-aigc"]) is LabelVerdict.COMPLIANT
    _, headers, body = ask(port, "你好", stream=True)
    assert streamed_text(body) == f"{LABEL}您好"
    assert read_label(headers["x-openbeian-aigc"]) is LabelVerdict.COMPLIANT


@pytest.mark.req("T2a")
@pytest.mark.parametrize("stream", [True, False])
def test_what_the_model_says_is_cleaned_even_cut_into_single_characters(guarded, stream):
    port, model, *_ = guarded
    model.says = f"请打{PHONE}。这里有云朵苹果，和云朵苹果汁"
    _, _, body = ask(port, "你好", stream=stream)
    text = streamed_text(body) if stream else json.loads(body)["choices"][0]["message"]["content"]
    assert text == f"{LABEL}请打［手机号］。这里有＊＊＊＊，和云朵苹果汁"


def test_a_keyword_is_refused_and_the_filed_number_of_strikes_suspends(guarded):
    port, model, _, records = guarded
    for _ in range(3):
        ask(port, "云朵苹果", user="u1")
    ask(port, "你好", user="u1")
    ask(port, "你好", user="u2")
    assert [line["action"] for line in lines(records)] == ["refused", "refused", "refused", "suspended", "answered"]
    assert len(model.asked) == 1


@pytest.mark.parametrize(("how", "stream"), [("html", False), ("error", False), ("error", True)])
def test_a_model_that_fails_gives_a_clear_error_and_a_record(guarded, how, stream):
    port, model, _, records = guarded
    model.how = how
    status, _, body = ask(port, "你好", stream=stream)
    assert status == 502
    assert json.loads(body)["error"]["message"]
    assert lines(records)[-1]["action"] == "error"


def test_a_stream_that_breaks_off_says_so_in_the_stream(guarded):
    port, model, *_ = guarded
    model.how = "half"
    _, _, body = ask(port, "你好", stream=True)
    assert "没有说完" in body.decode()


def test_a_model_that_is_gone_is_said_in_the_status(example, tmp_path):
    config = GatewayConfig(example / "service.yaml", "http://127.0.0.1:9", tmp_path / "records")
    with served(create_app(config), lifespan="on") as port:
        assert "连不上" in json.loads(request(port, "GET", "/gateway/status")[2])["problem"]
        assert ask(port, "你好")[0] == 502


@pytest.mark.req("F4")
def test_exchanged_weights_are_reported_until_the_filed_ones_are_back(guarded):
    port, model, office, _ = guarded
    assert json.loads(request(port, "POST", "/gateway/check")[2])["drift"] == []
    assert office.reports == []
    model.weights = "cd" * 32
    office.is_down = True
    status = json.loads(request(port, "POST", "/gateway/check")[2])
    assert status["is_material"]
    assert [item["item"] for item in status["drift"]] == ["weights_sha256"]
    assert status["not_reported"]
    office.is_down = False
    assert json.loads(request(port, "POST", "/gateway/check")[2])["not_reported"] is None
    assert office.reports[-1][0] == b"Bearer token"
    assert office.reports[-1][1]["items"][0]["running"] == "cd" * 32
    model.weights = WEIGHTS
    assert json.loads(request(port, "POST", "/gateway/check")[2])["drift"] == []
    assert office.reports[-1][1]["items"] == []


def test_drift_is_what_the_pack_lists_with_its_weight(example):
    filed = load_manifest(example / "service.yaml").manifest
    found = check_drift(filed, Running(None, filed.technical.model.name, "（AI生成）", "别的范围"))
    assert {(item.item, item.is_material) for item in found} == {("label_text", False), ("scope", True)}


def test_a_label_without_the_words_of_the_rule_is_refused_at_the_start(example, tmp_path):
    with pytest.raises(Fault, match="没有同时写明"):
        create_app(GatewayConfig(example / "service.yaml", "http://x", tmp_path, label_prefix="机器写作"))


@pytest.mark.parametrize("body", [b"{", {"messages": "x"}, {"messages": [5]}, b"x" * (1 << 21)])
def test_garbage_gets_a_reason(guarded, body):
    port, *_ = guarded
    status, _, answer = request(port, "POST", "/v1/chat/completions", body)
    assert status in {400, 413}
    assert json.loads(answer)["error"]["message"]
