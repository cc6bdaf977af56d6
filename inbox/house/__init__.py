"""Whose it is: routing, rosters, the relay, handing over, dialogues."""
