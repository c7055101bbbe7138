"""What one writes by hand: connections kept open, all nodes at once, one channel a step.

Check and change are one command, so that a step costs one channel, the fewest that a program can do that
decides after each step. asyncssh as in zkwizard, so that the difference is the way of working alone.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Iterator
from shlex import quote

from benchmarks.peers import workload
from benchmarks.peers.peer import Command, Field, Peer, saved


def commands() -> Iterator[str]:
    """The workload as 40 commands; one that changes something says so."""
    for phase in range(workload.PHASES):
        line = quote(workload.line(phase))
        yield _file(*workload.ten_lines(phase))
        yield (
            f"grep -qxF {line} {workload.SHARED} || "
            f"{{ printf '%s\\n' {line} >>{workload.SHARED} && echo changed; }}"
        )
        yield workload.CHECK
        yield _file(*workload.settings(phase))
        yield workload.talk(phase)


def _file(path: str, content: str) -> str:
    text = f"printf %s {quote(content)}"
    return (
        f'{text} | cmp -s - {path} && [ "$(stat -c %a {path})" = 644 ] || '
        f"{{ {text} >{path}.new && chmod 644 {path}.new && mv {path}.new {path} && echo changed; }}"
    )


def _command(field: Field) -> Command:
    return Command([sys.executable, "-m", __name__, str(field.save())])


PEER = Peer("one channel a step", _command, rounds=3, aim=4)


async def _node(field: Field, port: int) -> int:
    import asyncssh

    async with asyncssh.connect(
        "127.0.0.1",
        port,
        username="root",
        client_keys=[str(field.key)],
        known_hosts=str(field.known_hosts),
        agent_path=None,
        config=None,
    ) as connection:
        changed = 0
        for command in commands():
            done = await connection.run(command, check=True)
            changed += str(done.stdout).endswith("changed\n")
        return changed


async def _all(field: Field) -> list[int]:
    return await asyncio.gather(*(_node(field, port) for port in field.ports))


def main(path: str) -> int:
    """One pass, as a command."""
    changed = asyncio.run(_all(saved(path)))
    print("changed:", changed)
    return 0 if set(changed) in ({0}, {workload.CHANGES}) else 1


if __name__ == "__main__":
    status = main(sys.argv[1])
    gc.freeze()  # as zkwizard does at its end
    sys.exit(status)
