"""pyinfra: ``deploy/deploy.py``, all nodes at once, without its second look at the changes (``--yes``)."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.peers.peer import Command, Field, Peer
from benchmarks.peers.tools import folder

_DEPLOY = Path(__file__).parent / "deploy"


def _command(field: Field) -> Command:
    inventory = field.folder / "inventory.py"
    hosts = [(f"n{number}", _data(field, port)) for number, port in enumerate(field.ports)]
    inventory.write_text(f"nodes = {hosts!r}\n")
    deploy = shutil.copytree(_DEPLOY, field.folder / "deploy")
    options = ["--yes", "--parallel", str(len(field.ports)), "--chdir", str(deploy)]
    return Command([str(folder() / "pyinfra"), *options, str(inventory), str(deploy / "deploy.py")])


def _data(field: Field, port: int) -> dict[str, object]:
    return {
        "ssh_hostname": "127.0.0.1",
        "ssh_port": port,
        "ssh_user": "root",
        "ssh_key": str(field.key),
        "ssh_allow_agent": False,
        "ssh_look_for_keys": False,
        "ssh_known_hosts_file": str(field.known_hosts),
        "ssh_strict_host_key_checking": "yes",
    }


PEER = Peer("pyinfra", _command, rounds=2, aim=8)
