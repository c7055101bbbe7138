"""What a run looks like: how every phase stands on every node, its log, and the last lines of all nodes."""
