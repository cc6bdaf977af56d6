"""What people wrote and what we do about it.

Files follow the way of the data: `poll.py → ingest.py → settling.py → selectors.py → views/ → actions.py → outbox.py`,
with `cycles.py` (when the clock starts and ends) and `escalation.py` (time → people) beside them. Start with
`models.py` and `verdicts.py`. Ingest alone writes what came from outside; views call actions; actions queue; only
outbox sends.
"""
