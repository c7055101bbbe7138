# Say who holds the node.
lock
sweep
if claimed; then show_claim; fi
