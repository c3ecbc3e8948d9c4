"""Keys and names as the library takes them."""

from __future__ import annotations

from ..errors import BadKeyError


def text_bytes(text: str | bytes) -> bytes:
    """A key or name as the library takes it.

    Raises:
        BadKeyError: it is neither text nor bytes, or no valid text.
    """
    if type(text) is bytes:
        return text
    try:
        return text.encode()  # type: ignore[union-attr]
    except UnicodeEncodeError:
        pass
    except AttributeError:
        raise BadKeyError(f"a key or name is text or bytes, not {text!r}") from None
    try:
        # What a key that is no text was listed as.
        return str(text).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise BadKeyError(f"the key or name {text!r} is no valid text: {error}") from None


def key_text(key: str | bytes) -> str:
    """A key as text; one that is no text as :meth:`LMDBTransport.keys` lists it."""
    return key if isinstance(key, str) else key.decode("utf-8", "surrogateescape")
