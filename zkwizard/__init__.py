"""zkwizard: one Kubernetes cluster over ZeroTier, phase by phase."""

__version__ = "0.1.0"
