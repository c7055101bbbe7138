"""Ansible: ``playbook/``, as its documentation tunes it: pipelining, a shared connection that stays
(ControlPersist), a fork for every node, no gathering of facts, the nodes' interpreter named.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.peers.peer import Command, Field, Peer
from benchmarks.peers.tools import folder

_PLAYBOOK = Path(__file__).parent / "playbook" / "playbook.yml"

_CONFIG = """\
[defaults]
inventory = {folder}/inventory.ini
forks = {forks}
gathering = explicit
interpreter_python = /usr/bin/python3
private_key_file = {key}
host_key_checking = True
[ssh_connection]
pipelining = True
ssh_args = -C -o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile={known_hosts}
"""


def _command(field: Field) -> Command:
    config = _CONFIG.format(
        folder=field.folder,
        forks=len(field.ports),
        key=field.key,
        known_hosts=field.known_hosts,
    )
    (field.folder / "ansible.cfg").write_text(config)
    hosts = (
        f"n{number} ansible_host=127.0.0.1 ansible_port={port} ansible_user=root\n"
        for number, port in enumerate(field.ports)
    )
    (field.folder / "inventory.ini").write_text("".join(hosts))
    words = [str(folder() / "ansible-playbook"), str(_PLAYBOOK)]
    return Command(words, {"ANSIBLE_CONFIG": str(field.folder / "ansible.cfg")})


PEER = Peer("Ansible", _command, rounds=1, aim=25)
