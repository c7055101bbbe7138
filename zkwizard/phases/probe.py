"""The first look: facts of every node in one round trip, and the preflight findings. Changes nothing."""

from __future__ import annotations

from zkwizard.model.phase import On, Phase, Work
from zkwizard.model.text import T

PHASE = Phase(
    id="probe",
    title=T("Look at the nodes"),
    summary=T("Logs in, reads the facts and judges them; nothing is changed."),
    on=On.ALL,
    steps=lambda context: (),
    work=Work.FACTS,
    gate=True,
)
