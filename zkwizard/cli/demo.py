"""``zkwizard demo``: the whole way on practice nodes, for somebody without servers at hand."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from zkwizard.cli.run import carry_out, chosen_phases
from zkwizard.cli.session import Session
from zkwizard.demo.breaks import BREAKS, break_cluster, find_break
from zkwizard.demo.layout import plan as planned
from zkwizard.demo.options import Cut, Fail, PracticeOptions
from zkwizard.demo.practice import Practice, PracticeError, find, start
from zkwizard.engine.planning import plan
from zkwizard.model.errors import ExitCode, InputError, ZkwizardError
from zkwizard.model.text import T
from zkwizard.phases.order import find as find_phase
from zkwizard.store.state import practice_folder, write_private
from zkwizard.widgets.words import say


def demo(options: Namespace) -> int:
    """Start the practice nodes, or use those that run, and make a cluster of them."""
    folder = practice_folder()
    try:
        if options.stop:
            return _stop(folder)
        return _break(options.ways, folder) if options.ways else _make(options, folder)
    except PracticeError as error:
        raise ZkwizardError(error.words) from error


def _stop(folder: Path) -> int:
    practice = find(folder / "nodes")
    if practice is None:
        print(say(T("no practice nodes are running")), file=sys.stderr)
        return ExitCode.DONE
    practice.stop()
    print(say(T("the practice nodes are gone")), file=sys.stderr)
    return ExitCode.DONE


def _break(ways: list[str], folder: Path) -> int:
    """Break the practice cluster that runs, or list the ways to do it."""
    if "list" in ways:
        for each in BREAKS:
            print(f"{each.name:<26} {each.node:<8} {say(each.text)}")
        return ExitCode.DONE
    chosen = []
    for way in ways:
        name, _, node = way.partition("@")
        found = find_break(name)
        if found is None:
            names = ", ".join(each.name for each in BREAKS)
            raise InputError(T("--break: found {found}; allowed: list, {names}", found=name, names=names))
        chosen.append((found, node))
    practice = find(folder / "nodes")
    if practice is None:
        raise InputError(T("no practice nodes are running; make a cluster of them first: zkwizard demo"))
    for found, node in chosen:
        place = break_cluster(practice, found, node)
        words = T(
            "{node}: {text}; now: zkwizard explain {path}",
            node=place,
            text=found.text,
            path=str(folder / "cluster.yaml"),
        )
        print(say(words), file=sys.stderr)
    return ExitCode.DONE


def _make(options: Namespace, folder: Path) -> int:
    phases = chosen_phases(options)
    practice = _practice(options, folder / "nodes")
    words = T(
        "{count} practice nodes on this machine: real sh, ssh and network; kubeadm and what else machines "
        "have are stand-ins.\nThey stay for a second run, and go with: zkwizard demo --stop",
        count=len(practice.nodes),
    )
    print(say(words), file=sys.stderr)
    file = folder / "cluster.yaml"
    write_private(file, practice.cluster_yaml())
    session = Session(Namespace(file=str(file), accept_new_host_keys=False))
    write_private(session.state.known_hosts, practice.known_hosts())
    nodes = session.chosen([])
    forecast = plan(session.cluster, phases, nodes=nodes)
    code = carry_out(session, phases, nodes, forecast, as_json=options.json)
    if code == ExitCode.DONE:
        print(say(T("cluster file of the practice nodes: {path}", path=str(file))), file=sys.stderr)
    return code


def _practice(options: Namespace, folder: Path) -> Practice:
    """The nodes that run already, told what shall go wrong this time, or new ones."""
    faults = _faults(options)
    practice = find(folder)
    if practice is None:
        _check(faults, [node.server.name for node in planned(faults)])
        return start(folder, faults)
    if len(practice.nodes) != options.nodes and options.nodes != PracticeOptions.nodes:
        number = len(practice.nodes)
        words = T("{count} practice nodes run already; end them first: zkwizard demo --stop", count=number)
        raise InputError(words)
    _check(faults, [node.name for node in practice.nodes])
    control = practice.control
    for node in practice.nodes:
        control.set_rtt(node.name, options.rtt)
    for fail in faults.fails:
        control.fail(fail.step, fail.node, fail.times)
    for cut in faults.cuts:
        control.cut_at(cut.node, cut.phase, cut.seconds)
    return practice


def _check(faults: PracticeOptions, names: list[str]) -> None:
    """Raises InputError for a fault at a node or in a phase that does not exist."""
    named: tuple[Fail | Cut, ...] = (*faults.fails, *faults.cuts)
    for fault in named:
        if fault.node not in names:
            known = ", ".join(names)
            words = T("no practice node is called {node}; there are {names}", node=fault.node, names=known)
            raise InputError(words)
    for cut in faults.cuts:
        find_phase(cut.phase)


def _faults(options: Namespace) -> PracticeOptions:
    return PracticeOptions(
        nodes=options.nodes,
        rtt_ms=options.rtt,
        cuts=tuple(map(Cut.parse, options.cut)),
        fails=tuple(map(Fail.parse, options.fail)),
    )
