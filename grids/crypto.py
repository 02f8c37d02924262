"""Personal fields at rest: AES-GCM per value, and keyed hashes for exact search.

A sealed value reads `key-id:base64(nonce + ciphertext)`. Model, field and row uuid are associated data, so a
ciphertext copied to another row or column does not open. Keys come from `FIELD_KEYS` (`id:base64 of 32 bytes`,
newest first, older ones still open) and `INDEX_KEY` (base64 of 32 bytes) for the hashes.
"""

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class CannotOpen(Exception):
    """A sealed value whose key is gone or that was moved or altered.

    A template shows nothing in its place, so that one damaged value does not close a whole page.
    """

    silent_variable_failure = True


@lru_cache(maxsize=4)
def _ciphers(field_keys):
    ciphers = {}
    for entry in field_keys:
        key_id, _, encoded = entry.partition(":")
        key = base64.b64decode(encoded)
        if not key_id or len(key) != 32:
            raise ImproperlyConfigured("FIELD_KEYS takes id:base64 pairs of 32-byte keys.")
        ciphers[key_id] = AESGCM(key)
    if not ciphers:
        raise ImproperlyConfigured("FIELD_KEYS names no key.")
    return ciphers


def newest_key_id():
    """The id of the key that seals today; values under other ids are to be resealed (`rotate_keys`)."""
    return next(iter(_ciphers(tuple(settings.FIELD_KEYS))))


def _bound_to(label, row):
    return f"{label}|{row}".encode()


def seal(value, *, label, row):
    """Encrypt a string under the newest key, bound to `label` ("model.field") and the row's uuid; "" stays ""."""
    if not value:
        return ""
    ciphers = _ciphers(tuple(settings.FIELD_KEYS))
    key_id, cipher = next(iter(ciphers.items()))
    nonce = os.urandom(12)
    sealed = nonce + cipher.encrypt(nonce, value.encode(), _bound_to(label, row))
    return f"{key_id}:{base64.b64encode(sealed).decode()}"


def unseal(sealed, *, label, row):
    """The string that was sealed for this label and row; raises CannotOpen."""
    if not sealed:
        return ""
    key_id, _, encoded = sealed.partition(":")
    try:
        cipher = _ciphers(tuple(settings.FIELD_KEYS))[key_id]
        raw = base64.b64decode(encoded)
        return cipher.decrypt(raw[:12], raw[12:], _bound_to(label, row)).decode()
    except (KeyError, ValueError, InvalidTag) as error:
        raise CannotOpen(label) from error


def keyed_hash(value, *, label):
    """Hex HMAC-SHA-256 of a value for exact search; the label keeps equal values of two fields apart."""
    if not value:
        return ""
    return hmac.new(settings.INDEX_KEY.encode(), f"{label}|{value}".encode(), hashlib.sha256).hexdigest()


def seal_for(secret, value, *, label):
    """Encrypt a string under a key made of `secret`, which is stored nowhere: only who brings it again can open it."""
    nonce = os.urandom(12)
    sealed = nonce + _cipher_of(secret, label).encrypt(nonce, value.encode(), label.encode())
    return base64.b64encode(sealed).decode()


def unseal_for(secret, sealed, *, label):
    """The string that was sealed for this secret; raises CannotOpen."""
    try:
        raw = base64.b64decode(sealed)
        return _cipher_of(secret, label).decrypt(raw[:12], raw[12:], label.encode()).decode()
    except (ValueError, InvalidTag) as error:
        raise CannotOpen(label) from error


def _cipher_of(secret, label):
    return AESGCM(bytes.fromhex(keyed_hash(secret, label=label)))


class Sealed:
    """A model attribute kept sealed in `<name>_sealed`, searchable by `<name>_hash` and `<name>_tail_hash`.

    Reading decrypts, assigning seals and hashes; the row's uuid must be set first. `label` is "model.field".
    A model without the hash columns simply has no search.
    """

    def __init__(self, label):
        self.label = label

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, row, owner=None):
        if row is None:
            return self
        return unseal(getattr(row, f"{self.name}_sealed"), label=self.label, row=row.uuid)

    def __set__(self, row, value):
        value = value or ""
        setattr(row, f"{self.name}_sealed", seal(value, label=self.label, row=row.uuid))
        if hasattr(row, f"{self.name}_hash"):
            setattr(row, f"{self.name}_hash", self.hash_of(value))
            setattr(row, f"{self.name}_tail_hash", self.tail_hash_of(value))

    def hash_of(self, value):
        return keyed_hash(value, label=self.label)

    def tail_hash_of(self, value):
        """The hash of the last four characters, for search by tail; "" for shorter values."""
        return keyed_hash(value[-4:], label=f"{self.label}.tail") if len(value) >= 4 else ""
