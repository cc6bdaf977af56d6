"""What managers read: figures, charts, drill-down. `figures.py` defines every number once; nothing here writes."""
