"""Certificate authorities made ahead of time, so that the stand-in kubeadm hands out real X.509 within
milliseconds.
"""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

# kubeadm's own validity: ten years for authorities, one for leaves.
_AUTHORITY_DAYS = 3650
_LEAF_DAYS = 365
_AUTHORITIES = {"ca": "kubernetes", "front-proxy-ca": "front-proxy-ca", "etcd-ca": "etcd-ca"}


def make_set(folder: Path) -> None:
    """Write the keys and certificates of one cluster into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, name in _AUTHORITIES.items():
        key = _key()
        _write(folder, file, key, _certificate(name, name, key, key, _AUTHORITY_DAYS))
        if file == "ca":
            leaf = _key()
            _write(folder, "leaf", leaf, _certificate("kube-apiserver", name, leaf, key, _LEAF_DAYS))
    account = _key()
    (folder / "sa.key").write_bytes(_pem(account))
    (folder / "sa.pub").write_bytes(
        account.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _write(folder: Path, name: str, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
    (folder / f"{name}.key").write_bytes(_pem(key))
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _certificate(
    subject: str, issuer: str, key: rsa.RSAPrivateKey, signer: rsa.RSAPrivateKey, days: int
) -> x509.Certificate:
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=5)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=subject == issuer, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(subject)]), critical=False)
    )
    return builder.sign(signer, hashes.SHA256())
