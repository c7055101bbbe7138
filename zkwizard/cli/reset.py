"""``zkwizard reset``: takes a cluster, or single nodes of it, back, and proves it."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import Namespace
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address

from zkwizard.cli.plan import phase_json, steps_text
from zkwizard.cli.prompt import typed
from zkwizard.cli.remains import kept_by_default, preview, proof_table
from zkwizard.cli.run import carry_out
from zkwizard.cli.session import Session
from zkwizard.cli.tables import show
from zkwizard.engine.gathering import gather
from zkwizard.engine.planning import plan
from zkwizard.engine.proof import looked
from zkwizard.model.cluster import Cluster, Driver
from zkwizard.model.context import Context
from zkwizard.model.errors import ConnectionFailed, ExitCode, InputError
from zkwizard.model.events import Event, Proved
from zkwizard.model.facts import NodeFacts
from zkwizard.model.plan import Plan
from zkwizard.model.remains import Proof, Teardown
from zkwizard.model.terminal import harmless, harmless_json
from zkwizard.phases.teardown.order import phases


@dataclass
class _Seen:
    """The first look at the nodes."""

    facts: dict[str, NodeFacts] = field(default_factory=dict)
    proofs: dict[str, Proof] = field(default_factory=dict)
    unreachable: dict[str, ConnectionFailed] = field(default_factory=dict)


def reset(options: Namespace) -> int:
    """Look, show, ask, take back, prove. Nothing is changed before the cluster's name was typed."""
    session = Session(options)
    teardown = _teardown(session, options)
    if options.yes is not None:
        _must_be_its_name(session.cluster, options.yes)
    seen = asyncio.run(_look(session, teardown))
    if options.dry_run:
        _show_dry_run(session.cluster, teardown, seen, as_json=options.json)
        return _reached(seen)
    _show_preview(session.cluster, teardown, seen, as_json=options.json)
    if not seen.proofs or all(proof.is_clean for proof in seen.proofs.values()):
        return _nothing_to_do(teardown, seen)
    if options.yes is None:
        _ask(session.cluster)
    return _take_back(session, teardown, seen, options)


def _teardown(session: Session, options: Namespace) -> Teardown:
    """What is asked for. Raises InputError for what would cut the way to a node, or makes no sense."""
    cluster, nodes = session.cluster, session.chosen(options.node)
    if options.leave_overlay:
        if cluster.overlay.driver is not Driver.ZEROTIER:
            raise InputError("--leave-overlay: found overlay.driver existing, which zkwizard did not make")
        inside = [name for name in nodes if _is_inside(cluster, cluster.node(name).ssh.host)]
        if inside:
            raise InputError(
                f"--leave-overlay: {', '.join(inside)} would be out of reach, as ssh.host is its overlay "
                "address; give its public address there"
            )
    return Teardown(nodes, packages=options.packages, leave_overlay=options.leave_overlay)


def _is_inside(cluster: Cluster, host: str) -> bool:
    try:
        return IPv4Address(host) in cluster.overlay.cidr
    except AddressValueError:
        return False


def _must_be_its_name(cluster: Cluster, name: str) -> None:
    if name != cluster.name:
        raise InputError(f"nothing was done: found the name {name!r}; this cluster is called {cluster.name}")


def _ask(cluster: Cluster) -> None:
    answer = typed(f"Type the cluster's name ({cluster.name}) to take it back: ")
    if answer is None:
        raise InputError(f"nothing was done; --yes {cluster.name} goes on without asking")
    _must_be_its_name(cluster, answer)


async def _look(session: Session, teardown: Teardown) -> _Seen:
    """All nodes at once; one that can't be reached keeps no other."""
    network, seen = session.network(), _Seen()

    async def one(name: str) -> None:
        connection = network.connection(name)
        try:
            seen.facts[name] = await gather(connection)
            context = Context(session.cluster, session.cluster.node(name), seen.facts)
            seen.proofs[name] = await looked(connection, context, teardown)
        except ConnectionFailed as error:
            seen.unreachable[name] = error

    try:
        await asyncio.gather(*map(one, teardown.nodes))
    finally:
        await network.close()
    return seen


