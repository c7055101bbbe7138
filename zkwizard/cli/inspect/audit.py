"""``zkwizard audit``: one address per node, everywhere."""

from __future__ import annotations

from argparse import Namespace

from zkwizard.cli.findings import findings_data, findings_text
from zkwizard.cli.inspect.command import ask, failed, print_json, unreached
from zkwizard.cli.session import Session
from zkwizard.engine.inside.audit import audit as look
from zkwizard.model.errors import ExitCode
from zkwizard.model.finding import Severity
from zkwizard.model.terminal import harmless


def audit(options: Namespace) -> int:
    """Print the findings; exit code 1 for a stop, 3 or 4 when all or some nodes can't be reached."""
    session = Session(options)
    found = ask(session, lambda network: look(session.cluster, network))
    if options.json:
        print_json(
            {"findings": findings_data(found.findings), "api": found.api, "unreachable": found.unreachable}
        )
    else:
        print(harmless(findings_text(found.findings, show_all=options.all)))
    code = unreached(found.unreachable.values(), others=len(found.unreachable) < len(session.cluster.nodes))
    if found.api:
        failed(found.api, options, session.cluster.first_control_plane.name)
    stops = any(finding.severity is Severity.STOP for finding in found.findings)
    return code or (ExitCode.PHASE_FAILED if stops or found.api else ExitCode.DONE)
