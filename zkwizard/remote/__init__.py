"""Nodes over SSH: connections, host keys, and jobs that survive the link.

Implements ``Network`` and ``Connection`` of ``model.ports``. SSH itself (asyncssh, 0.3 s of import) is loaded
when the first connection is made.

    network      all nodes: their connections, jump hosts, keys and known hosts
    link         one SSH connection: log in, check the host key, say in words what failed
    login        what asyncssh asks while it logs in
    keys         private keys, decrypted once; questions to a person, one at a time
    hostkeys     the file of known hosts
    channel      one session on a connection: becomes root, takes one script
    sudo         root's shell on a fresh session
    pool         sessions opened ahead, and what to do when the node allows few
    connection   one node: scripts, claim, stop
    run          what a script prints
    stream       what a script prints, handed on while it goes on
    follow       a job: start, follow, re-attach
    talk         what a node says about a job, beside its log
    scripts      the .sh files beside this one, and how they are sent
"""

from zkwizard.remote.network import SshNetwork

__all__ = ["SshNetwork"]
