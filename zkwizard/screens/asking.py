"""The prompter of the screens: the engine's thread waits until a person has answered a dialog."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from textual.app import App
from textual.screen import Screen

from zkwizard.model.ports import Prompter
from zkwizard.model.secret import Secret
from zkwizard.model.text import Text
from zkwizard.screens.questions import SecretQuestion, host_key

R = TypeVar("R")


class ScreenPrompter(Prompter):
    """Asks by dialogs. An answer to a secret is kept until it is forgotten or the screens end."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._open: set[Future[Any]] = set()
        self._kept: dict[str, Secret] = {}
        self._closed = False
        self._lock = threading.Lock()

    def secret(self, name: str, question: Text) -> Secret | None:
        """A password or passphrase; None when the person gives none. Called in a thread."""
        if name not in self._kept:
            answer = self._ask(lambda: SecretQuestion(question))
            if not answer:
                return None
            self._kept[name] = Secret(name, answer)
        return self._kept[name]

    def accept_host_key(self, node: str, host: str, fingerprint: str) -> bool:
        """Whether a person trusts the key. Called in a thread."""
        return self._ask(lambda: host_key(node, host, fingerprint)) is True

    def forget(self) -> None:
        """Ask again next time: one of the answers was wrong."""
        self._kept.clear()

    def close(self) -> None:
        """The screens end: whoever waits gets no answer."""
        with self._lock:
            self._closed = True
            waiting = list(self._open)
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def _ask(self, make: Callable[[], Screen[R]]) -> R | None:
        future: Future[R | None] = Future()
        with self._lock:
            if self._closed:
                return None
            self._open.add(future)
        try:
            self._app.call_from_thread(self._show, make, future)
            return future.result()
        finally:
            self._open.discard(future)

    def _show(self, make: Callable[[], Screen[R]], future: Future[R | None]) -> None:
        def answered(answer: R | None) -> None:
            if not future.done():
                future.set_result(answer)

        self._app.push_screen(make(), answered)
