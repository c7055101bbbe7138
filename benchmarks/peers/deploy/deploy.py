"""The workload for pyinfra."""

from io import StringIO

from pyinfra import host
from pyinfra.operations import files, server

for phase in host.loop(range(8)):
    files.template(
        name=f"Phase {phase}: ten lines",
        src="templates/phase.conf.j2",
        dest=f"/etc/bench/phase-{phase}.conf",
        mode="644",
        phase=phase,
    )
    files.line(
        name=f"Phase {phase}: a line",
        path="/etc/bench/shared",
        line=f"10.0.0.{phase} node{phase}",
    )
    server.shell(name=f"Phase {phase}: a check", commands="test -d /run/bench")
    files.put(
        name=f"Phase {phase}: kernel settings",
        src=StringIO(
            "".join(f"net.bench{phase}.{key} = 1\n" for key in ("ip_forward", "rp_filter", "forwarding"))
        ),
        dest=f"/etc/bench/sysctl.d/{phase}.conf",
        mode="644",
    )
    server.shell(
        name=f"Phase {phase}: a command that talks",
        commands=f"sleep .05; seq -f 'phase {phase}: %g of 20' 20 | tee -a /run/bench/{phase}",
    )
