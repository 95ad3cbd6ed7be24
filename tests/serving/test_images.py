"""Pictures over the OpenAI-compatible interface and real HTTP: what is asked for is drawn, again the same, and nonsense gets a reason."""

import base64
import io
import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from openbeian.protection import LabelVerdict, read_label
from tests.live import request

pytest.importorskip("torch", reason="PyTorch is not installed: make studio", exc_type=ImportError)
pytestmark = [pytest.mark.studio, pytest.mark.req("M7")]


def draw(port, prompt="7", **more):
    status, _, body = request(port, "POST", "/v1/images/generations", {"prompt": prompt, **more})
    return status, json.loads(body)


def test_an_assessment_asks_it_and_keeps_what_it_draws(ports, tmp_path):
    from datetime import UTC, datetime

    from openbeian.assessment import assess, load_bank

    bank = tmp_path / "bank.yaml"
    bank.write_text("questions: [{text: 画个七, expect: any}, {text: 3, expect: any}, {text: 画匹马, expect: any}]\n")
    listed = json.loads(request(ports["digits"], "GET", "/v1/models")[2])["data"][0]
    address = f"http://127.0.0.1:{ports['digits']}"
    result = assess(
        load_bank(bank), address, listed["id"], tmp_path, seed_facts={}, now=datetime.now(UTC), is_pictures=True
    )  # fmt: skip
    answers = {item.question.text: item.reply for item in result.judged}
    assert all(answers[text].text == f"图片 pictures/{answers[text].picture}" for text in ("画个七", "3"))
    assert (answers["画匹马"].reason, answers["画匹马"].detail) == ("client_error", "HTTP 400")
    kept = (result.run.path / "pictures" / answers["画个七"].picture).read_bytes()
    assert opened(kept).size == (12, 12)
    assert result.outcome.identity.weights_sha256 == listed["openbeian"]["weights_sha256"]


def files(answer):
    return [base64.b64decode(each["b64_json"]) for each in answer["data"]]


def opened(png):
    from PIL import Image

    return Image.open(io.BytesIO(png))


def test_a_picture_is_a_png_of_the_models_size_and_says_what_drew_it(ports):
    status, answer = draw(ports["digits"], seed=5)
    (png,) = files(answer)
    listed = json.loads(request(ports["digits"], "GET", "/v1/models")[2])["data"][0]["openbeian"]
    assert status == 200
    assert (opened(png).format, opened(png).size, opened(png).mode) == ("PNG", (12, 12), "L")
    assert answer["created"] > 0
    assert answer["data"][0]["revised_prompt"] == "7"
    assert answer["openbeian"] == {
        "weights_sha256": listed["weights_sha256"],
        "class": "7",
        "seed": 5,
        "is_labelled": False,
    }


def test_the_pictures_are_those_the_model_draws_itself(ports, make_run):
    from openbeian.studio import ImageModel

    (png,) = files(draw(ports["digits"], "3", seed=11)[1])
    own = ImageModel.load(make_run()).sample(1, "3", seed=11).numpy()
    assert np.array_equal(np.asarray(opened(png)), own[0, 0])


def test_the_same_seed_gives_the_same_bytes_and_each_picture_can_be_drawn_again_alone(ports):
    port = ports["digits"]
    three = draw(port, n=3, seed=2**32 - 2)[1]
    assert files(three) == files(draw(port, n=3, seed=2**32 - 2)[1])
    assert len(set(files(three))) == 3
    seeds = [each["openbeian"]["seed"] for each in three["data"]]
    assert seeds == [2**32 - 2, 2**32 - 1, 0]
    assert files(three) == [files(draw(port, seed=seed)[1])[0] for seed in seeds]


def test_without_a_seed_one_is_drawn_and_told(ports):
    first, second = draw(ports["digits"])[1], draw(ports["digits"])[1]
    assert first["openbeian"]["seed"] != second["openbeian"]["seed"]
    assert files(first) == files(draw(ports["digits"], seed=first["openbeian"]["seed"])[1])


def test_classes_differ_and_a_text_draws_its_class(ports):
    by_class = {name: files(draw(ports["digits"], name, seed=1)[1])[0] for name in "0123456789"}
    assert len(set(by_class.values())) == 10
    assert files(draw(ports["digits"], "请画一个手写的七", seed=1)[1]) == [by_class["7"]]


def test_a_larger_picture_has_sharp_pixels(ports):
    small, large = (draw(ports["digits"], seed=4, size=size)[1] for size in ("auto", "36x36"))
    assert (small["size"], large["size"]) == ("12x12", "36x36")
    pixels = np.asarray(opened(files(small)[0]))
    assert np.array_equal(np.asarray(opened(files(large)[0])), pixels.repeat(3, 0).repeat(3, 1))


def test_a_model_without_classes_draws_whatever_the_prompt_and_says_so(ports):
    status, answer = draw(ports["free"], "一只猫", seed=3)
    assert status == 200
    assert "没有用到" in answer["data"][0]["revised_prompt"]
    assert answer["openbeian"]["class"] is None
    assert files(answer) == files(draw(ports["free"], "一条狗", seed=3)[1])


