"""What is wrong, where, and what to do: the one shape of a mistake on every floor."""

from __future__ import annotations

from dataclasses import asdict, dataclass


def _place(file: str | None, line: int | None) -> str:
    return "" if file is None else f"{file}:{line} " if line is not None else f"{file} "


class Fault(Exception):
    """A mistake that a person can mend: a stable code, words in Chinese, the place and the remedy.

    `code` is a stable slug for programs; `file`, `line` and `path` (dotted field) say where, when there is a where.
    """

    def __init__(
        self,
        code: str,
        message: str,
        remedy: str = "",
        *,
        file: str | None = None,
        line: int | None = None,
        path: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy
        self.file = file
        self.line = line
        self.path = path

    def text(self) -> str:
        """Return the fault as one line: place, field, message, remedy."""
        field = f"（{self.path}）" if self.path else ""
        remedy = f"。{self.remedy}" if self.remedy else ""
        return f"{_place(self.file, self.line)}{self.message}{field}{remedy}。".replace("。。", "。")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend in a document: where it stands, what is wrong, what to do and which rule asks for it."""

    code: str
    message: str
    remedy: str = ""
    file: str | None = None
    line: int | None = None
    path: str | None = None
    label: str | None = None
    rule: str | None = None

    def text(self) -> str:
        """Return the problem as one line: place, field, message, remedy, rule."""
        name = self.label or ""
        field = f"{name}（{self.path}）：" if self.path else f"{name}：" if name else ""
        remedy = f"。{self.remedy}" if self.remedy else ""
        rule = f"。依据：{self.rule}" if self.rule else ""
        return f"{_place(self.file, self.line)}{field}{self.message}{remedy}{rule}。".replace("。。", "。")

    def as_json(self) -> dict[str, object]:
        """Return the problem as plain JSON."""
        return asdict(self)


class ManifestInvalid(Fault):
    """A manifest that cannot be used; `problems` lists everything found, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        super().__init__(
            first.code, first.message, first.remedy, file=first.file, line=first.line, path=first.path
        )
        self.problems = problems
