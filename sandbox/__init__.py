"""Stand-ins of the platforms, over HTTP in one process, for trying, exercising and testing.

Imports nothing of Gensvar's other parts and keeps its own file. Start with `world.py` (the one store of all that
anybody wrote), then `app.py` (what answers under which address), `faults.py` (how things go wrong on purpose) and one
platform module (`twitter`, `facebook`, `youtube`). `pages.py` and `feed.py` show the pretend platforms to people,
`citizens/` writes what the town of `municipality.py` writes, `control.py` is the tests' and the demo's way in,
`server.py` serves.

    python -m sandbox --dir DIR [--port N] [--demo] [--quiet]
"""
