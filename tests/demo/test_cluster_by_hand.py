"""A whole cluster by hand on three practice nodes, its outputs against those of the real one; then the way back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.demo import by_hand
from tests.demo.practice_rig import Transcript, named, on, settled
from zkwizard.demo.practice import Practice

KUBECTL = "export KUBECONFIG=/etc/kubernetes/admin.conf; kubectl "


def _as_real(cluster: Practice, node: str, command: str, transcript: str, text: str = "") -> None:
    seen = settled(on(cluster, node, command, text))
    wanted = settled(Transcript.read(named("cluster", transcript)[0]).outcome)
    assert (seen.stdout, seen.status) == (wanted.stdout, wanted.status), seen.stderr


@pytest.fixture(scope="module")
def joined(cluster: Practice) -> Practice:
    """The cluster after kubeadm init, flannel and two joins."""
    with ThreadPoolExecutor() as pool:
        for done in pool.map(lambda name: on(cluster, name, by_hand.prepare(name)), by_hand.ADDRESSES):
            assert done.status == 0, done.stderr
    on(cluster, "master", "cat > /root/kubeadm.yaml", by_hand.KUBEADM_YAML)
    for phase, file in zip(by_hand.PHASES, ("", "1-certs", "2-kubeconfig", "3-etcd", "4-control-plane", "5-kubelet-start"),
                           strict=True):  # fmt: skip
        command = f"kubeadm init phase {phase} --config /root/kubeadm.yaml"
        if file:
            _as_real(cluster, "master", command, f"init-{file}.txt")
        else:
            assert on(cluster, "master", command).status == 0
    init = f"kubeadm init --skip-phases={by_hand.SKIP} --config /root/kubeadm.yaml"
    _as_real(cluster, "master", init, "init-6-*.txt")
    assert on(cluster, "master", KUBECTL + "apply -f -", by_hand.FLANNEL).stdout.endswith(
        "kube-flannel-ds created\n"
    )
    for name in ("node1", "node2"):
        on(cluster, name, "cat > /root/join.yaml", join_file(cluster, name))
        _as_real(cluster, name, "kubeadm join --config /root/join.yaml", "join-1-node1.txt")
    return cluster


def join_file(cluster: Practice, name: str) -> str:
    hash_ = "sha256:" + on(cluster, "master", by_hand.CA_HASH).stdout.strip()
    text = by_hand.JOIN_YAML.replace("NAME", name).replace("ADDRESS", by_hand.ADDRESSES[name])
    return text.replace("HASH", hash_)


def test_nodes_become_ready_with_their_overlay_addresses(joined: Practice) -> None:
    waited = on(joined, "master", KUBECTL + "wait --for=condition=Ready node --all --timeout 30s")
    assert waited.status == 0, waited.stderr
    template = "'{range .items[*]}{.metadata.name} {.status.addresses[0].address}{\"\\n\"}{end}'"
    listed = on(joined, "master", KUBECTL + "get nodes -o jsonpath=" + template)
    assert dict(line.split() for line in listed.stdout.splitlines()) == by_hand.ADDRESSES


def test_everything_runs_and_names_resolve(joined: Practice) -> None:
    for what in ("ds/kube-flannel-ds -n kube-flannel", "deploy/coredns -n kube-system"):
        assert on(joined, "master", KUBECTL + f"rollout status {what} --timeout 30s").status == 0
    made = on(
        joined,
        "master",
        KUBECTL + "run probe --image=busybox --rm -i --restart=Never -- nslookup kubernetes.default",
    )
    assert made.status == 0 and "10.96.0.1" in made.stdout


def test_overlay_ping_is_real(joined: Practice) -> None:
    assert on(joined, "node1", "ping -c1 -W2 10.9.8.129").status == 0
    assert on(joined, "node1", "ping -c1 -W1 10.9.8.77").status == 1


def test_token_command_carries_the_hash_that_openssl_computes(joined: Practice) -> None:
    printed = on(joined, "master", "kubeadm token create --print-join-command").stdout
    assert "sha256:" + on(joined, "master", by_hand.CA_HASH).stdout.strip() in printed


def test_a_join_again_is_refused(joined: Practice) -> None:
    again = on(joined, "node1", "kubeadm join --config /root/join.yaml")
    assert again.status == 1
    assert (
        "[ERROR FileAvailable--etc-kubernetes-kubelet.conf]: /etc/kubernetes/kubelet.conf already exists"
        in again.stderr
    )
    assert "[ERROR Port-10250]: Port 10250 is in use" in again.stderr


def test_wrong_tokens_and_hashes_are_told_apart(joined: Practice) -> None:
    good = join_file(joined, "node2")
    reset = on(joined, "node2", "kubeadm reset -f")
    assert (
        settled(reset).stderr == settled(Transcript.read(named("cluster", "reset-w-1.txt")[0]).outcome).stderr
    )
    wrong = {
        "fault-join-wrong-token.txt": good.replace("abcdef.0", "abcdef.1"),
        "fault-join-wrong-hash.txt": good.replace("sha256:", "sha256:0000")[:-4],
        "fault-join-unknown-token-id.txt": good.replace("abcdef.", "zzzzzz."),
    }
    for file, text in wrong.items():
        on(joined, "node2", "cat > /root/wrong.yaml", text)
        seen = settled(on(joined, "node2", "kubeadm join --config /root/wrong.yaml"))
        real = settled(Transcript.read(named("cluster", file)[0]).outcome).stdout
        assert seen.stderr == real[real.index("error:") :], file
    assert on(joined, "master", KUBECTL + "delete node node2").stdout == 'node "node2" deleted\n'
    on(joined, "node2", "cat > /root/join.yaml", good)
    assert on(joined, "node2", "kubeadm join --config /root/join.yaml").status == 0


def test_reset_of_the_control_plane_prints_as_the_real_one(joined: Practice) -> None:
    _as_real(joined, "master", "kubeadm reset -f", "reset-m-1.txt")
    left = on(joined, "master", "kubectl get nodes; ip -br link | grep -c -e cni0 -e flannel")
    assert "was refused" in left.stderr and left.stdout == "2\n"
