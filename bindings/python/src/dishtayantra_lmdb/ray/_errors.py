"""What goes wrong between nodes."""

from __future__ import annotations

from typing import Any

from ray.exceptions import ObjectLostError

from ..errors import EntryNotFoundError, StoreClosedError


class PayloadLostError(ObjectLostError, EntryNotFoundError):  # type: ignore[misc]
    """The payload of a handle is gone, and nothing makes it again: its producer died longer than
    its time to live ago, its node is gone, or somebody deleted it. Ray does not reconstruct it;
    what has to survive its node is an object of Ray's, handed on by ``from_ref``.

    Attributes:
        node_id: the node on which it was made, in hexadecimal.
        key: its key in the store there.
    """

    def __init__(self, message: str, node_id: str = "", key: str = "") -> None:
        Exception.__init__(self, message, node_id, key)
        self.node_id: str = node_id
        self.key: str = key
        # What Ray's own say.
        self.object_ref_hex: str = key
        self.owner_address: bytes | None = None
        self.call_site: str = ""

    def __str__(self) -> str:
        return str(self.args[0])

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args


class NotOnNodeError(StoreClosedError):
    """This process is on no node of a Ray cluster: Ray is not initialised here, or by Ray Client,
    whose process shares no memory with any node.
    """


def lost(what: str, node_id: str, key: str) -> PayloadLostError:
    """The error for a payload, with what to do about it."""
    return PayloadLostError(
        f"the payload {key!r} of node {node_id} is lost: {what}. Ray does not make it again; "
        "hand payloads that have to survive their node or producer on by from_ref(ObjectRef), "
        "which keeps Ray's lineage, or give a longer ttl",
        node_id,
        key,
    )
