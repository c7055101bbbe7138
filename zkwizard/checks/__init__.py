"""Checks: pure judgements of the answers and the facts of all nodes, used by probe, check and the screens.

One file per area; ``preflight`` has the ordered list, ``links`` judges the measured overlay.
"""
