"""What people wrote and what we do about it.

The files beside this one are the way of the data: `poll → ingest → settling → selectors → views/ → actions → outbox`,
with `cycles` (when the clock starts and ends), `deadlines` (a deadline in words) and `escalation` (time → notices)
beside them. Start with `models/` and `verdicts`. Ingest alone writes what came from outside; views call actions;
actions queue; only outbox sends. `scope` says who sees what, `live` tells open pages that something has changed.

What each step needs lies in a folder, by what it is about:

- `incoming/`: what comes in, and where it belongs
- `promise/`: what keeps the promise beside the clock
- `telling/`: whom a notice concerns, and how it reaches them
- `showing/`: what the pages show beside the list
- `deciding/`: what a person decides
- `writing/`: what is written before it leaves
- `leaving/`: what leaves, and what follows
- `house/`: whose it is
- `lanes/`: what goes before every deadline
"""
