"""What managers read: how the promise is kept. Knows the inbox and all below it; nothing here changes what it reads.

`definitions.py` defines every number once, `figures.py` gives its rows, `scope.py` filters both, `counting.py` counts.
`facts.py` gathers all that a report is made of, `report.py` draws from it; pages, files, paper and mail show that.
Start with `definitions.py`; `docs/figures.md` has the whole map.
"""
