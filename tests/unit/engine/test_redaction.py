"""Secrets that nobody named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkwizard.engine.inside.redaction import OutgoingRedactor
from zkwizard.inspect.bundle import parse_secrets
from zkwizard.inspect.question import Answer
from zkwizard.model.secret import Redactor, Secret

IDENTITY = f"62c708298b:0:{'35e6' * 32}:{'9abc' * 32}"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nabc/def+==\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("kubeadm join x:6443 --token d3zoej.dgjtrn33cgkcrfhf --discovery", "dgjtrn33cgkcrfhf"),
        ('  "token": "abcdef.0123456789abcdef",', "0123456789abcdef"),
        ("proxyconnect tcp http://ann:Pl4nted%40x@10.0.0.1:3128: refused", "Pl4nted"),
        ("http://:onlypassword@host", "onlypassword"),
        (KEY, "MIIEowIBAAKCAQEA"),
        (KEY.partition("-----END")[0], "MIIEowIBAAKCAQEA"),
        ("    client-key-data: LS0tLS1CRUdJTiBSU0EgUFJJVkFURQ==", "LS0tLS1"),
        ("certificateKey: 8e4b1b3c0f5c2d", "8e4b1b3c0f5c2d"),
        ("--certificate-key 8e4b1b3c0f5c2d9a", "8e4b1b3c0f5c2d9a"),
        ("DB_PASSWORD=geheim123", "geheim123"),
        ('{"password":"geheim123"}', "geheim123"),
        ('{\\"password\\":\\"geheim123\\"}', "geheim123"),
        ("Authorization: Bearer abcdefgh12345678", "abcdefgh12345678"),
        (JWT, "c2lnbmF0dXJl"),
        (IDENTITY, "9abc9abc"),
    ],
)
def test_forms(text: str, secret: str) -> None:
    clean = OutgoingRedactor(Redactor())
    data = clean(text.encode())
    assert secret.encode() not in data and b"[secret]" in data
    assert clean.count == 1
    assert clean.is_clean(data) and clean(data) == data


@pytest.mark.parametrize(
    "text",
    [
        'I1122 19:56:28.349006    1038 memory_manager.go:190] "Starting memorymanager" policy="None"',
        "https://10.9.8.118:2379 is healthy",
        "image: registry.k8s.io/kube-apiserver:v1.36.2",
        "sha256:423f34edc186b613670af290611a7ca1acadd5cf1dc316b7e10b375b776e3c40",
        f"62c708298b:0:{'35e6' * 32}",
        "automountServiceAccountToken: true",
        "2001:db8::1 dev zt0 lladdr 02:da:ea:a7:ee:3a",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert OutgoingRedactor(Redactor())(text.encode()) == text.encode()


def test_the_public_half_of_an_identity_stays() -> None:
    assert OutgoingRedactor(Redactor())(IDENTITY.encode()).startswith(
        f"62c708298b:0:{'35e6' * 32}:[".encode()
    )


def test_known_values_are_replaced_wherever_they_stand() -> None:
    clean = OutgoingRedactor(Redactor([Secret("x", "correct horse")]))
    assert clean(b"said correct horse, and correct%20horse") == b"said [secret], and [secret]"
    assert clean.count == 2


@given(st.binary())
def test_twice_changes_nothing(data: bytes) -> None:
    clean = OutgoingRedactor(Redactor())
    assert clean.is_clean(clean(data))


def test_the_values_of_a_node_plain_and_encoded() -> None:
    found = {
        secret.reveal() for secret in parse_secrets(Answer("Pl4nted%40x%3A\n\nabc\n0123456789\n", "", 0))
    }
    assert found == {"Pl4nted%40x%3A", "Pl4nted@x:", "0123456789"}
