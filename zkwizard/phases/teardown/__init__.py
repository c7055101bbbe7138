"""The phases of a reset, in the order in which a cluster is taken off a machine."""
