"""YouTube: the comments of one channel's videos, through YouTube Data API v3.

`connector.py` is the way in, `poll.py` one round of reading, `mapping.py` the API's JSON to our values, `errors.py`
its refusals to our errors, `transport.py` Google's own client over `requests`.
"""