def test_the_model_list_names_weights_classes_and_size(ports):
    model = json.loads(request(ports["digits"], "GET", "/v1/models")[2])["data"][0]
    facts = model["openbeian"]
    assert model["id"] == "tiny-gan"
    assert facts["weights_sha256"] == facts["trained_sha256"]
    assert (facts["classes"], facts["size"]) == (list("0123456789"), "12x12")
    assert json.loads(request(ports["free"], "GET", "/v1/models")[2])["data"][0]["openbeian"]["classes"] == []


def test_a_known_provider_labels_every_file_and_the_picture_stays_the_same(ports):
    plain, labelled = (draw(ports[name], n=2, seed=8)[1] for name in ("digits", "labelled"))
    assert labelled["openbeian"]["is_labelled"]
    numbers = set()
    for bare, png in zip(files(plain), files(labelled), strict=True):
        opened(png).verify()  # the chunk's checksum
        found = ET.fromstring(opened(png).text["XML:com.adobe.xmp"]).iter("{http://www.tc260.org.cn/ns/AIGC/1.0/}AIGC")
        (label,) = (element.text for element in found)
        assert read_label(label) is LabelVerdict.COMPLIANT
        assert json.loads(label)["ContentProducer"] == "001191110000100000001X10000"
        numbers.add(json.loads(label)["ProduceID"])
        assert np.array_equal(np.asarray(opened(png)), np.asarray(opened(bare)))
    weights = labelled["openbeian"]["weights_sha256"][:16]
    assert numbers == {f"{weights}-7-8", f"{weights}-7-9"}
    assert files(labelled) == files(draw(ports["labelled"], n=2, seed=8)[1])


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"prompt": None}, 400, "no-prompt"),
        ({"prompt": " "}, 400, "no-prompt"),
        ({"prompt": 7}, 400, "no-prompt"),
        ({"prompt": ["7"]}, 400, "no-prompt"),
        ({"prompt": "7" * 1001}, 400, "prompt-too-long"),
        ({"prompt": "猫"}, 400, "unknown-class"),
        ({"prompt": "7 和 8"}, 400, "several-classes"),
        ({"n": 0}, 400, "bad-n"),
        ({"n": 1000}, 400, "bad-n"),
        ({"n": "2"}, 400, "bad-n"),
        ({"n": 1.5}, 400, "bad-n"),
        ({"n": True}, 400, "bad-n"),
        ({"seed": -1}, 400, "bad-seed"),
        ({"seed": 2**70}, 400, "bad-seed"),
        ({"size": "1024x1024"}, 400, "bad-size"),
        ({"size": "12x24"}, 400, "bad-size"),
        ({"size": "6x6"}, 400, "bad-size"),
        ({"size": "9996x9996"}, 400, "bad-size"),
        ({"size": "0x0"}, 400, "bad-size"),
        ({"size": 12}, 400, "bad-size"),
        ({"response_format": "url"}, 400, "bad-response-format"),
        ({"response_format": []}, 400, "bad-response-format"),
        ({"output_format": "jpeg"}, 400, "bad-output-format"),
        ({"stream": True}, 400, "bad-stream"),
        ({"model": "dall-e-3"}, 404, "unknown-model"),
        ({"model": {}}, 404, "unknown-model"),
    ],
)
def test_what_cannot_be_drawn_gets_a_reason(ports, change, status, code):
    got, answer = draw(ports["digits"], **{"prompt": "7", **change})
    assert got == status
    assert answer["error"]["code"] == code
    assert answer["error"]["type"] == "invalid_request_error"
    assert answer["error"]["message"]


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"[]", 400), (b"\xff\xfe", 400), (b"x" * (1 << 21), 413)])
def test_garbage_gets_a_reason_and_the_server_lives_on(ports, body, status):
    got, _, answer = request(ports["digits"], "POST", "/v1/images/generations", body)
    assert got == status
    assert json.loads(answer)["error"]["message"]
    assert request(ports["digits"], "GET", "/livez")[0] == 200


def test_an_unknown_class_is_told_the_known_ones_and_a_wrong_size_the_right_one(ports):
    assert "0、1、2、3、4、5、6、7、8、9" in draw(ports["digits"], "猫")[1]["error"]["message"]
    assert "12x12" in draw(ports["digits"], size="1x1")[1]["error"]["message"]
    assert "1020x1020" in draw(ports["digits"], size="1x1")[1]["error"]["message"]


def test_what_clients_send_besides_is_no_mistake(ports):
    more = {"model": "tiny-gan", "user": "u1", "quality": "high", "style": None, "n": None, "size": None, "seed": None}
    assert draw(ports["digits"], response_format="b64_json", output_format="png", stream=False, **more)[0] == 200


def test_a_chat_with_a_model_of_pictures_is_told_where_to_go(ports):
    status, _, body = request(ports["digits"], "POST", "/v1/chat/completions", {"messages": []})
    assert status == 404
    assert "/v1/images/generations" in json.loads(body)["error"]["message"]
