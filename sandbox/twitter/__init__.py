"""A stand-in of X API v2, under /2/.

`routes.py` is what can be asked, `timelines.py` how lists are cut into pages, `query.py` the search language,
`objects.py` how a tweet looks on the wire, `keys.py` who asks, `problems.py` how X says no.

Switches, in the `extra` of our own account: `enterprise` (may answer anyone), `max_length`, `prefixes_replies` (the
text of a reply gets the names X puts before it), `vocabulary: "post"` (answers in the words of API 2.167),
`enforces_rates`. In the `extra` of an entry: `quotes`, `retweets` (ids), `lang`, `media`, `wire` (fields laid over the
tweet as it is sent), `drop` (names of fields left out), `protected` (not for us to see).
"""

from sandbox.twitter.keys import issue_app, issue_oauth1, issue_oauth2
from sandbox.twitter.problems import fault_answer
from sandbox.twitter.routes import blueprint

__all__ = ["blueprint", "fault_answer", "issue_app", "issue_oauth1", "issue_oauth2"]
