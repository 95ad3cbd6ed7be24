"""Replies over the OpenAI-compatible interface and real HTTP: whole and streamed answers agree, garbage gets a reason, nothing dies."""

import importlib.util
import json
import socket

import pytest

from tests.live import ask, request, served, streamed_text
from tests.trained import trained_on_the_example

pytestmark = [
    pytest.mark.studio,
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed: make studio"),
]


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    from openbeian.serving import create_app

    run = trained_on_the_example(tmp_path_factory, seed=1)
    with served(create_app(run.folder)) as port:
        yield port


@pytest.mark.req("A1")
def test_whole_and_streamed_answers_are_the_same(port):
    status, _, body = ask(port, "怎么申请维修？")
    whole = json.loads(body)
    assert status == 200
    assert whole["system_fingerprint"].startswith("sha256:")
    status, headers, body = ask(port, "怎么申请维修？", stream=True)
    assert headers["content-type"].startswith("text/event-stream")
    assert body.rstrip().endswith(b"data: [DONE]")
    assert streamed_text(body) == whole["choices"][0]["message"]["content"]


def test_the_model_list_names_the_weights(port):
    facts = json.loads(request(port, "GET", "/v1/models")[2])["data"][0]["openbeian"]
    assert facts["weights_sha256"] == facts["trained_sha256"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"\xff\xfe", 400),
        ({}, 400),
        ({"messages": []}, 400),
        ({"messages": [{"role": "user", "content": ""}]}, 400),
        ({"messages": [{"role": "user", "content": 5}]}, 400),
        ({"messages": "x"}, 400),
        (b"x" * (1 << 21), 413),
    ],
)
def test_garbage_gets_a_reason_and_the_server_lives_on(port, body, status):
    got, _, answer = request(port, "POST", "/v1/chat/completions", body)
    assert got == status
    assert json.loads(answer)["error"]["message"]
    assert request(port, "GET", "/livez")[0] == 200


def test_an_unknown_address_is_not_found(port):
    assert request(port, "GET", "/v1/unknown")[0] == 404


def test_a_client_that_leaves_in_the_middle_harms_nobody(port):
    body = json.dumps({"messages": [{"role": "user", "content": "怎么申请维修？"}], "stream": True}).encode()
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(
                b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
            line.recv(10)
    assert ask(port, "怎么申请维修？")[0] == 200
