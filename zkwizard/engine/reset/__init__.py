"""Taking a cluster back: what comes before the run that does it, and the proof after it."""
