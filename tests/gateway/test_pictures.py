"""Pictures through the gateway over real HTTP: guarded like a conversation, labelled in the file, on record by their hash."""

import base64
import importlib.util
import io
import json
import xml.etree.ElementTree as ET
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image

from openbeian.gateway import GatewayConfig, create_app, upstream
from openbeian.manifest import load_manifest, set_value
from openbeian.protection import LabelVerdict, provider_code, read_label, with_label
from openbeian.wire import answer_json, read_json
from tests.live import ask, request, served

pytestmark = pytest.mark.req("M7")
WEIGHTS = "ab" * 32
PHONE = "13800138000"


def dots(color):
    file = io.BytesIO()
    Image.new("L", (8, 8), color).save(file, "PNG")
    return file.getvalue()


def entry(png, **more):
    return {"b64_json": base64.b64encode(png).decode(), **more}


class Painter:
    """An endpoint that answers what it is told, and remembers what it was asked."""

    def __init__(self):
        self.status, self.asked, self.weights = 200, [], WEIGHTS
        self.answer = {"created": 1, "data": [entry(dots(0))], "openbeian": {"weights_sha256": WEIGHTS}}

    async def __call__(self, scope, receive, send):
        if scope["path"] == "/v1/models":
            await answer_json(send, 200, {"data": [{"id": "m", "openbeian": {"weights_sha256": self.weights}}]})
            return
        assert scope["path"] == "/v1/images/generations"
        self.asked.append(await read_json(receive))
        if self.answer is None:
            await receive()  # nothing, until the other side gives up
        elif isinstance(self.answer, bytes):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": self.answer})
        else:
            await answer_json(send, self.status, self.answer)


