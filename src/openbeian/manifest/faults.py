"""What is wrong, where, and what to do: the one shape of a mistake on every floor."""

from __future__ import annotations

import errno
from dataclasses import asdict, dataclass
from typing import Final

_REASONS: Final = {
    errno.ENOENT: "文件或文件夹不存在",
    errno.EACCES: "没有权限",
    errno.EPERM: "系统不允许",
    errno.EISDIR: "这是文件夹，不是文件",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.EEXIST: "已经有同名的文件或文件夹",
    errno.ENOTEMPTY: "文件夹不是空的",
    errno.ENAMETOOLONG: "名称太长",
    errno.ELOOP: "符号链接转回了自己",
    errno.ENOSPC: "磁盘空间不足",
    errno.EDQUOT: "超出磁盘配额",
    errno.EFBIG: "文件超过系统允许的大小",
    errno.EROFS: "磁盘是只读的",
    errno.EIO: "磁盘读写出错",
    errno.EBUSY: "正被占用",
    errno.EMFILE: "同时打开的文件太多",
    errno.ENFILE: "系统中打开的文件太多",
    errno.EADDRNOTAVAIL: "这台机器没有这个地址",
    errno.ECONNREFUSED: "连接被拒绝",
    errno.ECONNRESET: "连接中断",
    errno.EPIPE: "连接中断",
    errno.ENETUNREACH: "网络不通",
    errno.EHOSTUNREACH: "网络不通",
}


def reason_of(error: OSError) -> str:
    """Return in Chinese why the system refused; what is rare in the system's own words."""
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


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
