"""``zkwizard probe``: facts and findings, nothing changed."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import Namespace
from collections.abc import Sequence

from zkwizard.checks.preflight import judge
from zkwizard.cli.findings import findings_data, findings_text
from zkwizard.cli.session import Session
from zkwizard.engine.gathering import gather
from zkwizard.model.errors import ConnectionFailed, ExitCode
from zkwizard.model.facts import NodeFacts
from zkwizard.model.finding import Finding, Severity
from zkwizard.model.terminal import harmless, harmless_json
from zkwizard.widgets.words import say_error


def probe(options: Namespace) -> int:
    """Look at the nodes; exit code 1 for a stop, 3 or 4 when all or some can't be reached."""
    session = Session(options)
    nodes = session.chosen(options.node)
    facts, errors = asyncio.run(_gather(session, nodes))
    findings = list(judge(session.cluster, facts)) if facts else []
    if options.json:
        print(_json(findings, errors))
    elif facts:
        print(findings_text(findings, show_all=options.all))
    for error in errors:
        print(f"zkwizard: {harmless(say_error(error))}", file=sys.stderr)
    if errors:
        return ExitCode.SOME_NODES_FAILED if facts else ExitCode.CONNECTION
    stops = any(finding.severity is Severity.STOP for finding in findings)
    return ExitCode.PHASE_FAILED if stops else ExitCode.DONE


async def _gather(
    session: Session, nodes: Sequence[str]
) -> tuple[dict[str, NodeFacts], list[ConnectionFailed]]:
    network = session.network()
    facts: dict[str, NodeFacts] = {}
    errors: list[ConnectionFailed] = []
    try:
        results = await asyncio.gather(
            *(gather(network.connection(node)) for node in nodes), return_exceptions=True
        )
    finally:
        await network.close()
    for node, result in zip(nodes, results, strict=True):
        if isinstance(result, NodeFacts):
            facts[node] = result
        elif isinstance(result, ConnectionFailed):
            errors.append(result)
        else:
            raise result
    return facts, errors


def _json(findings: Sequence[Finding], errors: Sequence[ConnectionFailed]) -> str:
    content = {
        "findings": findings_data(findings),
        "unreachable": [{"node": error.node, "message": error.message} for error in errors],
    }
    return harmless_json(json.dumps(content, ensure_ascii=False, indent=1))
