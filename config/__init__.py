"""The settings, and what starts and runs the rest. Imports nothing: the keeper of the embedded services stays small."""
