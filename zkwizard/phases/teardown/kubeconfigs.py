"""Phase ``kubeconfigs``: this cluster's entries in the kubeconfigs of root and of the login.

A file that holds this cluster alone and is as zkwizard wrote it is put back by its receipt, later. Here go
the entries whose server is this cluster's, out of files that hold others too; those stay as they are. kubectl
itself edits the files: nothing else on a small server reads YAML.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkwizard.model.cluster import Cluster
from zkwizard.model.context import Context
from zkwizard.model.phase import Phase
from zkwizard.model.remains import Teardown
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.addresses import full_name
from zkwizard.phases.teardown.scope import on_each
from zkwizard.steps.shell import words
from zkwizard.steps.vocabulary import command

_OUT = """\
{entries} | while read -r zk_file zk_cluster; do
  if zk_is_restorable "$zk_file"; then continue; fi
  zk_mode=$(stat -Lc '%a %u:%g' "$zk_file")
  zk_kubeconfig_out "$zk_file" "$zk_cluster"
  chmod "${{zk_mode% *}}" "$zk_file"
  chown "${{zk_mode#* }}" "$zk_file"
  zk_rest=$(kubectl --kubeconfig "$zk_file" config view -o 'jsonpath={{.clusters[*].name}}{{.users[*].name}}')
  if [ -n "$zk_rest" ]; then
    printf '%s: without %s; entries of others stay\\n' "$zk_file" "$zk_cluster"
  else
    rm -f "$zk_file"
    printf '%s held nothing else, and is removed\\n' "$zk_file"
  fi
done
for zk_folder in {folders}; do
  for zk_cache in {caches}; do rm -rf "$zk_folder/cache/discovery/$zk_cache"; done
  if rmdir "$zk_folder/cache/discovery" 2>/dev/null; then
    rm -rf "$zk_folder/cache/http"
    rmdir "$zk_folder/cache" || :
  fi
done
"""


def phase(teardown: Teardown) -> Phase:
    """On every node: any of them may have been made a place to work from."""
    return on_each(
        teardown,
        "kubeconfigs",
        T("Kubeconfig files"),
        T("Takes this cluster's entries out of the kubeconfigs of root and of the login."),
        steps,
    )


def steps(context: Context) -> Sequence[Step]:
    """One step for all files."""
    folders = [path.rpartition("/")[0] for path in paths(context)]
    listed = entries(context)
    caches = [f"{host}_*" for host in servers(context.cluster)]
    left = " ".join(f"{folder}/cache/discovery/{cache}" for folder in folders for cache in caches)
    return [
        command(
            "kubeconfig-entries",
            T("No kubeconfig names this cluster"),
            T("An entry of a cluster that is gone only leads to time-outs; those of other clusters stay."),
            check=(
                f"zk_all=$({listed} | while read -r zk_file zk_cluster; do "
                'zk_is_restorable "$zk_file" || echo "$zk_file"; done)\n'
                f'[ -z "$zk_all" ]\n[ -z "$(zk_left_files {left})" ]'
            ),
            apply=_OUT.format(entries=listed, folders=words(*folders), caches=" ".join(caches)),
        )
    ]


def paths(context: Context) -> tuple[str, ...]:
    """Where root and the login keep theirs."""
    return tuple(f"{home}/.kube/config" for home in homes(context))


def homes(context: Context) -> tuple[str, ...]:
    """The home of root, and that of the login."""
    user = context.node.ssh.user
    home = (context.own.home if context.own else "") or f"/home/{user}"
    return ("/root",) if user == "root" or home == "/root" else ("/root", home)


def servers(cluster: Cluster) -> tuple[str, ...]:
    """Every host under which this cluster's API server may be named."""
    names = [cluster.endpoint]
    for node in cluster.nodes:
        if node.is_control_plane:
            names += [str(node.overlay_ip), node.ssh.host, node.name, full_name(cluster, node)]
    return tuple(dict.fromkeys(name for name in names if name not in ("localhost", "127.0.0.1")))


def entries(context: Context) -> str:
    """Shell text that lists file and name of every entry of this cluster."""
    return f"zk_kubeconfigs {words(*paths(context))} -- {words(*servers(context.cluster))}"
