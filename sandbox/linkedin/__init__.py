"""A stand-in of LinkedIn's versioned REST API, under /rest/, and of its token endpoint, /oauth/v2/accessToken.

`routes.py` is what can be asked, `paging.py` how lists are cut, `objects.py` how posts and comments look on the wire,
`keys.py` who asks, under which version and how often, `problems.py` how LinkedIn says no.

Ids are URNs: accounts `urn:li:organization:…` and `urn:li:person:…`, posts `urn:li:share:…`, and comments
`urn:li:comment:(urn:li:activity:…,…)`, where the activity is another name of the post.

Switches, in the `extra` of our own account: `daily_limit` (requests a day, until midnight UTC), `page_size` (lists
never give more, whatever was asked for), `oldest_first` (the order of comments), `no_metadata` (no social metadata, and
no counts of answers), `profiles` (comments come with the names of their authors). In the `extra` of a post:
`comment_count` (a count that lags). In the `extra` of a comment: `wire` (fields laid over it), `drop` (fields left
out).
"""

from sandbox.linkedin.keys import issue_tokens
from sandbox.linkedin.problems import fault_answer
from sandbox.linkedin.routes import blueprint

__all__ = ["blueprint", "fault_answer", "issue_tokens"]
