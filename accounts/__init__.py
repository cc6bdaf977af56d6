"""Who acts: people, departments, roles; our own accounts on the platforms (class Channel), their keys, the audit trail.

Knows connectors/ only. Start with `models.py`; `channels.py` is the one place where a Channel becomes a Connector,
`permissions.py` says who may do what, `audit.py` alone writes history.
"""
