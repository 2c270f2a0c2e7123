"""The operator's encryption keys: the first seals, all of them open."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from runner.errors import CredentialUnreadable, SettingsError

NONCE = 12
_ID = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_REMEDY = (
    "RUNNER_ENCRYPTION_KEYS is `id:key` or, with older keys behind it, `id:key,id2:key2`; make a key with "
    "`runner keys new`"
)


@dataclass(frozen=True)
class KeyRing:
    """AES-256-GCM keys by id. What is sealed names its key, so keys are added in front and rotated at leisure."""

    primary: str
    keys: dict[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Read `id:base64key,id2:base64key` (32 bytes each). SettingsError names the entry, never its value."""
        entries = [entry.strip() for entry in text.split(",") if entry.strip()]
        if not entries:
            raise SettingsError(f"there is no encryption key; {_REMEDY}")
        keys: dict[str, bytes] = {}
        for number, entry in enumerate(entries, 1):
            key_id, _, encoded = entry.partition(":")
            if not encoded or not _ID.fullmatch(key_id):
                raise SettingsError(f"encryption key {number} has no id before a colon; {_REMEDY}")
            if key_id in keys:
                raise SettingsError(f"encryption key id {key_id} is given twice; {_REMEDY}")
            keys[key_id] = _decode(key_id, encoded)
        return cls(next(iter(keys)), keys)

    @classmethod
    def generate(cls, key_id: str = "temporary") -> KeyRing:
        """A ring with one new key that nobody else knows: for demos and tests."""
        return cls(key_id, {key_id: os.urandom(32)})

    def derive(self, purpose: str) -> list[bytes]:
        """A 32-byte key for another purpose (signing OAuth states) from each key, the one in use last: as
        itsdangerous takes them, so that what an older key signed is still known after a rotation."""
        others = [key for key_id, key in self.keys.items() if key_id != self.primary]
        ordered = [*reversed(others), self.keys[self.primary]]
        return [hmac.digest(key, b"runner/" + purpose.encode(), "sha256") for key in ordered]

    def seal(self, plain: bytes, aad: str) -> bytes:
        """Encrypt with the first key and a fresh nonce: `id:` + nonce + ciphertext. `aad` must be given to open it."""
        nonce = os.urandom(NONCE)
        sealed = AESGCM(self.keys[self.primary]).encrypt(nonce, plain, aad.encode())
        return self.primary.encode() + b":" + nonce + sealed

    def open_(self, sealed: bytes, aad: str) -> bytes:
        """Decrypt what `seal` made. CredentialUnreadable when its key is gone, it was altered or is another's."""
        name, _, rest = sealed.partition(b":")
        key_id = name.decode("ascii", "replace")
        key = self.keys.get(key_id)
        if key is None:
            known = ", ".join(self.keys)
            raise CredentialUnreadable(
                f"what is stored for {aad} was sealed with key {key_id[:32]!r}, and RUNNER_ENCRYPTION_KEYS holds only "
                f"{known}; put that key back behind the others, or reconnect"
            )
        try:
            return AESGCM(key).decrypt(rest[:NONCE], rest[NONCE:], aad.encode())
        except (InvalidTag, ValueError) as error:
            raise CredentialUnreadable(
                f"what is stored for {aad} does not open with key {key_id}: the key has changed under its id, or "
                "the row was altered; put the right key into RUNNER_ENCRYPTION_KEYS, or reconnect"
            ) from error


def _decode(key_id: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded.translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        raise SettingsError(f"encryption key {key_id} is not base64; {_REMEDY}") from None
    if len(key) != 32:
        raise SettingsError(f"encryption key {key_id} has {len(key)} bytes instead of 32; {_REMEDY}")
    return key
