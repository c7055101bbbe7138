"""kubectl wait and rollout: patience with a limit."""

from __future__ import annotations

import time

from . import cluster, kubectl_get, state
from .kubeadm_config import seconds
from .run import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def label_of(item: dict[str, Any]) -> str:
    """kind.group/name, as kubectl begins its lines."""
    group = item.get("apiVersion", "v1").rpartition("/")[0]
    return f"{item['kind'].lower()}{'.' + group if group else ''}/{item['metadata']['name']}"


def _until(options: dict[str, str], default: float) -> float:
    limit = seconds(options.get("timeout"), default)
    return time.monotonic() + (limit or 10**9)


def wait(words: list[str], options: dict[str, str]) -> int:
    """kubectl wait --for=condition=…"""
    wanted = options.get("for", "")
    end = _until(options, 30)
    pending = [f"{i['kind']}/{i['metadata']['name']}" for i in kubectl_get.selected(words, options)]
    if not pending:
        raise Refused("error: no matching resources found", 1)
    while pending:
        for item in kubectl_get.selected(words, options):
            name = f"{item['kind']}/{item['metadata']['name']}"
            if (
                name in pending
                and wanted.startswith("condition=")
                and kubectl_get.condition_met(item, wanted.partition("=")[2])
            ):
                pending.remove(name)
                print(
                    f"{label_of({**item, 'apiVersion': item.get('apiVersion', 'v1')})} condition met",
                    flush=True,
                )
        if pending and time.monotonic() > end:
            raise Refused(
                "\n".join(
                    f"error: timed out waiting for the condition on {p.partition('/')[0].lower()}s/{p.partition('/')[2]}"
                    for p in pending
                ),
                1,
            )
        time.sleep(0.1 if pending else 0)
    return 0


def rollout(words: list[str], options: dict[str, str]) -> int:
    """kubectl rollout status and restart."""
    if words[:1] == ["restart"]:
        for item in kubectl_get.selected(words[1:], options):
            with state.change("cluster") as document:
                at = cluster.key(item["kind"], item["metadata"]["namespace"], item["metadata"]["name"])
                document["objects"][at]["changed"] = state.now()
            print(f"{label_of(item)} restarted")
        return 0
    if words[:1] != ["status"]:
        raise Refused(f"error: unknown command {words[:1]}", 1)
    end, said = _until(options, 0), ""
    while True:
        item = kubectl_get.selected(words[1:], options)[0]
        name, status = item["metadata"]["name"], item["status"]
        if item["kind"] == "DaemonSet":
            want, have = status["desiredNumberScheduled"], status["numberAvailable"]
            line = f'Waiting for daemon set "{name}" rollout to finish: {have} of {want} updated pods are available...'
            done = f'daemon set "{name}" successfully rolled out'
        else:
            want, have = item["spec"].get("replicas", 1), status["availableReplicas"]
            line = f'Waiting for deployment "{name}" rollout to finish: {have} of {want} updated replicas are available...'
            done = f'deployment "{name}" successfully rolled out'
        if have >= want:
            print(done)
            return 0
        if line != said:
            print(line, flush=True)
            said = line
        if time.monotonic() > end:
            raise Refused("error: timed out waiting for the condition", 1)
        time.sleep(0.1)
