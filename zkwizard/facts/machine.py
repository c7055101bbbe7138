"""The machine: kernel, architecture, processors, memory, names and how it is virtualised."""

from __future__ import annotations

from dataclasses import dataclass

from zkwizard.facts.fact import Fact, first_line, number

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "armhf", "i686": "i386", "i386": "i386"}
"""``uname -m`` → what Debian's packages call it; other names are the same in both."""

CONTAINERS = frozenset(
    [
        "openvz",
        "lxc",
        "lxc-libvirt",
        "systemd-nspawn",
        "docker",
        "podman",
        "rkt",
        "wsl",
        "proot",
        "pouch",
        "container-other",
    ]
)
"""What ``systemd-detect-virt -c`` can say."""


@dataclass(frozen=True)
class Machine:
    """The small facts of a machine, read together."""

    kernel: str = ""
    arch: str = ""
    cpus: int = 0
    memory_mb: int = 0
    hostname: str = ""
    machine_id: str = ""
    product_uuid: str = ""
    virtualization: str = ""
    systemd: bool = False


SCRIPT = """\
echo "uname $(uname -nrm)"
echo "cpus $(nproc || grep -c ^processor /proc/cpuinfo)"
read -r line </proc/meminfo && echo "$line"
read -r line </etc/machine-id && echo "machine-id $line"
read -r line </sys/class/dmi/id/product_uuid && echo "product-uuid $line"
echo "container $(systemd-detect-virt -c)"
echo "vm $(systemd-detect-virt -v)"
[ -d /proc/vz ] && [ ! -d /proc/bc ] && echo "container openvz"
[ -d /run/systemd/system ] && echo "systemd yes"
"""


def parse(text: str) -> Machine:
    """``key value`` lines; the container counts before the virtual machine that it runs in.

    ``uname`` is followed by the name of the host, the kernel's release and the machine.
    """
    values: dict[str, str] = {}
    for line in text.split("\n"):
        key, _, value = line.strip().partition(" ")
        if value.strip():
            values[key] = value.strip()
    hostname, kernel, machine, *_ = [*values.get("uname", "").split(), "", "", ""]
    return Machine(
        kernel=kernel,
        arch=ARCHITECTURES.get(machine, machine),
        cpus=number(values.get("cpus", "")),
        memory_mb=number(values.get("MemTotal:", "")) // 1024,
        hostname=hostname,
        machine_id=values.get("machine-id", ""),
        product_uuid=values.get("product-uuid", "").lower(),
        virtualization=_virtualization(values.get("container", ""), values.get("vm", "")),
        systemd=values.get("systemd") == "yes",
    )


def _virtualization(container: str, vm: str) -> str:
    return container if container in CONTAINERS else first_line(vm)


FACT = Fact("machine", SCRIPT, parse)
