"""Looking inside a cluster that is there: what is asked of which node, and what follows from the answers."""
