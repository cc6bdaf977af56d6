"""LinkedIn: the comments under one organisation's posts, through the versioned REST API.

`connector.py` is the way in, `poll.py` one round of reading, `memory.py` what it leaves to the next, `mapping.py` the
API's JSON to our values, `urns.py` LinkedIn's ids, `client.py` the one door to the wire with the tokens of `oauth.py`,
`errors.py` its refusals, `webhook.py` what it pushes.

What members wrote may be kept for 48 hours only, and what their profiles say for 24: whoever stores it must forget.
https://learn.microsoft.com/linkedin/marketing/data-storage-requirements, as others cite it, 2026-11-22.
"""
