"""What figures rest on, in words and by family: how many samples, against which set, judged by whom; and what none may be without."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from openbeian.reports import number, short
from openbeian.studio.runs.figures import Json, Kind


@dataclass(frozen=True, kw_only=True)
class Basis(ABC):
    """The words of a family.

    Attributes:
        results: of the record.
        unit: the measure word of what is trained on.
        floor_name: what the figure beside a figure is: what real data score, or a simple method.
        usual: the figures for the head of a report, where targets name no others.
        judge_note: what is to be said of the judge.
        skipped: of what was not used for training: measure word and reason.
    """

    results: Json
    unit: str
    floor_name: str
    usual: tuple[str, ...]
    judge_note: str
    skipped: str

    @abstractmethod
    def words(self, kind: Kind) -> str:
        """Say in a few words what a figure rests on: how many of what, against which set."""

    @abstractmethod
    def judge(self) -> str:
        """Say who judged, empty when nobody did."""

    @abstractmethod
    def reference(self) -> str:
        """Say against which set."""

    @abstractmethod
    def check(self, found: AbstractSet[str]) -> None:
        """Raise `ValueError` where one of the figures found lacks what makes it say something."""


@dataclass(frozen=True, kw_only=True)
class PictureBasis(Basis):
    """Of pictures."""

    unit: str = "张"
    floor_name: str = "真图之间"
    judge_note: str = "按特征算的数字，换一个判别网络就会变；它的特征不是 Inception，FID-c 不能与别处的 FID 比。"
    skipped: str = "个文件读不出来"

    def words(self, kind: Kind) -> str:
        """See `Basis.words`."""
        if kind.rests_on == "likelihood":
            return self._likelihood(is_weighted=kind.key == "nll")
        return {"near": self._near, "copies": self._copies}.get(kind.rests_on, self._samples)()

    def judge(self) -> str:
        """See `Basis.judge`."""
        judge = self.results.get("judge")
        if not judge:
            return ""
        task = {"class": "认类别", "turn": "认方向"}.get(judge.get("task", ""), "")
        accuracy = f"，{task}的准确率 {judge['accuracy']:.2%}" if judge.get("accuracy") is not None else ""
        return f"判别网络 {short(judge['sha256'])}{accuracy}"

    def reference(self) -> str:
        """See `Basis.reference`."""
        reference = self.results["reference"]
        return f"{reference['name']} 测试图 {number(reference['count'])} 张"

    def check(self, found: AbstractSet[str]) -> None:
        """Raise for precision or density without recall, and for a likelihood without its number of samples."""
        if found & {"precision", "density"} and "recall" not in found:
            raise ValueError("precision without recall: a model that draws one good picture has high precision")
        if "nll" in found and not (self.results.get("likelihood") or {}).get("importance_samples"):
            raise ValueError("a likelihood without its number of importance samples")

    def _samples(self) -> str:
        return f"{number(self.results['samples'])} 张样本，对 {self.reference()}"

    def _near(self) -> str:
        near = self.results.get("neighbours")
        if not near:
            return self._samples()
        return f"{number(near['samples'])} 张样本，对 {number(near['reference'])} 张测试图，k\u00a0=\u00a0{near['k']}"

    def _copies(self) -> str:
        near = self.results.get("neighbours")
        return f"{number(near['samples'] if near else self.results['samples'])} 张样本，对全部训练图"

    def _likelihood(self, *, is_weighted: bool) -> str:
        how: Json = self.results.get("likelihood") or {}
        times = how.get("importance_samples") if is_weighted else None
        return self.reference() + (f"，每张抽 {number(times)} 次" if times else "")


@dataclass(frozen=True, kw_only=True)
class TextBasis(Basis):
    """Of short texts."""

    unit: str = "条"
    floor_name: str = "真文本"
    usual: tuple[str, ...] = ("bleu", "self_bleu", "novelty", "right_occasion")
    judge_note: str = "它只数单字和双字，看不出通不通顺；所有数字都在筛选和重写之前取得。"
    skipped: str = "行与别的行重复"

    def words(self, kind: Kind) -> str:
        """See `Basis.words`."""
        return {
            "held": f"{self._samples()}，对 {self.reference()}",
            "alone": f"{self._samples()}，相互之间",
            "training": f"{self._samples()}，对全部训练文本；连续相同超过 {self.results.get('copy_limit')} 字算长段",
            "condition": f"{self._samples()}，由评审认场合或题目",
            "counts": f"{self.reference()}，由 {number(self.results.get('curve_samples'))} {self.unit}样本的字数估出，温度按验证部分选",
        }.get(kind.rests_on, f"{self.reference()}，由网络逐字算出")

    def judge(self) -> str:
        """See `Basis.judge`."""
        judge = self.results.get("judge")
        if not judge:
            return ""
        return f"评审是{judge['name']}，在真文本上准确率 {judge['accuracy']:.1%}，碰巧 {judge['chance']:.1%}"

    def reference(self) -> str:
        """See `Basis.reference`."""
        reference = self.results["reference"]
        return f"{reference['name']} {number(reference['count'])} {self.unit}"

    def check(self, found: AbstractSet[str]) -> None:
        """Raise for quality without variety, and for samples without their temperature."""
        if "bleu" in found and "self_bleu" not in found:
            raise ValueError("quality without variety: a model that says one good thing has a high BLEU")
        if found & {"bleu", "self_bleu", "novelty"} and not self.results.get("temperature"):
            raise ValueError("figures of samples without their temperature")

    def _samples(self) -> str:
        warmth = self.results.get("temperature")
        return f"{number(self.results['samples'])} {self.unit}样本（温度 {warmth:g}）" if warmth else "样本"


@dataclass(frozen=True, kw_only=True)
class ReplyBasis(Basis):
    """Of replies to customers."""

    unit: str = "对"
    floor_name: str = "BM25"
    usual: tuple[str, ...] = ("answered_right", "answered_share", "recall_at_1", "gate_auc_domain")
    judge_note: str = ""
    skipped: str = "行，没有用上"

    def words(self, kind: Kind) -> str:
        """See `Basis.words`."""
        counts: Json = self.results["counts"]
        return {
            "ranking": f"{self.reference()}，库里 {number(counts['replies'])} 条答复",
            "strangers": f"{number(counts['refuse_test'])} 个别的领域的问题，对 {self.reference()}",
            "unseen": f"{number(counts['unseen'])} 个没见过的领域的问题，对 {self.reference()}",
        }.get(kind.rests_on, f"{self.reference()}，按备案阈值")

    def judge(self) -> str:
        """Return nothing: the filed reply itself says what is right."""
        return ""

    def reference(self) -> str:
        """See `Basis.reference`."""
        reference = self.results["reference"]
        return f"{reference['name']} {number(reference['count'])} 条"

    def check(self, found: AbstractSet[str]) -> None:
        """Raise for accuracy without the share that was answered."""
        if "answered_right" in found and "answered_share" not in found:
            raise ValueError("accuracy without coverage: who answers one question may be right in all")


_PICTURES: Final = {
    "image-gan": ("fid_c", "recall", "coverage", "right_class"),
    "image-vae": ("nll", "elbo", "fid_c", "recall"),
}


def basis_of(run: Json) -> Basis:
    """Return the words of a run's family."""
    results: Json = run.get("results") or {}
    family = str(run.get("family", ""))
    if family == "text-gan":
        return TextBasis(
            results=results, unit="首" if ((run.get("recipe") or {}).get("data") or {}).get("is_verse") else "条"
        )
    if family == "replies":
        return ReplyBasis(results=results)
    return PictureBasis(results=results, usual=_PICTURES.get(family, ()))
