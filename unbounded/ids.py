"""Fresh identifiers: the one place that draws random UUIDs."""

from __future__ import annotations

import secrets
import uuid


def new_id() -> str:
    """A random UUID in its usual text form."""
    return str(uuid.uuid4())  # noqa: TID251  the one place


def new_token() -> str:
    """A secret nobody can guess, safe in a URL."""
    return secrets.token_urlsafe(24)


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID in the form `00112233-4455-6677-8899-aabbccddeeff`."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
