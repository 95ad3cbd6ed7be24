"""What is wrong, where, and what to do: the one shape of a mistake on every floor."""

from __future__ import annotations

from dataclasses import asdict, dataclass


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
        field = f"字段 {self.path}：" if self.path else ""
        return _place(self.file, self.line) + field + _sentences(self.message, self.remedy)


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
        field = f"{self.label}（{self.path}）" if self.label and self.path else self.label or self.path
        rule = f"依据：{self.rule}" if self.rule else ""
        return (
            _place(self.file, self.line) + (f"{field}：" if field else "") + _sentences(self.message, self.remedy, rule)
        )

    def as_json(self) -> dict[str, object]:
        """Return the problem as plain JSON."""
        return asdict(self)


class ManifestInvalid(Fault):
    """A manifest that cannot be used; `problems` lists everything found, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        super().__init__(first.code, first.message, first.remedy, file=first.file, line=first.line, path=first.path)
        self.problems = problems


def _place(file: str | None, line: int | None) -> str:
    return "" if file is None else f"{file}:{line} " if line is not None else f"{file} "


def _sentences(*parts: str) -> str:
    return "".join(f"{part.rstrip('。')}。" for part in parts if part)
