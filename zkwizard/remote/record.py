"""A node's record as the scripts print it: who holds it (``show_claim``), and its jobs (``record.sh``)."""

from __future__ import annotations

from zkwizard.model.ports import Claim, FoundJob, NodeRecord

_CLAIM = 6
"""Lines of a claim."""


def parse_record(text: str) -> NodeRecord:
    """What ``record.sh`` prints; lines that are cut off are passed over."""
    lines = text.splitlines()
    jobs = (_job(line.split(" ")) for line in lines[_CLAIM:])
    return NodeRecord(parse_claim(lines), tuple(job for job in jobs if job))


def parse_claim(lines: list[str]) -> Claim | None:
    """The claim as ``node.sh`` prints it; None where nobody holds the node."""
    if len(lines) < _CLAIM or not lines[0]:
        return None
    run, phase, since, cluster, operator, alive = lines[:_CLAIM]
    return Claim(
        run=run,
        cluster=cluster,
        operator=operator,
        phase=phase,
        since=float(since) if since.isdigit() else 0.0,
        alive=alive == "1",
    )


def _job(fields: list[str]) -> FoundJob | None:
    match fields:
        case [phase, job, alive, shown, nonce, size, age, sha256, *steps] if size.isdigit():
            return FoundJob(
                phase=phase,
                id=job,
                alive=alive == "1",
                open=shown == "1",
                nonce=nonce,
                size=int(size),
                age=max(0.0, float(age)),
                sha256=sha256,
                steps=tuple(steps),
            )
    return None
