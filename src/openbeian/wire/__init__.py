"""The OpenAI-compatible wire on the server's side: the pieces of ASGI that gateway and reference services share."""

from openbeian.wire.asgi import (
    BadRequest,
    Message,
    Receive,
    Send,
    answer_error,
    answer_json,
    check_port,
    end_events,
    read_json,
    send_event,
    start_events,
)
from openbeian.wire.pictures import PICTURES_PATH, read_prompt

__all__ = [
    "PICTURES_PATH",
    "BadRequest",
    "Message",
    "Receive",
    "Send",
    "answer_error",
    "answer_json",
    "check_port",
    "end_events",
    "read_json",
    "read_prompt",
    "send_event",
    "start_events",
]
