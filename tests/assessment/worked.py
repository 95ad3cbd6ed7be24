"""A worked number of the notes on statistics, and what it takes to test one."""

from __future__ import annotations

import math
from typing import NamedTuple


class Number(NamedTuple):
    """One worked number: where it stands, what we get, what it is, to how many decimals."""

    name: str
    got: float | int | None
    want: float | int | None
    digits: int = 6

    def check(self) -> None:
        """Fail unless the number is what it is worked out to be; counts exactly, others to their last decimal."""
        if self.want is None or (isinstance(self.want, int) and isinstance(self.got, int)):
            assert self.got == self.want
        else:
            assert self.got is not None
            assert math.isclose(self.got, self.want, rel_tol=0, abs_tol=0.51 * 10**-self.digits)
