"""The cluster file of one node with sshd, for commands as a person types them."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.sshd.farm import TestNode


def cluster_file(folder: Path, node: TestNode, *, cluster: str, name: str, user: str, key: str = "") -> Path:
    """It is the control plane, in a network that is there already; without a key a password is asked for."""
    ssh = {"host": "127.0.0.1", "port": node.port, "user": user, **({"key": key} if key else {})}
    document = {
        "name": cluster,
        "overlay": {"driver": "existing", "cidr": "10.9.8.0/24"},
        "kubernetes": {"version": "1.36.2"},
        "nodes": [{"name": name, "role": "control-plane", "ssh": ssh, "overlay_ip": "10.9.8.118"}],
    }
    file = folder / "cluster.yaml"
    file.write_text(yaml.safe_dump(document))
    return file
