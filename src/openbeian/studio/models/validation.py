"""What training looks at to choose among weights: likelihood of held-out texts, and how well samples explain them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from openbeian.studio.data.lines import TextData, TextSet
from openbeian.studio.data.symbols import Alphabet, before, counted
from openbeian.studio.data.verse import bare
from openbeian.studio.models.ngrams import NgramModel
from openbeian.studio.networks.sequences import Asked, LineGenerator, speak

ORDER = 3
"""Of the counts that judge samples."""
ROWS = 250
"""Texts spoken or read at once."""


class Encoded:
    """A set of texts as a network reads it, on a device."""

    def __init__(self, texts: TextSet, alphabet: Alphabet, device: torch.device) -> None:
        self.texts = texts
        self.symbols = alphabet.encode(texts.texts).to(device)
        self.asked: Asked = alphabet.ask_as(texts).to(device)
        self.counted = counted(self.symbols, self.asked.ends)
        self._characters = (alphabet.lengths().to(device)[self.symbols] * self.counted).sum(1).cpu()

    def __len__(self) -> int:
        return len(self.symbols)

    @torch.no_grad()
    def nats(self, network: LineGenerator) -> tuple[Tensor, Tensor]:
        """Return the negative log-likelihood of each text in nats, and over how many characters it goes; both (n,).

        With phrases it is that of one way to say the text, which is at most what the model gives to all ways: the model is no worse than it says.
        """
        found = []
        for start in range(0, len(self), ROWS):
            rows = slice(start, start + ROWS)
            symbols = self.symbols[rows]
            scores = network(before(symbols), self.asked.rows(rows))
            each = functional.cross_entropy(scores.transpose(1, 2), symbols, reduction="none")
            found.append((each * self.counted[rows]).sum(1))
        return torch.cat(found).cpu(), self._characters

    def per_character(self, network: LineGenerator) -> float:
        """Return nats a character over all texts together."""
        nats, counts = self.nats(network)
        return float(nats.double().sum() / counts.sum())


def spoken(
    network: LineGenerator, alphabet: Alphabet, like: TextSet, count: int, temperature: float, seed: int
) -> tuple[list[str], list[str]]:
    """Draw texts for the conditions of a set, in turn; return them with their conditions.

    Args:
        network: what speaks.
        alphabet: of its run.
        like: whose conditions, and for verse forms, are asked for.
        count: how many texts.
        temperature: of the draws.
        seed: of the draws.
    """
    device = next(network.parameters()).device
    random = torch.Generator().manual_seed(seed)
    wanted = TextSet(*(tuple(part[row % len(like)] for row in range(count)) for part in (like.texts, like.conditions)))
    asked = alphabet.ask_as(wanted).to(device)
    texts = []
    for start in range(0, count, ROWS):
        texts += alphabet.decode(speak(network, asked.rows(slice(start, start + ROWS)), temperature, random).cpu())
    return texts, list(wanted.conditions)


def plain(texts: Sequence[str], alphabet: Alphabet) -> list[str]:
    """Return texts as counts read them: verse without its stops."""
    return [bare(text) for text in texts] if alphabet.is_verse else list(texts)


def counts_of(texts: Sequence[str], alphabet: Alphabet, order: int = ORDER) -> NgramModel:
    """Return the counts of texts."""
    return NgramModel(plain(texts, alphabet), alphabet.characters, order, has_end=not alphabet.is_verse)


class Validation:
    """The validation part of a set, and how a network is measured on it.

    Args:
        data: the texts.
        alphabet: of the run.
        device: of the networks.
        samples: how many texts are drawn at each temperature.
        temperatures: a network may choose the best of them.
    """

    def __init__(
        self, data: TextData, alphabet: Alphabet, device: torch.device, samples: int, temperatures: Sequence[float]
    ) -> None:
        self._alphabet, self._like = alphabet, data.train
        self._held = Encoded(data.validation, alphabet, device)
        self._texts = plain(data.validation.texts, alphabet)
        self._samples, self._temperatures = samples, temperatures

    def nats(self, network: LineGenerator) -> float:
        """Return nats a character of the held-out texts."""
        return self._held.per_character(network)

    def reverse(self, network: LineGenerator, seed: int = 0) -> float:
        """Return nats a character of the held-out texts under counts of the network's own samples, at its best temperature.

        Samples that are poor and samples that are all alike both explain little, so that the figure sees quality and variety at once
        (reverse perplexity: Zhao 2018, arXiv 1706.04223; Caccia 2020, arXiv 1811.02549).

        Args:
            network: what speaks.
            seed: of the samples. Who picks among networks by one seed has to compare what was picked by others.
        """
        return min(self._reverse_at(network, temperature, seed) for temperature in self._temperatures)

    def distinct_texts(self, network: LineGenerator, count: int = 60) -> float:
        """Return the share of different texts among a few samples, 0 to 1."""
        texts, _ = spoken(network, self._alphabet, self._like, count, 1.0, 0)
        return len(set(texts)) / count

    def _reverse_at(self, network: LineGenerator, temperature: float, seed: int) -> float:
        texts, _ = spoken(network, self._alphabet, self._like, self._samples, temperature, seed)
        return counts_of(texts, self._alphabet).per_character(self._texts)
