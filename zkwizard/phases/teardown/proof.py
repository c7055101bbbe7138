"""Phase ``proof``: a new login, and one look at everything that a cluster leaves."""

from __future__ import annotations

from zkwizard.model.phase import Phase, Work
from zkwizard.model.remains import Teardown
from zkwizard.model.text import T
from zkwizard.phases.teardown.scope import on_each


def phase(teardown: Teardown) -> Phase:
    """The last one on every node."""
    return on_each(
        teardown,
        "proof",
        T("Look what is left"),
        T("Logs in anew, looks for everything that a cluster leaves, and removes zkwizard's own records."),
        lambda context: (),
        work=Work.PROOF,
    )
