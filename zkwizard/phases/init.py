"""Phase ``init``: the rest of kubeadm init, and who may use the cluster from this machine.

Facts: repeating init with its first phases skipped is harmless; the bootstrap token that it makes for itself
is not printed.
"""

from __future__ import annotations

from zkwizard.model.context import Context
from zkwizard.model.phase import On, Phase
from zkwizard.model.placeholders import hole
from zkwizard.model.step import Step
from zkwizard.model.text import T
from zkwizard.phases.kubeadm import ADMIN, CONFIG, split
from zkwizard.steps import vocabulary
from zkwizard.steps.shell import quote


def steps(context: Context) -> list[Step]:
    """Init, an API that answers, kubeconfig for root and for the login, and the CA's hash for the joins."""
    skipped = ",".join(split(context.cluster))
    return [
        vocabulary.once(
            "init",
            T("The rest of kubeadm init"),
            T("It waits until the control plane is healthy, and then adds DNS and kube-proxy."),
            name="init",
            config=CONFIG,
            outputs=(),
            apply=f"kubeadm init --config {CONFIG} --skip-phases={skipped} --skip-token-print",
            limit=1800,
            retries=2,
        ),
        vocabulary.wait(
            "api-answers",
            T("The API server answers"),
            T("Everything from here on asks it; after a reboot it takes a while."),
            until="zk_kubectl get --raw /livez >/dev/null",
            limit=300,
            otherwise="crictl ps -a",
        ),
        _kubeconfig("root", "/root"),
        *_of_login(context),
        vocabulary.capture(
            "ca-hash",
            T("The hash of the cluster's authority"),
            T("Joining nodes compare it, so that nobody in between can pretend to be the control plane."),
            values={"ca-hash": "zk_ca_hash"},
        ),
    ]


def _of_login(context: Context) -> list[Step]:
    user = context.node.ssh.user
    if user == "root":
        return []
    home = context.own.home if context.own else hole("home", "read from the machine")
    return [_kubeconfig(user, home)]


def _kubeconfig(user: str, home: str) -> Step:
    """A copy of admin.conf for ``user``; a file that somebody else put there stays."""
    folder, path, owner = quote(f"{home}/.kube"), quote(f"{home}/.kube/config"), quote(user)
    check = (
        f"if [ -e {path} ] && ! zk_ours {path} && ! cmp -s {ADMIN} {path}; then\n"
        f"  printf '%s is not ours and stays. For this cluster: export KUBECONFIG=%s\\n' {path} {ADMIN}\n"
        "  exit 0\nfi\n"
        f'zk_same {path} 600 <{ADMIN} && [ "$(stat -Lc %U {path})" = {owner} ]'
    )
    apply = (
        f"if [ ! -d {folder} ]; then\n"
        f'  zk_make_folder {folder}\n  chown {owner}:"$(id -gn {owner})" {folder}\nfi\n'
        f'zk_put {path} 600 <{ADMIN}\nchown {owner}:"$(id -gn {owner})" {path}'
    )
    return vocabulary.command(
        "kubeconfig-root" if user == "root" else "kubeconfig-login",
        T("kubectl works for {user}", user=user),
        T("It reads this file by itself. One that belongs to another cluster is left alone."),
        check=check,
        apply=apply,
        undo=f"zk_restore {path}",
        receipt=f"zk_may_restore {path}",
    )


PHASE = Phase(
    id="init",
    title=T("The first control plane"),
    summary=T("Brings the control plane up, and lets root and the login use it."),
    on=On.FIRST_CONTROL_PLANE,
    steps=steps,
)