def manifest(example, tmp_path, output="图片", *, is_implicit=True):
    path = tmp_path / "service.yaml"
    text = (example / "service.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("output: [文本]", f"output: [{output}]"), encoding="utf-8")
    set_value(path, "technical.model.weights_sha256", WEIGHTS)
    set_value(path, "security.labelling.implicit", is_implicit)
    return path


def config(example, tmp_path, behind, **changes):
    path = manifest(example, tmp_path, **changes)
    url = f"http://127.0.0.1:{behind}"
    return GatewayConfig(path, url, tmp_path / "records", library_path=example / "keywords.yaml")


@pytest.fixture
def guarded(example, tmp_path):
    """A gateway and its model; yields (port, model, records)."""
    model = Painter()
    with (
        served(model) as behind,
        served(create_app(config(example, tmp_path, behind)), lifespan="on") as port,
    ):
        yield port, model, tmp_path / "records"


def draw(port, prompt="7", **more):
    status, _, body = request(port, "POST", "/v1/images/generations", {"prompt": prompt, **more})
    return status, json.loads(body)


def files(answer):
    return [base64.b64decode(each["b64_json"]) for each in answer["data"]]


def lines(records: Path) -> list[dict]:
    return [
        json.loads(line) for path in records.glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()
    ]


def label_in(png):
    picture = Image.open(io.BytesIO(png))
    picture.load()
    found = ET.fromstring(picture.text["XML:com.adobe.xmp"]).iter("{http://www.tc260.org.cn/ns/AIGC/1.0/}AIGC")
    (label,) = (element.text for element in found)
    return label


@pytest.mark.req("T3c")
def test_every_file_carries_the_label_of_the_filed_provider_and_leads_to_its_record(guarded, example):
    port, model, records = guarded
    strangers = with_label(dots(9), '{"AIGC":"another"}')
    model.answer["data"] = [entry(dots(5)), entry(strangers, url="http://elsewhere/1.png")]
    status, answer = draw(port, n=2)
    assert status == 200
    labels = [json.loads(label_in(png)) for png in files(answer)]
    assert [read_label(label_in(png)) for png in files(answer)] == [LabelVerdict.COMPLIANT] * 2
    uscc = load_manifest(example / "service.yaml").manifest.basic.uscc
    assert {label["ContentProducer"] for label in labels} == {provider_code(uscc, "KF01")}
    (record,) = lines(records)
    assert [label["ProduceID"] for label in labels] == [f"{record['id']}-0", f"{record['id']}-1"]
    assert record["pictures"] == [{"sha256": sha256(png).hexdigest(), "bytes": len(png)} for png in files(answer)]
    assert (record["action"], record["model"], record["drift"]) == ("answered", f"sha256:{WEIGHTS}", [])
    assert "url" not in answer["data"][1]
    assert answer["openbeian"]["is_labelled"]
    assert answer["openbeian"]["explicit_label"] == "（人工智能生成）"


def test_where_no_implicit_label_is_filed_the_file_stays_as_it_is(example, tmp_path):
    with (
        served(Painter()) as behind,
        served(create_app(config(example, tmp_path, behind, is_implicit=False)), lifespan="on") as port,
    ):
        answer = draw(port)[1]
    assert files(answer) == [dots(0)]
    assert "is_labelled" not in answer["openbeian"]


@pytest.mark.req("T2a", "T2b", "A1")
def test_personal_information_reaches_neither_model_nor_record_nor_user(guarded):
    port, model, records = guarded
    model.answer["data"] = [entry(dots(0), revised_prompt=f"{PHONE} 云朵苹果")]
    answer = draw(port, f"画 {PHONE}", user="张三", seed=5)[1]
    assert model.asked == [{"prompt": "画 ［手机号］", "seed": 5, "response_format": "b64_json"}]
    assert answer["data"][0]["revised_prompt"] == "［手机号］ ＊＊＊＊"
    text = "".join(path.read_text(encoding="utf-8") for path in records.glob("*.jsonl"))
    assert not any(word in text for word in (PHONE, "张三", answer["data"][0]["b64_json"]))
    assert lines(records)[0]["replaced"] == ["mobile"]
    assert lines(records)[0]["question_sha256"] == sha256("画 ［手机号］".encode()).hexdigest()


def test_strikes_count_pictures_and_conversations_together(guarded):
    port, model, records = guarded
    refused = [draw(port, "云朵苹果", user="u1") for _ in range(2)]
    ask(port, "云朵苹果", user="u1")
    suspended = draw(port, user="u1")
    assert {(status, answer["error"]["code"]) for status, answer in refused} == {(400, "refused")}
    assert (suspended[0], suspended[1]["error"]["code"]) == (403, "suspended")
    assert draw(port, user="u2")[0] == 200
    assert [line["action"] for line in lines(records)] == ["refused", "refused", "refused", "suspended", "answered"]
    assert len(model.asked) == 1


def test_a_service_that_filed_no_pictures_draws_none_and_says_so(example, tmp_path):
    model = Painter()
    with (
        served(model) as behind,
        served(create_app(config(example, tmp_path, behind, output="文本")), lifespan="on") as port,
    ):
        status, answer = draw(port)
        counts = json.loads(request(port, "GET", "/gateway/status")[2])["requests"]
    assert (status, answer["error"]["code"]) == (403, "out-of-scope")
    assert "备案" in answer["error"]["message"]
    assert counts == {"out-of-scope": 1}
    assert lines(tmp_path / "records")[0]["action"] == "out-of-scope"
    assert model.asked == []


@pytest.mark.req("F4")
def test_exchanged_weights_stand_in_status_and_record(guarded):
    port, model, records = guarded
    model.weights = "cd" * 32
    status = json.loads(request(port, "POST", "/gateway/check")[2])
    draw(port)
    assert [item["item"] for item in status["drift"]] == ["weights_sha256"]
    assert lines(records)[-1]["drift"] == ["weights_sha256"]


BAD_ANSWERS = {
    "no-pictures": {"data": []},
    "no-list": {"data": {"b64_json": "x"}},
    "address": {"data": [{"url": "http://elsewhere/1.png"}]},
    "text": {"data": ["x"]},
    "number": {"data": [{"b64_json": 7}]},
    "no-base64": {"data": [{"b64_json": "图"}]},
    "jpeg": {"data": [entry(b"\xff\xd8\xff\xe0")]},
    "half-png": {"data": [entry(dots(0)[:-4])]},
    "html": b"<html>",
    "chat": {"choices": [{"index": 0, "message": {"content": "x"}}]},
    "too-large": b" " * (33 << 20),
}


def test_an_answer_that_is_no_picture_gives_a_clear_error_and_a_record(guarded):
    port, model, records = guarded
    for name, bad in BAD_ANSWERS.items():
        model.answer = bad
        status, answer = draw(port)
        assert (status, answer["error"]["code"]) == (502, "model-answer"), name
        assert answer["error"]["message"]
    assert {(line["action"], line["code"]) for line in lines(records)} == {("error", "model-answer")}
    assert len(lines(records)) == len(BAD_ANSWERS)


def test_a_model_that_fails_is_said_and_one_that_names_a_mistake_is_heard_cleaned(guarded):
    port, model, records = guarded
    model.status, model.answer = 500, {"error": {"message": "inner"}}
    assert draw(port)[1]["error"]["message"] == "模型服务答复状态 500"
    model.status, model.answer = 400, {"error": {"message": f"没有这一类，问 {PHONE}"}}
    status, answer = draw(port)
    assert (status, answer["error"]["message"]) == (400, "没有这一类，问 ［手机号］")
    model.answer = {"detail": "x"}
    assert draw(port)[0] == 502
    assert [line["code"] for line in lines(records)] == ["model-answer", "model-refused", "model-answer"]


def test_a_model_that_never_answers_is_given_up(monkeypatch, example, tmp_path):
    monkeypatch.setattr(upstream, "TIMEOUT", upstream.aiohttp.ClientTimeout(total=0.1))
    model = Painter()
    model.answer = None
    with served(model) as behind, served(create_app(config(example, tmp_path, behind)), lifespan="on") as port:
        status, answer = draw(port)
    assert (status, answer["error"]["code"]) == (504, "model-timeout")
    assert lines(tmp_path / "records")[-1]["code"] == "model-timeout"


def test_what_the_gateway_cannot_guard_is_refused(guarded):
    port, model, _ = guarded
    for change in (
        {"prompt": None},
        {"prompt": " "},
        {"prompt": ["7"]},
        {"response_format": "url"},
        {"output_format": "webp"},
        {"stream": True},
    ):
        status, answer = draw(port, **{"prompt": "7", **change})
        assert status == 400
        assert answer["error"]["message"]
    assert model.asked == []


@pytest.mark.studio
def test_a_trained_model_behind_the_gateway(example, tmp_path):
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed: make studio")
    from openbeian.serving import create_app as serve
    from tests.serving.conftest import write_run

    run = write_run(tmp_path / "run")
    weights = json.loads((run / "run.json").read_text())["weights_sha256"]
    with served(serve(run)) as behind:
        settings = config(example, tmp_path, behind)
        set_value(settings.manifest_path, "technical.model.weights_sha256", weights)
        with served(create_app(settings), lifespan="on") as port:
            status, answer = draw(port, "请画一个七", n=2, seed=3)
            unknown = draw(port, "猫")
            drift = json.loads(request(port, "GET", "/gateway/status")[2])["drift"]
        own = draw(behind, "7", n=2, seed=3)[1]
    assert status == 200
    assert drift == []
    assert answer["openbeian"]["class"] == "7"
    assert [read_label(label_in(png)) for png in files(answer)] == [LabelVerdict.COMPLIANT] * 2
    same = [Image.open(io.BytesIO(png)).tobytes() for png in files(answer)]
    assert same == [Image.open(io.BytesIO(png)).tobytes() for png in files(own)]
    assert unknown[0] == 400
    assert "0、1、2、3、4、5、6、7、8、9" in unknown[1]["error"]["message"]
    assert lines(tmp_path / "records")[0]["model"] == f"sha256:{weights}"
