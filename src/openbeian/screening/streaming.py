"""Masking a text that arrives in pieces: what a longer match could still reach is held back, the rest goes out.

The output is the same however the text was cut: a piece ends only where no mention can reach across.
"""

from __future__ import annotations

from collections.abc import Callable

HARD_LIMIT = 4096


class HoldBack:
    """Feeds whole stretches of text to a masking function.

    A stretch ends after a sentence mark or line end, where neither keyword nor personal information of the rules continues; a stretch
    longer than 4,096 characters is let go as it stands, so that memory is bounded.
    """

    ENDS = frozenset("。！？；\n")

    def __init__(self, masked: Callable[[str], str]) -> None:
        self._masked = masked
        self._held = ""

    def feed(self, piece: str) -> str:
        """Take a piece and return what may go out now."""
        self._held += piece
        cut = max((index + 1 for index, char in enumerate(self._held) if char in self.ENDS), default=0)
        if cut == 0 and len(self._held) < HARD_LIMIT:
            return ""
        cut = cut or len(self._held)
        ready, self._held = self._held[:cut], self._held[cut:]
        return self._masked(ready)

    def end(self) -> str:
        """Return what was still held; call once, at the end of the text."""
        ready, self._held = self._held, ""
        return self._masked(ready) if ready else ""
