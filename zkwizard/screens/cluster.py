"""Step 4: what kubeadm gets."""

from __future__ import annotations

import json
from collections.abc import Iterable

from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from zkwizard.model import versions
from zkwizard.model.cluster import Kubernetes
from zkwizard.model.reading import Scalar
from zkwizard.model.text import T, Text
from zkwizard.screens.step import StepScreen
from zkwizard.screens.steps import Step
from zkwizard.widgets.field import Field, Kind
from zkwizard.widgets.words import mark, say

_ETCD = {
    "overlay": T("only overlay members reach it"),
    "all": T("public too: close 2379 and 2380!"),
}
_POD_HINT = T("every node takes a /24 of it")
_EXTRAS = ("kubelet", "kube_proxy", "api_server", "etcd")


class ClusterStep(StepScreen):
    """Version, subnets, etcd, swap, preflight."""

    STEP = Step.CLUSTER
    ABOUT = (
        T(
            "A minor version (1.36) means its newest patch release; an exact one (1.36.2) stays as it "
            "is. The pod and service subnets must overlap neither each other nor the overlay: what "
            "clashes is said at once, with a network that is free."
        ),
        T(
            "Ignored preflight checks are still reported, they only do not stop: NumCPU where the "
            "control plane has one processor, Mem where it has little memory, Swap where swap stays on. "
            "Labels, taints and what is passed on to kubeadm as it is are written in the file itself."
        ),
    )

    def body(self) -> Iterable[Widget]:
        """One field after the other."""
        place, usual = ("kubernetes",), Kubernetes()
        etcd = [(say(T("overlay only")), "overlay"), (say(T("all addresses")), "all")]
        modes = [(name, name) for name in ("iptables", "nftables")]
        policies = [
            (say(T("by role: off on workers")), "auto"),
            (say(T("keep it")), "keep"),
            (say(T("off")), "off"),
        ]
        fields: list[Widget] = [
            Field(("name",), T("Name")),
            Field((*place, "version"), T("Kubernetes"), default=usual.version, id="minor"),
            Field((*place, "pod_subnet"), T("Pods"), default=str(usual.pod_subnet), hint=_POD_HINT),
            Field((*place, "service_subnet"), T("Services"), default=str(usual.service_subnet)),
            Field((*place, "etcd_listen"), T("etcd listens"), choices=etcd, default="overlay", id="etcd"),
            Field((*place, "kube_proxy_mode"), T("kube-proxy"), choices=modes, default="iptables",
                  hint=T("nftables needs kernel 5.13")),
            Field((*place, "ignore_preflight"), T("Ignore checks"), kind=Kind.LIST,
                  hint=T("of kubeadm: NumCPU, Mem, …")),
            Static(say(T("Swap")), classes="section", markup=False),
        ]  # fmt: skip
        for index in self.draft.nodes:
            name = self.draft.given("nodes", index, "name") or f"#{index + 1}"
            fields.append(
                Field(
                    ("nodes", index, "swap"),
                    T("{name}", name=name),
                    choices=policies,
                    default="auto",
                    id=f"swap-{index}",
                )
            )
        fields += [
            Static(say(T("Only in the file")), classes="section", markup=False),
            Static(id="extras", markup=False, classes="said"),
        ]
        yield VerticalScroll(*fields, classes="page", can_focus=False)

    def changed(self) -> None:
        """What the answers imply."""
        self.query_one("#minor", Field).hint(self._version())
        listen = self.draft.given("kubernetes", "etcd_listen") or "overlay"
        self.query_one("#etcd", Field).hint(_ETCD.get(listen))
        for index in self.draft.nodes:
            self.query_one(f"#swap-{index}", Field).hint(self._swap(index))
        for field in self.query(".field").results(Field):
            if field.id and (field.id in ("minor", "etcd") or field.id.startswith("swap-")):
                field.show(self.draft, value=False)
        self.query_one("#extras", Static).update("\n".join(self._extras()))

    def _version(self) -> Text | None:
        minor = versions.find(self.draft.given("kubernetes", "version") or versions.DEFAULT)
        if minor is None:
            return None
        return T("until {eol}, with etcd {etcd}", eol=minor.eol.isoformat(), etcd=minor.etcd)

    def _swap(self, index: int) -> Text | None:
        tried = self.case.result(index)
        if not tried or not tried.facts:
            return None
        if not tried.facts.swaps:
            return T("has none")
        return T("has {size} MB now", size=sum(area.size_mb for area in tried.facts.swaps))

    def _extras(self) -> list[str]:
        lines = [self._shown(f"kubernetes.{name}", ("kubernetes", name)) for name in _EXTRAS]
        for index in self.draft.nodes:
            name = self.draft.given("nodes", index, "name")
            lines += [self._shown(f"{name}: {key}", ("nodes", index, key)) for key in ("labels", "taints")]
        told = [line for line in lines if line]
        return told or [say(T("labels, taints, and what goes to kubeadm as it is: none given"))]

    def _shown(self, label: str, keys: tuple[str | int, ...]) -> str:
        raw = self.draft.raw(*keys)
        if raw is None:
            return ""
        wrong = [f"  {mark('✗')} {say(fault.message)}" for fault in self.draft.faults_below(*keys)]
        text = json.dumps(raw, default=_plain, ensure_ascii=False)
        return "\n".join([f"{label}: {text}", *wrong])


def _plain(value: object) -> object:
    return value.value if isinstance(value, Scalar) else str(value)
