"""Digests that are equal in all processes, for the entries of caches."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import blake2b


def new_digest(content: bytes = b"") -> blake2b:
    """A BLAKE2b digest of 20 bytes of some content, to which more can be added."""
    # imported here: it loads OpenSSL (4 MiB, 5 to 15 ms), and the first diagnostics need no digest
    from hashlib import blake2b

    return blake2b(content, digest_size=20)
