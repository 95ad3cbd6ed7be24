"""Files of the provider's own that go into the dossier as they are: an agreement, annotation rules, proofs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from openbeian.dossier.papers import visible
from openbeian.manifest import Fault, reason_of
from openbeian.rules.packs import FormPack

_ENDINGS = frozenset({".pdf", ".docx", ".xlsx", ".png", ".jpg", ".jpeg"})
_LARGEST_BYTES = 50 * 1024**2
_FILING_DRAWN = frozenset({1})
_REGISTRATION_DRAWN = frozenset({0})
_CHANNEL = "单独提交"


@dataclass(frozen=True, slots=True)
class Attached:
    """One file for one annex of the track's pack; its name in the dossier says which."""

    number: int
    file: str
    content: bytes

    @property
    def name(self) -> str:
        """The name in the dossier: 附件2-服务协议.docx."""
        return f"附件{self.number}-{self.file}"


def read_attached(number: int, path: Path) -> Attached:
    """Read a file for an annex.

    Raises:
        Fault: `annex-unreadable`, `annex-too-large`.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            said = f"附件 {number} 的文件超过 {_LARGEST_BYTES // 1024**2} MB"
            raise Fault("annex-too-large", said, "请压缩或拆分后再附", file=str(path))
        return Attached(number, path.name, path.read_bytes())
    except OSError as error:
        said = f"读不了附件 {number} 的文件：{reason_of(error)}"
        raise Fault("annex-unreadable", said, "请核对路径", file=str(path)) from error


def check_attached(attached: Sequence[Attached], pack: FormPack, track: str) -> None:
    """Make sure that every file has its place on the track and a name that any system can write.

    Raises:
        Fault: `annex-unknown`, `annex-separate`, `annex-name`, `annex-type`, `annex-twice`.
    """
    is_registration = track == "registration"
    declared = {one.no: one for one in (pack.registration_annexes if is_registration else pack.annexes)}
    drawn = _REGISTRATION_DRAWN if is_registration else _FILING_DRAWN
    for item in attached:
        annex = declared.get(item.number)
        if annex is None or item.number in drawn:
            choices = "、".join(str(number) for number in declared if number not in drawn)
            raise Fault(
                "annex-unknown", f"这条线路不能附附件 {item.number}", f"可附的附件号：{choices}", file=item.file
            )
        if annex.format == _CHANNEL:
            said = f"附件 {item.number} {annex.name}不放进材料"
            raise Fault("annex-separate", said, "请按备案机构给的单独通道提交", file=item.file)
        _check_name(item)
    twice = [name for name, times in Counter(item.name for item in attached).items() if times > 1]
    if twice:
        raise Fault("annex-twice", f"附件 {twice[0]} 给了两次", "同一附件的文件请用不同的名称")


def _check_name(item: Attached) -> None:
    name = item.file
    if Path(name).suffix.lower() not in _ENDINGS:
        listed = "、".join(sorted(_ENDINGS))
        raise Fault("annex-type", f"附件 {item.number} 的文件“{name}”类型不收", f"可收的类型：{listed}", file=name)
    is_plain = visible(name) == name and name.isprintable() and not set(name) & set('/\\:*?"<>|')
    if not is_plain or len(name.encode()) > _LONGEST_NAME:
        raise Fault("annex-name", f"附件 {item.number} 的文件名不能用", "请改成不含特殊符号的短名称", file=name)


_LONGEST_NAME = 180