def _show_preview(cluster: Cluster, teardown: Teardown, seen: _Seen, *, as_json: bool) -> None:
    """What goes and what stays, before anything is asked."""
    if as_json:
        for name in teardown.nodes:
            print(harmless_json(json.dumps(_look_json(name, seen), ensure_ascii=False)))
        sys.stdout.flush()
        return
    print(harmless("\n".join(_preview_lines(cluster, teardown, seen))), file=sys.stderr)


def _look_json(name: str, seen: _Seen) -> dict[str, object]:
    if name in seen.unreachable:
        return {"event": "unreachable", "node": name, "message": seen.unreachable[name].message}
    return {"event": "look", "node": name, "proof": seen.proofs[name].as_json()}


def _preview_lines(cluster: Cluster, teardown: Teardown, seen: _Seen) -> list[str]:
    lines = [f"cluster {cluster.name}: what a reset would do"]
    for name in teardown.nodes:
        node = cluster.node(name)
        lines.append(f"{name} ({node.ssh.host}, {node.role})")
        if name in seen.unreachable:
            lines.append(f"  can't be reached now: {seen.unreachable[name].message}")
            lines.append("  stays as it is; the same command takes it back later")
        else:
            lines += preview(seen.proofs[name])
    lines += kept_by_default(teardown)
    others = [node.name for node in cluster.nodes if node.name not in teardown.nodes]
    if others and cluster.first_control_plane.name in teardown.nodes:
        lines.append(f"The control plane goes: {', '.join(others)} will be left without a cluster.")
    return lines


def _show_dry_run(cluster: Cluster, teardown: Teardown, seen: _Seen, *, as_json: bool) -> None:
    made = plan(cluster, phases(teardown), facts=seen.facts)
    if as_json:
        content = {
            "cluster": cluster.name,
            "nodes": [_look_json(name, seen) for name in teardown.nodes],
            "phases": [phase_json(planned) for planned in made.phases],
        }
        print(harmless_json(json.dumps(content, ensure_ascii=False, indent=1)))
        return
    lines = [*_preview_lines(cluster, teardown, seen), "", *_steps(made), "Nothing was changed."]
    print(harmless("\n".join(lines)))


def _steps(made: Plan) -> list[str]:
    lines = ["In this order, step by step (--json has the exact programs):"]
    for planned in made.phases:
        lines += ["", f"{planned.phase.id} on {planned.node}: {planned.phase.title}"]
        text = steps_text(planned)
        lines += [text] if text else []
    return [*lines, ""]


def _reached(seen: _Seen) -> int:
    if seen.unreachable:
        return ExitCode.SOME_NODES_FAILED if seen.proofs else ExitCode.CONNECTION
    return ExitCode.DONE


def _nothing_to_do(teardown: Teardown, seen: _Seen) -> int:
    if seen.proofs:
        names = ", ".join(name for name in teardown.nodes if name in seen.proofs)
        print(f"nothing to take back on {names}", file=sys.stderr)
    for error in seen.unreachable.values():
        print(f"zkwizard: {harmless(str(error))}", file=sys.stderr)
    return _reached(seen)


def _take_back(session: Session, teardown: Teardown, seen: _Seen, options: Namespace) -> int:
    """The nodes that were reached; on the control plane that stays, where one does, what concerns them."""
    cluster = session.cluster
    reached = Teardown(
        tuple(n for n in teardown.nodes if n in seen.proofs), teardown.packages, teardown.leave_overlay
    )
    leader = cluster.first_control_plane.name
    at_work = {*reached.nodes, *(() if leader in teardown.nodes else (leader,))}
    nodes = tuple(node.name for node in cluster.nodes if node.name in at_work)
    wanted = phases(reached)
    proofs: dict[str, Proof] = {}

    def watch(events: list[Event]) -> None:
        proofs.update({event.node: event.proof for event in events if isinstance(event, Proved)})

    code = carry_out(
        session,
        wanted,
        nodes,
        plan(cluster, wanted, nodes=nodes, facts=seen.facts),
        as_json=options.json,
        take_over=options.take_over,
        teardown=reached,
        watch=watch,
    )
    if proofs and not options.json:
        show(*proof_table([proofs[name] for name in reached.nodes if name in proofs]))
    for name in seen.unreachable:
        print(f"{name} was not reached: the same command takes it back later", file=sys.stderr)
    if seen.unreachable and code == ExitCode.DONE:
        return ExitCode.SOME_NODES_FAILED
    return code
