"""What every question passes, whatever it asks for: personal information, library, strikes, label, record."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openbeian.gateway.config import GatewayConfig
from openbeian.gateway.drift import Drift
from openbeian.gateway.records import RecordLog, text_digest
from openbeian.gateway.strikes import Strikes
from openbeian.manifest import Manifest
from openbeian.protection import AigcLabel, label_text, provider_code, pseudonym, secret
from openbeian.rules import legal_day
from openbeian.screening import Library, mask

REFUSED = "您的问题含有本服务不能处理的内容，未予回答。"
SUSPENDED = "因多次输入不当内容，今日暂停为您服务。如有异议，请通过投诉途径联系我们。"


@dataclass(frozen=True)
class TurnedAway:
    """Why a question does not reach the model: the act on record, and the words for the user."""

    action: str
    words: str


class Guard:
    """The rules of one service at its door, and the only writer of its records.

    Attributes:
        filed: the manifest.
        label: the words at the start of every answer.
        drift: what runs otherwise than filed, as last found; it stands in every record.
        records: one line a request.
    """

    def __init__(self, filed: Manifest, config: GatewayConfig, clock: Callable[[], datetime]) -> None:
        self.filed = filed
        self.now = clock
        self.label = config.label_prefix or filed.security.labelling.text_prefix
        label_text("", self.label)  # a label without the required words is refused at start
        self._library = Library.load(config.library_path) if config.library_path else None
        self.records = RecordLog(config.records_dir)
        self._strikes = Strikes.of(filed)
        self._salt = secret(config.records_dir / "keys", "users")
        self._producer = provider_code(filed.basic.uscc, "KF01")
        self.drift: list[Drift] = []

    def admit(
        self, request: dict[str, Any], question: str, replaced: list[str]
    ) -> tuple[dict[str, Any], TurnedAway | None]:
        """Judge one question and count it for its user; return the beginning of its record, and why it goes no further.

        Args:
            request: names the user.
            question: what is asked, personal information already replaced.
            replaced: the kinds of personal information that were.
        """
        user = pseudonym(self._salt, str(request.get("user") or "anonymous"))
        today = legal_day(self.now())
        record: dict[str, Any] = {
            "id": secrets.token_hex(8),
            "user": user,
            "replaced": replaced,
            "question_sha256": text_digest(question),
        }
        is_bad = bool(self._library and self._library.scan(question))
        is_suspended = self._strikes.is_suspended(user, today)
        self._strikes.note(user, today, is_bad=is_bad)
        if is_suspended:
            return record, TurnedAway("suspended", SUSPENDED)
        return record, TurnedAway("refused", REFUSED) if is_bad else None

    def clean(self, text: str) -> str:
        """Return a model's text without personal information and without the words of the library."""
        masked, _ = mask(text)
        if self._library is None:
            return masked
        pieces, end = [], 0
        for hit in self._library.scan(masked):
            if hit.start >= end:
                pieces += [masked[end : hit.start], "＊" * (hit.end - hit.start)]
                end = hit.end
        return "".join([*pieces, masked[end:]])

    def implicit_label(self, number: str) -> str | None:
        """Return the implicit label for a content of this number, or None where none is filed."""
        if not self.filed.security.labelling.implicit:
            return None
        return AigcLabel(self._producer, number).to_json()

    def keep(self, record: dict[str, Any], action: str) -> None:
        """Write the record of an admitted or refused question, before its answer goes out."""
        drift = [item.item for item in self.drift]
        self.records.append({**record, "action": action, "drift": drift}, now=self.now())

    def keep_error(self, code: str) -> None:
        """Write the record of a request that came to nothing."""
        self.records.append({"id": secrets.token_hex(8), "action": "error", "code": code}, now=self.now())
