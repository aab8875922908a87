"""A person who withdraws stays withdrawn: the tombstone, and the record that it was done.

The tombstone is a keyed hash of the subject. Its key is a random salt of the study, made
when the study is first deployed and kept in its row: so a tombstone tells nothing without
the ledger, and the same subject of two studies has two.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from wearline.core.ledger import Reason

WITHDRAWN = Reason("withdrawn", "Its subject has withdrawn; nothing is made of it.")
SALT_BYTES = 32


def new_salt() -> str:
    return secrets.token_hex(SALT_BYTES)


def tombstone(salt: str, subject: str) -> str:
    """What stands for a subject that has withdrawn."""
    return hmac.new(bytes.fromhex(salt), subject.encode(), hashlib.sha256).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The subjects of a study that have withdrawn, known by their tombstones alone."""

    salt: str
    tombstones: frozenset[str] = frozenset()

    def __contains__(self, subject: object) -> bool:
        if not self.tombstones or not isinstance(subject, str):
            return False
        return tombstone(self.salt, subject) in self.tombstones
