"""How to speak to each platform: plain Python, no Django, no Celery, no database.

Start with `base.py` (values, errors, the protocol), then any one platform's `connector.py` (calls) and `mapping.py`
(the platform's JSON to our values). `http.py` is the one transport, `registry.py` the list of platforms.
"""
