"""What a step tells while it is at work reaches the person, without secrets."""

from __future__ import annotations

import base64

from zkwizard.engine.follow import Follower
from zkwizard.model.events import Event, Notice
from zkwizard.model.secret import Redactor, Secret


def heard(words: str, *, sealed: bool = False) -> list[Event]:
    events: list[Event] = []
    redactor = Redactor([Secret("proxy-password", "hunter2")])
    follower = Follower("packages", "node1", "abc", redactor, events.append, sealed=sealed)
    marked = base64.b64encode(words.encode()).decode()
    follower.data(0, f"\x1eabc began tools\n\x1eabc note tools {marked}\n".encode())
    return events[1:]


def test_it_is_a_notice_with_the_step() -> None:
    (notice,) = heard("waits for process 12 (apt-get), which holds hunter2")
    assert isinstance(notice, Notice) and notice.node == "node1"
    assert str(notice.text) == "tools: waits for process 12 (apt-get), which holds [secret]"


def test_who_can_not_redact_it_does_not_get_it() -> None:
    assert heard("waits", sealed=True) == []
