"""How long we may take to answer: calendar, clock, policies, and which channel has which.

The idea: open time is a list of spans in UTC, and a deadline is a look-up in it. `calendar.py`, `clock.py`,
`explain.py`, `words.py` and `policyfile.py` are pure: no Django, no database, `now` is an argument. Knows `accounts`;
never sees a conversation. Start reading at `clock.py`.
"""
