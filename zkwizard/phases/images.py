"""Phase ``images``: all images are there before anything waits for them.

Facts: a slow pull inside init or join eats kubeadm's time limits; the runtime's own default sandbox image is
often another than kubeadm pulls, and nothing warns of it at a join.
"""

from __future__ import annotations

from zkwizard.model.cluster import Runtime
from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases import flannel
from zkwizard.phases.kubeadm import CONFIG, exact_version
from zkwizard.steps import vocabulary
from zkwizard.steps.shell import quote, words

_CONTAINERD = "/etc/containerd/config.toml"
_MISSING = (
    "zk_list=$({wanted})\n"
    "zk_have=$(crictl images | awk 'NR > 1 {{ print $1 \":\" $2 }}')\n"
    "zk_missing=\n"
    "for zk_i in $zk_list {more}; do\n"
    '  printf \'%s\\n\' "$zk_have" | grep -qxF -- "$zk_i" || zk_missing="$zk_missing $zk_i"\n'
    "done\n"
)
_PULL = (
    "zk_bad=0\n"
    "for zk_i in $zk_missing; do\n"
    '  [ ! -e "$ZK_DIR/stop" ] || exit 143\n'
    "  printf 'pulling %s\\n' \"$zk_i\"\n"
    '  crictl pull "$zk_i" || zk_bad=1\n'
    'done\n[ "$zk_bad" = 0 ]'
)
_RESTART = (
    "zk_up() {\ncrictl version >/dev/null 2>&1\n}\nsystemctl restart containerd.service\nzk_until 1 zk_up"
)


def steps(context: Context) -> list[Step]:
    """Pull, report the sandbox image, and make the runtime use that one."""
    missing = _MISSING.format(wanted=_wanted(context), more=words(*flannel.IMAGES))
    result = [
        vocabulary.command(
            "images",
            T("Container images"),
            T("One by one, each again until it came: over a bad line a pull may take many attempts."),
            check=f'{missing}[ -z "$zk_missing" ]',
            apply=missing + _PULL,
            limit=1800,
            retries=10,
            delay=10,
        ),
        vocabulary.capture(
            "pause-image",
            T("Which sandbox image this kubeadm uses"),
            T("The runtime must start pods with the same one."),
            values={"pause-image": _pause(context)},
        ),
    ]
    if context.cluster.kubernetes.runtime is Runtime.CONTAINERD:
        result.append(_sandbox(context))
    return result


def _wanted(context: Context) -> str:
    """Shell text that lists kubeadm's images for this node: workers run only kube-proxy, in sandboxes."""
    if context.node.name == context.cluster.first_control_plane.name:
        return f"kubeadm config images list --config {CONFIG}"
    repository = context.cluster.mirrors.images.repository
    option = f" --image-repository {quote(repository)}" if repository else ""
    version = quote(f"v{exact_version(context)}")
    listed = f"kubeadm config images list --kubernetes-version {version}{option}"
    return f"{listed} | grep -E '/(kube-proxy|pause):'"


def _pause(context: Context) -> str:
    return f"{_wanted(context)} | grep '/pause:'"


def _sandbox(context: Context) -> Step:
    line = "^\\([[:space:]]*sandbox[[:space:]]*=[[:space:]]*\\).*"
    return vocabulary.command(
        "sandbox-image",
        T("containerd starts pods with kubeadm's sandbox image"),
        T("Its own default may be another version, or one that this node can't pull; then no pod starts."),
        check=(
            f"zk_pause=$({_pause(context)})\n"
            f'grep -q "^[[:space:]]*sandbox[[:space:]]*=[[:space:]]*[\\"\']$zk_pause[\\"\']" {_CONTAINERD}\n'
            "! zk_is_pending containerd"
        ),
        apply=(
            f"zk_pause=$({_pause(context)})\n"
            "zk_pending containerd\n"
            f'sed "s|{line}|\\1\'$zk_pause\'|" {_CONTAINERD} >"$ZK_DIR/containerd.toml"\n'
            f'zk_put {_CONTAINERD} "$(stat -Lc %a {_CONTAINERD})" <"$ZK_DIR/containerd.toml"\n'
            f"{_RESTART}\nzk_settled containerd"
        ),
        limit=180,
    )


PHASE = Phase(
    id="images",
    title=T("Container images"),
    summary=T("Pulls every image that this node will need, and retries until all are there."),
    on=On.ALL,
    steps=steps,
)
