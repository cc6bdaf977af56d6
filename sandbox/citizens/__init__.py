"""The citizens: what the town writes, when, to whom, and what the municipality answered in the past.

`texts/` holds the words, `grammar.py` composes them. `mix.py` says what kind of thing is written how often,
`compose.py` makes one text of that kind with its ground truth, `overlays.py` what people do to their texts,
`people.py` who they are, `rhythm.py` when. `stage.py` puts it on the platforms, `answers.py` what the municipality
answered; `week.py` (history), `live.py` (now) and `storm.py` direct. The same seed and the same start give the same
texts, times and ids.
"""
