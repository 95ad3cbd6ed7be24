"""What serving and gateway both ask of a request to `/v1/images/generations`: a prompt, and PNG files inside the answer."""

from __future__ import annotations

from typing import Any

from openbeian.wire.asgi import BadRequest

PICTURES_PATH = "/v1/images/generations"
# What a client may ask for by name, but gets only in this one way.
_ONLY: dict[str, tuple[object, str]] = {
    "response_format": ("b64_json", "response_format 只能是 b64_json：这里不存放图片，没有网址可给"),
    "output_format": ("png", "output_format 只能是 png"),
    "stream": (False, "图片不能分段发送，去掉 stream"),
}


def read_prompt(request: dict[str, Any]) -> str:
    """Return what is to be drawn.

    Raises:
        BadRequest: 400 when there is no prompt, or the picture is wanted in another form.
    """
    for name, (only, words) in _ONLY.items():
        if request.get(name) not in (None, only):
            raise BadRequest(400, f"bad-{name.replace('_', '-')}", words)
    prompt = request.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise BadRequest(400, "no-prompt", "缺少 prompt：写要画什么")
    return prompt
