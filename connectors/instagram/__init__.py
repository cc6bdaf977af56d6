"""Instagram through the Graph API with Facebook's login: `connector.py` the calls, `reading.py` what one poll of the
comments reads and where it stops, `hashtag.py` the same for a hashtag, `mapping.py` Instagram's JSON to our values,
`webhook.py` what Instagram pushes. The client and its errors are Facebook's (`connectors/facebook`).

Mentions on others' media cannot be polled: only a webhook tells their ids, which `read` takes. So they have no surface
of their own; an empty poll of it would look like nobody having mentioned us.
"""
