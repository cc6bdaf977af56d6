"""What managers read: how the promise is kept. Knows the inbox and all below it; nothing here changes what it reads.

`figures.py` defines every number once. `scope.py` is the filter of every number and of its rows, `counting.py` counts,
`charts.py` draws, `conclusions.py` says in a heading what is seen. Start with `figures.py`.
"""
