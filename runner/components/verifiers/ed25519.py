"""Signatures with a pair of keys (RFC 8032). `cryptography` is loaded once one is at hand: validating needs none."""

from __future__ import annotations

SEED_BYTES = 32


def proves(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the owner of the public key signed the message; False too for what is no key or no signature."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def signed(seed: bytes, message: bytes) -> bytes:
    """The signature over a message, 64 bytes; the seed has 32, else ValueError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def public_of(seed: bytes) -> bytes:
    """The public key, 32 bytes, that belongs to a seed of 32 bytes; ValueError for any other."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
