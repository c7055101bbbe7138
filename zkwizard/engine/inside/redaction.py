"""Secrets that nobody named, found by their form: in what goes out of the house they are replaced, too.

Forms: bootstrap tokens, passwords in addresses, private keys (PEM, and base64 in kubeconfigs), identities of
ZeroTier, JSON web tokens, and whatever stands behind a word such as password.
"""

from __future__ import annotations

import re

from zkwizard.model.secret import Redactor

_MASK = b"[secret]"
_WORDS = (
    rb"passwords?|passwd|pwd|passphrase|client-?key-?data|certificate-?key|auth-?token|api-?key|access-?key"
    rb"|secret-?key|private-?key|token"
)
_FORMS = (
    re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(rb"(?<![\w.-])[a-z0-9]{6}\.[a-z0-9]{16}(?![\w.-])"),
    re.compile(rb"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"),
)
_BEHIND = (
    re.compile(rb"([0-9a-f]{10}:0:[0-9a-f]{128}:)[0-9a-f]{128}"),  # identity.secret of ZeroTier
    re.compile(rb"([a-z][a-z0-9+.-]*://[^\s:/@\"']*:)(?!\[secret\])[^\s@/\"']+(?=@)", re.IGNORECASE),
    re.compile(
        rb"((?:\b|_|-)(?:"
        + _WORDS
        + rb")(?:\\?[\"'])?\s*[=:]\s*(?:\\?[\"'])?)(?!\[secret\])[^\s\"',;\\]{3,}",
        re.IGNORECASE,
    ),
    re.compile(rb"(--(?:token|certificate-key|password)[ =])(?!\[secret\])\S+", re.IGNORECASE),
    re.compile(rb"(\b(?:bearer|basic) )(?!\[secret\])[\w+/=.~-]{8,}", re.IGNORECASE),
)


class OutgoingRedactor:
    """Replaces the secrets that are known and those that look like one; counts them."""

    def __init__(self, known: Redactor) -> None:
        self._known = known
        self.count = 0

    def __call__(self, data: bytes) -> bytes:
        """The same without secrets; doing it twice changes nothing."""
        before = data.count(_MASK)
        data = self._known(data)
        for form in _FORMS:
            data = form.sub(_MASK, data)
        for form in _BEHIND:
            data = form.sub(lambda hit: hit[1] + _MASK, data)
        self.count += max(0, data.count(_MASK) - before)
        return data

    def is_clean(self, data: bytes) -> bool:
        """Whether nothing is left in it to replace."""
        return OutgoingRedactor(self._known)(data) == data
