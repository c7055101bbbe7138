"""The practice cluster: nodes on this machine for learning, pictures and tests; `practice` is the way in."""
