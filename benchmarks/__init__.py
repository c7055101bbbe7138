"""Performance, measured side by side in one run and reported as ratios and round trips."""
