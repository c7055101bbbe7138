"""What was read off a machine, and what is known about its provider, in words."""

from __future__ import annotations

from zkwizard.engine.inside.trial import Tried
from zkwizard.model import providers
from zkwizard.model.facts import NodeFacts
from zkwizard.model.text import T, Text
from zkwizard.widgets.words import mark, say


def size(facts: NodeFacts) -> str:
    """``2C8G``, as people write it."""
    return f"{facts.cpus}C{max(1, round(facts.memory_mb / 1024))}G"


def gigabytes(megabytes: int) -> str:
    """With one decimal below ten."""
    value = megabytes / 1024
    return f"{value:.1f} GB" if value < 10 else f"{value:.0f} GB"


def swap(facts: NodeFacts) -> str:
    """How much swap is on."""
    total = sum(area.size_mb for area in facts.swaps)
    return gigabytes(total) if facts.swaps else say(T("off"))


def clock(facts: NodeFacts) -> str:
    """How far its clock is from the one here."""
    return f"{facts.clock_offset:+.1f} s"


def disk(facts: NodeFacts) -> str:
    """Free space where containers live."""
    return gigabytes(facts.disks[0].free_mb) if facts.disks else "?"


def machine_lines(tried: Tried | None, *, testing: bool) -> list[str]:
    """How the test went, and what it found."""
    if tried is None:
        return [say(T("testing …"))] if testing else [say(T("not tested yet (t)"))]
    if tried.facts is None:
        return [
            f"{mark('✗')} {line}" if not n else f"  {line}"
            for n, line in enumerate(say(tried.error).splitlines())
        ]
    facts = tried.facts
    words = {
        "os": facts.os.pretty,
        "arch": facts.arch,
        "kernel": facts.kernel,
        "cpus": facts.cpus,
        "memory": gigabytes(facts.memory_mb),
        "disk": disk(facts),
        "swap": swap(facts),
        "clock": clock(facts),
        "seconds": f"{tried.seconds:.1f}",
    }
    return [
        f"{mark('✓')} " + say(T("logged in, root, all facts read in {seconds} s", **words)),
        "  " + say(T("{os} · {arch} · Linux {kernel}", **words)),
        "  " + say(T("{cpus} CPU · {memory} memory · {disk} free · swap {swap} · clock {clock}", **words)),
    ]


def provider_lines(name: str, os_id: str = "") -> list[str]:
    """What is known about a provider; usual practice, the test reads the truth off the machine."""
    provider = providers.find(name) if name else None
    if name == "practice":
        return [
            say(T("a practice node on this machine: a real shell, its kubeadm and the like are stand-ins"))
        ]
    if provider is None:
        return [say(T("nothing known about this provider: any words will do"))] if name else []
    told: list[Text] = [
        T("{title}: usual login {user}", title=provider.title, user=provider.usual_user(os_id or "ubuntu")),
        provider.udp_9993_hint,
    ]
    if provider.path_mtu != 1500:
        told.append(T("packets of at most {mtu} bytes", mtu=provider.path_mtu))
    if provider.registries is providers.Registries.PROXY_OR_MIRROR:
        told.append(T("mainland China reaches the official registries only by a proxy or mirrors (step 3)"))
    if provider.cloud_init_hostname:
        told.append(T("cloud-init would put its hostname back at boot; zkwizard tells it not to"))
    if provider.notes.template:
        told.append(provider.notes)
    return [f"{mark('·')} {say(text)}" for text in told]
