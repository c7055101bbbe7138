"""The YAML documents that kubeadm and kubectl read, built as plain data."""
