"""What a service of pictures sent back, read strictly: one whole picture, a refusal, or the reason why it is neither."""

from __future__ import annotations

import base64
from typing import Final

from openbeian.assessment.answers import Answer, AskError, Reason, name_of, object_in
from openbeian.assessment.pictures import Picture

REFUSED: Final = frozenset({"refused", "content_policy_violation", "moderation_blocked"})
"""Codes of a 400 that says no to the prompt, the gateway's and OpenAI's; any other 400 is an error."""


def read_picture(body: bytes) -> Answer:
    """Return the answer in the body of a generation of one picture.

    What the service says it drew stays apart from the words that people judge: it must not tell them what to see.

    Raises:
        AskError: `not_json`; `wrong_shape` for no picture, more than one, or what is neither PNG, JPEG nor WebP.
    """
    said = object_in(body)
    entries = said.get("data")
    if not isinstance(entries, list) or len(entries) != 1 or not isinstance(entries[0], dict):
        raise AskError(Reason.WRONG_SHAPE, is_final=True, detail="data 里不是一张图片")
    picture = _picture(entries[0].get("b64_json"))
    own = said.get("openbeian")
    weights = name_of(own.get("weights_sha256")) if isinstance(own, dict) else None
    return Answer(
        text=picture.words,
        finish=None,
        model=name_of(said.get("model")),
        fingerprint=f"sha256:{weights}" if weights else None,
        action=None,
        picture=picture,
        caption=name_of(entries[0].get("revised_prompt")),
    )


def read_refusal(body: bytes) -> Answer | None:
    """Return the answer in the body of a 400 that refuses the prompt, None when it says anything else."""
    try:
        error = object_in(body).get("error")
    except AskError:
        return None
    code = error.get("code") if isinstance(error, dict) else None
    if not isinstance(error, dict) or not isinstance(code, str) or code not in REFUSED:
        return None
    words = f"拒绝代码 {code}：{name_of(error.get('message')) or '没有说明'}"
    return Answer(words, finish=None, model=None, fingerprint=None, action="refuse")


def _picture(encoded: object) -> Picture:
    try:
        data = base64.b64decode(encoded, validate=True) if isinstance(encoded, str) else b""
    except ValueError:  # not base64, or not even ASCII
        data = b""
    picture = Picture.of(data)
    if picture is None:
        raise AskError(Reason.WRONG_SHAPE, is_final=True, detail="不是 base64 的 PNG、JPEG 或 WebP 图片")
    return picture
