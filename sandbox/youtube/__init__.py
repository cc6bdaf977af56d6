"""A stand-in of YouTube Data API v3, under /youtube/v3/, and of Google's token endpoint, /token.

`routes.py` is what can be asked, `paging.py` how lists are cut, `objects.py` how a comment looks on the wire, `keys.py`
who asks, with which right and how much quota, `problems.py` how Google says no.

Switches, in the `extra` of our own account: `quota` (units a day, 10,000), `page_size` (lists by time never give more,
whatever was asked for), `no_such_account` (the account has no channel). In the `extra` of a video:
`comments_disabled`, `comment_count` (a count that lags). In the `extra` of a comment: `moderation` (heldForReview,
likelySpam, rejected), `likes`, `wire` (fields laid over its snippet), `drop` (names of fields left out).
"""

from sandbox.youtube.keys import issue_tokens
from sandbox.youtube.problems import fault_answer
from sandbox.youtube.routes import blueprint

__all__ = ["blueprint", "fault_answer", "issue_tokens"]
