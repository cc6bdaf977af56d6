"""What keeps the promise beside the clock: promised answers, rest, days off, and policies that change."""
