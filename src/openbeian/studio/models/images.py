"""A trained model of pictures: it draws, by class or freely, the same pictures for the same seed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from openbeian.manifest import Fault
from openbeian.studio.networks.images import Generator, as_pixels
from openbeian.studio.networks.latent import Ladder, Plain, noise_of, shown
from openbeian.studio.recipes import ImageGan, ImageVae
from openbeian.studio.recipes.reading import recipe_of
from openbeian.studio.runs.folder import WEIGHTS, load_run
from openbeian.studio.training.checkpoint import read_tensors
from openbeian.studio.training.gan import players
from openbeian.studio.training.vae import autoencoder

ROWS = 500
"""Pictures drawn at once."""
MOST = 100_000


class ImageModel:
    """A generator or autoencoder with what is known about it.

    Attributes:
        facts: the content of `run.json`.
        classes: names of the classes it can be asked for; empty for one that draws freely.
    """

    def __init__(self, network: nn.Module, facts: dict[str, Any], classes: tuple[str, ...]) -> None:
        self.network = network.eval().requires_grad_(False)
        self.facts = facts
        self.classes = classes

    @property
    def results(self) -> dict[str, Any]:
        """The figures of the run's record."""
        return dict(self.facts["results"])

    @staticmethod
    def load(folder: Path | str) -> ImageModel:
        """Load a finished run.

        Raises:
            Fault: `run-unfinished`, `run-broken`; `run-other` for a run of another kind; `weights-broken` for a file that is no safetensors (a pickle
                is refused) or of another architecture.
        """
        folder = Path(folder)
        facts = load_run(folder)
        recipe = recipe_of(facts)
        classes = tuple(facts["data"]["classes"])
        if isinstance(recipe, ImageGan):
            network: nn.Module = players(recipe, len(classes))[0]
        elif isinstance(recipe, ImageVae):
            network = autoencoder(recipe)
        else:
            raise Fault("run-other", "这不是图片模型的运行", "换一个运行文件夹", file=str(folder))
        tensors, _ = read_tensors(folder / WEIGHTS)
        try:
            network.load_state_dict(tensors)
        except RuntimeError as reason:
            raise Fault(
                "weights-broken", "权重属于另一种结构的网络", "换回原来的权重，或重新训练", file=str(folder / WEIGHTS)
            ) from reason
        return ImageModel(network, facts, classes)

    def sample(self, count: int, label: int | str | None = None, *, seed: int = 0) -> Tensor:
        """Draw pictures.

        Args:
            count: how many, 1 to 100,000.
            label: a class by index or name; None draws all classes in turn.
            seed: the same seed draws the same pictures.

        Returns:
            uint8 (count, channels, size, size).

        Raises:
            Fault: `sample-count`, `no-such-class`.
        """
        if not 1 <= count <= MOST:
            raise Fault("sample-count", f"要 1 到 {MOST} 张，这里是 {count}", "改一个数")
        return self.draw(self.labels(count, label), count, seed)

    def autoencoder(self) -> Plain | Ladder:
        """Return the network of a variational autoencoder.

        Raises:
            Fault: `run-other` for a model of another kind.
        """
        if not isinstance(self.network, Plain | Ladder):
            raise Fault("run-other", "这不是变分自编码器", "换一个运行")
        return self.network

    def labels(self, count: int, label: int | str | None = None) -> Tensor | None:
        """Return the classes of `count` pictures: one class, all in turn, or None for a model without classes."""
        if not self.classes:
            if label is not None:
                raise Fault("no-such-class", "这个模型不分类别", "不给类别")
            return None
        if label is None:
            return torch.arange(count) % len(self.classes)
        return torch.full((count,), self._index(label))

    @torch.inference_mode()
    def draw(self, labels: Tensor | None, count: int, seed: int) -> Tensor:
        """Draw pictures of these classes; see `sample`."""
        random = torch.Generator().manual_seed(seed)
        parts = [
            self._part(None if labels is None else labels[at : at + ROWS], min(ROWS, count - at), random)
            for at in range(0, count, ROWS)
        ]
        return torch.cat(parts)

    @torch.inference_mode()
    def walk(self, steps: int, rows: int, *, seed: int = 0) -> Tensor:
        """Walk between two points of the latent space, `rows` walks of `steps` pictures each, of one class a walk.

        Returns:
            uint8 (rows * steps, channels, size, size). The points between lie on the sphere on which the noise lies (White 2016, arXiv 1609.04468).
        """
        random = torch.Generator().manual_seed(seed)
        network = self.network
        size = network.noise if isinstance(network, Generator) else self.autoencoder().latent_size
        begin, end = torch.randn(2, rows, size, generator=random)
        points = torch.stack([_between(begin, end, step / (steps - 1)) for step in range(steps)], 1).flatten(0, 1)
        if isinstance(network, Generator):
            labels = self.labels(rows)
            return as_pixels(network(points, None if labels is None else labels.repeat_interleave(steps)))
        return self._shaped(self.autoencoder().decode_top(points))

    @torch.inference_mode()
    def across(self, rows: int, *, seed: int = 0) -> Tensor:
        """Draw every class from the same noise, `rows` times: uint8 (rows * classes, channels, size, size), the classes of one noise in turn.

        Raises:
            Fault: `no-such-class` for a model without classes.
        """
        if not isinstance(self.network, Generator) or not self.classes:
            raise Fault("no-such-class", "这个模型不分类别", "改用 sample")
        noise = torch.randn(rows, self.network.noise, generator=torch.Generator().manual_seed(seed))
        labels = torch.arange(len(self.classes)).repeat(rows)
        return as_pixels(self.network(noise.repeat_interleave(len(self.classes), 0), labels))

    @torch.inference_mode()
    def reconstruct(self, pixels: Tensor) -> Tensor:
        """Encode and decode pictures, uint8 (n, channels, size, size); for an autoencoder. Raises as `autoencoder`."""
        passed = self.autoencoder()(pixels.flatten(1).float() / 255, noise_of(torch.Generator().manual_seed(0)))
        return self._shaped(passed.output)

    def _part(self, labels: Tensor | None, count: int, random: torch.Generator) -> Tensor:
        if isinstance(self.network, Generator):
            return as_pixels(self.network(torch.randn(count, self.network.noise, generator=random), labels))
        assert isinstance(self.network, Plain | Ladder)
        return self._shaped(self.network.imagine(count, noise_of(random)))

    def _shaped(self, output: Tensor) -> Tensor:
        data = self.facts["recipe"]["data"]
        return shown(output, data["channels"], data["size"])

    def _index(self, label: int | str) -> int:
        names: Sequence[str] = self.classes
        index = names.index(label) if isinstance(label, str) and label in names else None
        if index is None and (isinstance(label, int) or label.isdecimal()) and int(label) < len(names):
            index = int(label)
        if index is None:
            raise Fault("no-such-class", f"没有类别 {label}", f"可选：{'、'.join(names)}")
        return index


def _between(begin: Tensor, end: Tensor, share: float) -> Tensor:
    """Return the point at a share of the arc between two vectors, along the last axis."""
    angle = torch.acos(
        (torch.nn.functional.normalize(begin, dim=-1) * torch.nn.functional.normalize(end, dim=-1)).sum(
            -1, keepdim=True
        )
    )
    sine = torch.sin(angle)
    return torch.sin((1 - share) * angle) / sine * begin + torch.sin(share * angle) / sine * end
