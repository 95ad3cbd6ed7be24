"""A recurrent generator of short texts that speaks one character at a time.

It serves both trainings: by likelihood it reads what was written; adversarially it reads its own softened choices (Gumbel-softmax: Jang 2017,
arXiv 1611.01144, Maddison 2017, arXiv 1611.00712).

Symbols are numbered: 0 ends a text and fills what follows, 1 stands for a character not in the alphabet, then the characters, then whole words that
only a condition uses (an occasion, a form). The first `choices` of them can be spoken.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

END = 0
UNKNOWN = 1
MUST_NOT_END, MAY_END, MUST_END = 0, 1, 2
NEVER = -1e9


@dataclass(frozen=True)
class Asked:
    """What is asked of a batch of texts.

    Attributes:
        conditions: symbols of each condition, int64 (n, k), filled up with 0.
        places: where in its text each step stands, int64 (n, length).
        ends: `MUST_NOT_END`, `MAY_END` or `MUST_END` at each step, int64 (n, length): the form is kept by construction.
    """

    conditions: Tensor
    places: Tensor
    ends: Tensor

    def __len__(self) -> int:
        return len(self.places)

    def rows(self, rows: Tensor | slice) -> Asked:
        """Return what is asked of these rows."""
        return Asked(self.conditions[rows], self.places[rows], self.ends[rows])

    def to(self, device: torch.device) -> Asked:
        """Return the same on a device."""
        return Asked(self.conditions.to(device), self.places.to(device), self.ends.to(device))


@dataclass(frozen=True)
class Dropped:
    """Masks of one batch, scaled so that the mean stays: over embedded characters (n, 1, embedding) and hidden states (n, 1, width)."""

    embedded: Tensor
    hidden: Tensor


@dataclass
class Saying:
    """Texts being spoken: their meanings (n, condition), the vectors last read (n, embedding), the recurrent state (1, n, width)."""

    meaning: Tensor
    read: Tensor
    hidden: Tensor


class LineGenerator(nn.Module):
    """A gated recurrent network over characters, told at every step what the text is for and where in it the step stands.

    The matrix that reads characters also scores them (Press and Wolf 2017, arXiv 1608.05859).

    Args:
        symbols: how many symbols there are.
        choices: how many of them can be spoken.
        places: how many places in a text are told apart.
        embedding: length of a character's vector.
        width: of the recurrent state.
        condition: length of the condition's vector.
    """

    def __init__(self, *, symbols: int, choices: int, places: int, embedding: int, width: int, condition: int) -> None:
        super().__init__()
        self.choices = choices
        self.width = width
        self.embedding = nn.Embedding(symbols, embedding)
        self.place = nn.Embedding(places, embedding)
        self.condition = nn.Linear(embedding, condition)
        self.begin = nn.Linear(condition, width)
        self.body = nn.GRU(embedding + condition, width, batch_first=True)
        self.leave = nn.Linear(width + condition, embedding)
        self.bias = nn.Parameter(torch.zeros(choices))
        for table in (self.embedding, self.place):
            nn.init.normal_(table.weight, std=0.1)

    def forward(self, read: Tensor, asked: Asked, dropped: Dropped | None = None) -> Tensor:
        """Return scores of what comes next, shape (n, length, choices), at every step of texts that are known.

        Args:
            read: the symbol before each step, int64 (n, length); it begins with 0.
            asked: what the texts are for.
            dropped: masks of training.
        """
        meaning = self._meaning(asked.conditions)
        seen = self.embedding(read) + self.place(asked.places)
        if dropped is not None:
            seen = seen * dropped.embedded
        said = meaning[:, None].expand(-1, read.shape[1], -1)
        hidden, _ = self.body(torch.cat([seen, said], 2), self._first(meaning))
        if dropped is not None:
            hidden = hidden * dropped.hidden
        return self._scores(torch.cat([hidden, said], 2))

    def start(self, conditions: Tensor) -> Saying:
        """Begin texts for conditions (n, k)."""
        meaning = self._meaning(conditions)
        return Saying(meaning, self.embedding.weight[END].expand(len(conditions), -1), self._first(meaning))

    def advance(self, saying: Saying, places: Tensor) -> Tensor:
        """Take texts one step on; return scores (n, choices) of what comes next at places (n,)."""
        seen = torch.cat([saying.read + self.place(places), saying.meaning], 1)
        _, saying.hidden = self.body(seen[:, None], saying.hidden)
        return self._scores(torch.cat([saying.hidden[0], saying.meaning], 1))

    def hear(self, saying: Saying, chosen: Tensor) -> None:
        """Take in what was chosen: symbols (n,), or soft choices (n, choices)."""
        soft = chosen.is_floating_point()
        saying.read = chosen @ self.embedding.weight[: self.choices] if soft else self.embedding(chosen)

    def _meaning(self, conditions: Tensor) -> Tensor:
        return torch.tanh(self.condition(mean_embedding(self.embedding, conditions)))

    def _first(self, meaning: Tensor) -> Tensor:
        return torch.tanh(self.begin(meaning))[None]

    def _scores(self, seen: Tensor) -> Tensor:
        return functional.linear(self.leave(seen), self.embedding.weight[: self.choices], self.bias)


@torch.no_grad()
def speak(generator: LineGenerator, asked: Asked, temperature: float, random: torch.Generator) -> Tensor:
    """Draw texts character by character, never an unknown one.

    Args:
        generator: what speaks.
        asked: what for, and in which form.
        temperature: scores are divided by it; below 1 is safer, above 1 bolder.
        random: of the draws, on the CPU.

    Returns:
        int64 (n, length), 0 from the end of a text on.
    """
    saying = generator.start(asked.conditions)
    symbols = torch.full_like(asked.places, END)
    is_open = torch.ones(len(asked), dtype=torch.bool, device=symbols.device)
    for step in range(asked.places.shape[1]):
        scores = _allowed(generator.advance(saying, asked.places[:, step]), asked.ends[:, step])
        chosen = (scores / temperature + _gumbel(scores, random)).argmax(1)
        symbols[:, step] = torch.where(is_open, chosen, END)
        is_open &= chosen != END
        if not bool(is_open.any()):
            break
        generator.hear(saying, symbols[:, step])
    return symbols


def imagine(generator: LineGenerator, asked: Asked, sharpness: float, random: torch.Generator) -> Tensor:
    """Draw soft texts through which gradients flow: softmax of (score + Gumbel noise) times the sharpness.

    What follows an end is an end, in the measure in which the end was chosen.

    Args:
        generator: what speaks.
        asked: what for, and in which form.
        sharpness: the inverse temperature of the relaxation; the larger, the nearer to one character.
        random: of the noise, on the CPU.

    Returns:
        Choices that sum to 1, shape (n, length, choices).
    """
    saying = generator.start(asked.conditions)
    is_open = torch.ones(len(asked), 1, device=asked.places.device)
    ending = functional.one_hot(torch.tensor(END), generator.choices).to(is_open)
    said = []
    for step in range(asked.places.shape[1]):
        scores = _allowed(generator.advance(saying, asked.places[:, step]), asked.ends[:, step])
        chosen = torch.softmax((scores + _gumbel(scores, random)) * sharpness, 1)
        chosen = is_open * chosen + (1 - is_open) * ending
        is_open = is_open * (1 - chosen[:, END : END + 1])
        said.append(chosen)
        generator.hear(saying, chosen)
    return torch.stack(said, 1)


def mean_embedding(table: nn.Embedding, symbols: Tensor) -> Tensor:
    """Return the mean vector, shape (n, embedding), of the symbols in each row that are not filling."""
    is_said = (symbols != END).to(table.weight.dtype)
    mean: Tensor = (table(symbols) * is_said[..., None]).sum(1) / is_said.sum(1, keepdim=True).clamp(min=1)
    return mean


def _allowed(scores: Tensor, ends: Tensor) -> Tensor:
    """Return scores with what the form rules out set to never."""
    kept = scores.clone()
    kept[:, UNKNOWN] = NEVER
    kept[:, END] = torch.where(ends == MUST_NOT_END, NEVER, kept[:, END])
    is_over = torch.full_like(scores, NEVER)
    is_over[:, END] = 0
    return torch.where((ends == MUST_END)[:, None], is_over, kept)


def _gumbel(scores: Tensor, random: torch.Generator) -> Tensor:
    chance = torch.rand(scores.shape, generator=random).clamp(1e-20, 1 - 1e-7)
    return -torch.log(-torch.log(chance)).to(scores.device)
