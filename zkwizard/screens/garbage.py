"""Short passes of the garbage collector while lines come and the screen is drawn ten times a second."""

from __future__ import annotations

import gc


def spare_what_is_there() -> None:
    """Look no more at what was loaded and built so far; for the moment before a run begins.

    A pass over everything takes 60 to 130 ms, in which no key is answered; over what comes afterwards a few.
    What was spared by an earlier run is looked at once more, so that its screens are not kept for ever.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
