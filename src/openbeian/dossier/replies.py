"""What the office answers, typed. Fields that a newer office adds are kept, not refused."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class Reply(BaseModel):
    """What every answer shares: unknown fields stay readable in `model_extra`."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Filed(Reply):
    """A round was received; `receipt` is the address of the proof that it stands in the public ledger."""

    number: str
    round: int = 1
    state: str = ""
    digest: str | None = None
    receipt: str | None = None


class FilingStatus(Reply):
    """Where a filing stands. `acts` are those open to the caller now."""

    number: str
    state: str
    track: str = ""
    kind: str = ""
    state_name: str = ""
    stage: str = ""
    round: int | None = None
    round_digest: str | None = None
    service: JsonValue = None
    acts: list[str] = Field(default_factory=list)
    supplement: JsonValue = None


class Acted(Reply):
    """An act was done; `state` is the state it led to."""

    number: str = ""
    state: str = ""
    state_name: str = ""
    acts: list[str] = Field(default_factory=list)


class ChangeRow(Reply):
    """One field that differs between two rounds, or between the filed and the asked-for manifest."""

    path: str
    old: JsonValue = None
    new: JsonValue = None


class Entry(Reply):
    """A line of the public register."""

    number: str
    name: str = ""
    organisation: JsonValue = None
    state: str = ""
    is_simulated: bool = False
    parts: JsonValue = None


class Receipted(Reply):
    """Something of the public was received under a code: an objection or a complaint."""

    receipt: str
    state: str = ""
    received_at: datetime | None = None
    answer: str | None = None


class DriftTaken(Reply):
    """A drift report was received."""

    is_material: bool = False
    items: list[JsonValue] = Field(default_factory=list)
