"""``zkwizard reset``: takes a cluster, or single nodes of it, back, and proves it."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import Namespace

from zkwizard.cli.plan import steps_text
from zkwizard.cli.prompt import typed
from zkwizard.cli.run import carry_out
from zkwizard.cli.session import Session
from zkwizard.cli.tables import show
from zkwizard.cli.words import column
from zkwizard.engine.planning import plan
from zkwizard.engine.reset.known_nodes import for_ever, stays, still_listed
from zkwizard.engine.reset.taking_back import FirstLook, first_look, no_leaving, orphaned, to_run
from zkwizard.model.cluster import Cluster
from zkwizard.model.errors import ExitCode, InputError
from zkwizard.model.events import Event, PhaseEnded, Proved
from zkwizard.model.plan import Plan
from zkwizard.model.remains import Proof, Teardown
from zkwizard.model.step import Outcome
from zkwizard.model.terminal import harmless, harmless_json
from zkwizard.model.text import T
from zkwizard.phases.teardown.forget import ID as FORGET
from zkwizard.phases.teardown.order import phases
from zkwizard.tables.remains import preview, proof_table
from zkwizard.widgets.words import say, say_error


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
    if seen.is_over(session.cluster, teardown):
        return _nothing_to_do(session.cluster, teardown, seen)
    if options.yes is None:
        _ask(session.cluster)
    return _take_back(session, teardown, seen, options)


def _teardown(session: Session, options: Namespace) -> Teardown:
    """What is asked for. Raises InputError for what would cut the way to a node, or makes no sense."""
    cluster, nodes = session.cluster, session.chosen(options.node)
    if options.leave_overlay and (reason := no_leaving(cluster, nodes)):
        raise InputError(T("--leave-overlay: {reason}", reason=reason))
    return Teardown(nodes, packages=options.packages, leave_overlay=options.leave_overlay)


def _must_be_its_name(cluster: Cluster, name: str) -> None:
    if name != cluster.name:
        raise InputError(
            T(
                "nothing was done: found the name {found}; this cluster is called {name}",
                found=repr(name),
                name=cluster.name,
            )
        )


def _ask(cluster: Cluster) -> None:
    answer = typed(say(T("Type the cluster's name ({name}) to take it back: ", name=cluster.name)))
    if answer is None:
        raise InputError(T("nothing was done; --yes {name} goes on without asking", name=cluster.name))
    _must_be_its_name(cluster, answer)


async def _look(session: Session, teardown: Teardown) -> FirstLook:
    network = session.network()
    try:
        return await first_look(session.cluster, network, teardown.nodes)
    finally:
        await network.close()


def _show_preview(cluster: Cluster, teardown: Teardown, seen: FirstLook, *, as_json: bool) -> None:
    """What goes and what stays, before anything is asked."""
    if as_json:
        for name in teardown.nodes:
            print(harmless_json(json.dumps(_look_json(name, teardown, seen), ensure_ascii=False)))
        print(harmless_json(json.dumps(_registry_json(seen), ensure_ascii=False)))
        sys.stdout.flush()
        return
    print(harmless("\n".join(_preview_lines(cluster, teardown, seen))), file=sys.stderr)


def _look_json(name: str, teardown: Teardown, seen: FirstLook) -> dict[str, object]:
    if name in seen.unreachable:
        return {"event": "unreachable", "node": name, "message": seen.unreachable[name].message}
    return {"event": "look", "node": name, "proof": seen.proof(name, teardown).as_json()}


def _registry_json(seen: FirstLook) -> dict[str, object]:
    known = seen.known
    return {"event": "listed", "nodes": sorted(known.listed), "unknown": str(known.silent or "")}


def _preview_lines(cluster: Cluster, teardown: Teardown, seen: FirstLook) -> list[str]:
    lines = [say(T("cluster {cluster}: what a reset would do", cluster=cluster.name))]
    for name in teardown.nodes:
        node = cluster.node(name)
        lines.append(f"{name} ({node.ssh.host}, {node.role})")
        if name in seen.unreachable:
            why = T("can't be reached now: {message}", message=seen.unreachable[name].said)
            later = T("stays as it is; the same command takes it back later")
            lines += [f"  {say(why)}", f"  {say(later)}"]
        else:
            lines += _fates(seen.proof(name, teardown))
    lines += _kept_by_default(teardown)
    lines += map(say, seen.told(cluster, teardown))
    if others := orphaned(cluster, teardown.nodes):
        words = T("The control plane goes: {nodes} will be left without a cluster.", nodes=", ".join(others))
        lines.append(say(words))
    return lines


def _fates(proof: Proof) -> list[str]:
    """What becomes of what is on one node."""
    if not proof.complete:
        return [f"  {say(T('did not tell everything: look with zkwizard probe'))}"]
    fates = [f"  {column(word, 9)} {say(line)}" for word, line in preview(proof)]
    return fates or [f"  {say(T('nothing of a cluster is here'))}"]


def _kept_by_default(teardown: Teardown) -> list[str]:
    """What was not asked to go."""
    packages = T("packages and images (--packages removes them)")
    overlay = T("the membership in the overlay (--leave-overlay ends it)")
    kept = [] if teardown.packages else [packages]
    kept += [] if teardown.leave_overlay else [overlay]
    names = T("{first}, {next}", first=packages, next=overlay) if len(kept) == 2 else None
    return [say(T("Kept: {names}.", names=names or kept[0]))] if kept else []


def _show_dry_run(cluster: Cluster, teardown: Teardown, seen: FirstLook, *, as_json: bool) -> None:
    made = plan(cluster, phases(teardown), facts=seen.facts)
    if as_json:
        content = {
            "cluster": cluster.name,
            "nodes": [_look_json(name, teardown, seen) for name in teardown.nodes],
            "listed": _registry_json(seen),
            "phases": [planned.as_json() for planned in made.phases],
        }
        print(harmless_json(json.dumps(content, ensure_ascii=False, indent=1)))
        return
    lines = [*_preview_lines(cluster, teardown, seen), "", *_steps(made), say(T("Nothing was changed."))]
    print(harmless("\n".join(lines)))


def _steps(made: Plan) -> list[str]:
    lines = [say(T("In this order, step by step (--json has the exact programs):"))]
    for planned in made.phases:
        title = T(
            "{phase} on {node}: {title}", phase=planned.phase.id, node=planned.node, title=planned.phase.title
        )
        lines += ["", say(title)]
        text = steps_text(planned)
        lines += [text] if text else []
    return [*lines, ""]


def _reached(seen: FirstLook) -> int:
    if seen.unreachable:
        return ExitCode.SOME_NODES_FAILED if seen.traces else ExitCode.CONNECTION
    return ExitCode.DONE


def _nothing_to_do(cluster: Cluster, teardown: Teardown, seen: FirstLook) -> int:
    clean = [name for name in teardown.nodes if name in seen.traces]
    if clean:
        print(say(T("nothing to take back on {nodes}", nodes=", ".join(clean))), file=sys.stderr)
    for name, error in seen.unreachable.items():
        print(f"zkwizard: {harmless(say_error(error))}", file=sys.stderr)
        if name in seen.known.lists(cluster, teardown):
            print(f"    {say(for_ever(cluster, name))}", file=sys.stderr)
    unknown = seen.known.silent and stays(cluster, teardown)
    return _reached(seen) or (ExitCode.SOME_NODES_FAILED if unknown else ExitCode.DONE)


def _take_back(session: Session, teardown: Teardown, seen: FirstLook, options: Namespace) -> int:
    """The nodes that were reached; on the control plane that stays, where one does, what concerns them."""
    cluster = session.cluster
    todo = to_run(cluster, teardown, seen)
    proofs: dict[str, Proof] = {}
    forgotten: list[bool] = []

    def watch(events: list[Event]) -> None:
        proofs.update({event.node: event.proof for event in events if isinstance(event, Proved)})
        ends = [event for event in events if isinstance(event, PhaseEnded) and event.phase == FORGET]
        forgotten.extend(event.outcome in (Outcome.CHANGED, Outcome.UNCHANGED) for event in ends)

    code = carry_out(
        session,
        todo.phases,
        todo.nodes,
        plan(cluster, todo.phases, nodes=todo.nodes, facts=seen.facts),
        as_json=options.json,
        take_over=options.take_over,
        teardown=todo.teardown,
        watch=watch,
    )
    if proofs and not options.json:
        show(proof_table([proofs[name] for name in todo.teardown.nodes if name in proofs]))
    for name in seen.unreachable:
        words = T("{node} was not reached: the same command takes it back later", node=name)
        print(say(words), file=sys.stderr)
    if stays(cluster, teardown) and not any(forgotten) and code != ExitCode.INTERRUPTED:
        print(harmless(say(still_listed(cluster, todo.teardown.nodes))), file=sys.stderr)
    if seen.unreachable and code == ExitCode.DONE:
        return ExitCode.SOME_NODES_FAILED
    return code
