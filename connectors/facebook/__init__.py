"""Facebook pages through the Graph API: `graph.py` the client, `connector.py` the calls, `reading.py` what one poll
reads and where it stops, `mapping.py` Facebook's JSON to our values, `errors.py` its error answers to our errors,
`webhook.py` Meta's envelopes, signature and handshake."""
