"""X (Twitter), API v2, through tweepy.

`connector.py` is what we ask and with which parameters, `polling.py` one poll of one surface, `paging.py` how a list is
walked and where the next poll begins, `conversations.py` which conversations are searched, `fields.py` and `mapping.py`
what a tweet becomes, `matching.py` whether a tweet of ours is the reply we sent, `client.py` the one door to tweepy,
`oauth.py` the keys, `errors.py` what X's refusals mean.

How a surface finds things (a round without news: one call each, conversations one for each 13 lively threads):

| | new | edited (a new id) | late | deleted |
|---|---|---|---|---|
| mentions | next poll | next poll | next poll if on a page that is read, else full | full: look-up of all we hold |
| hashtag | next poll | next poll | as above, at most 7 days | by the look-up of mentions |
| own | next poll | next poll | as above | by the look-up of mentions |
| conversation | next poll for 48 h, then in turns for 7 days; full: 30 days | likewise | likewise | likewise |
"""
