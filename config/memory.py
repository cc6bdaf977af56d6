"""How often a process looks for garbage, once it has loaded what it keeps."""

import gc

OBJECTS = 10_000  # made since the last look: a page leaves hardly any garbage, a settled poll none that matters


def look_less() -> None:
    """Let all that is loaded by now stay unlooked at, and look at what comes more seldom.

    To look through everything takes as long as three pages, in the middle of one, and a tenth of what a poll takes.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS)
