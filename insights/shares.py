"""A part of a whole, as people should read it."""

from __future__ import annotations

from dataclasses import dataclass

SMALL = 10  # below this a count says more than a percentage


@dataclass(frozen=True)
class Share:
    """A numerator and a denominator; no percentage where the numbers are small."""

    part: int
    whole: int

    @property
    def is_small(self) -> bool:
        return self.whole < SMALL

    @property
    def percent(self) -> int | None:
        """Whole per cent, never rounded up to a hundred nor down to nought; None if the whole is under ten."""
        if self.is_small:
            return None
        rounded = (200 * self.part + self.whole) // (2 * self.whole)
        return min(max(rounded, 1), 99) if 0 < self.part < self.whole else rounded
