"""X (Twitter), API v2, through tweepy.

`connector.py` is what we ask and with which parameters, `polling.py` one poll of one surface, `paging.py` how a list is
walked and where the next poll begins, `conversations.py` which conversations are searched, `fields.py` and `mapping.py`
what a tweet becomes, `matching.py` whether a tweet of ours is the reply we sent, `client.py` the one door to tweepy,
`oauth.py` the keys, `errors.py` what X's refusals mean.
"""
