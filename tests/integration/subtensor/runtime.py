"""The recorded runtime's types: storage, calls, errors, and values of nothing for structures that nobody asks about."""

from __future__ import annotations

from typing import Any

from bittensor._transport.codec import RuntimeCodec, ss58_encode

from tests.integration.subtensor.recorded import Recorded

SUBTENSOR = "SubtensorModule"
_IDENTITY_HASHER = 6


class Runtime:
    """Encodes and decodes as the recorded runtime does."""

    def __init__(self, recorded: Recorded) -> None:
        self.recorded = recorded
        plain = self._codec(recorded.metadata)
        netuid = _type_number(plain.storage_entry(SUBTENSOR, "Tempo").param_types[0])
        byte = plain.type_id_of("u8")
        assert byte is not None
        # the released SDK asks for an item that the runtime recorded with it does not have; 0 is the usual consensus
        self.metadata = with_storage_map(recorded.metadata, SUBTENSOR, "SubnetEpochConsensus", netuid, byte, b"\0")
        self.codec = self._codec(self.metadata)
        self._types = {entry["id"]: entry["type"] for entry in self.codec.registry_types()}
        pallets = self.codec.metadata_ir().pallets
        self._errors = {(p.name, e.name): (p.index, e.index) for p in pallets for e in p.errors}

    def key(self, pallet: str, item: str, parameters: list[Any]) -> bytes:
        """Storage key of an item."""
        return self.codec.storage_key(self.codec.storage_entry(pallet, item), parameters)

    def encode(self, pallet: str, item: str, value: Any) -> bytes:
        """A storage item's value, SCALE encoded."""
        return self.codec.encode(self.codec.storage_entry(pallet, item).value_type, value)

    def decode(self, pallet: str, item: str, raw: bytes | None) -> Any:
        """A storage item's value; the runtime's default where nothing is stored."""
        entry = self.codec.storage_entry(pallet, item)
        if raw is None:
            return self.codec.decode(entry.decode_type(False), entry.default_bytes)
        return self.codec.decode(entry.value_type, raw)

    def dispatch_error(self, pallet: str, name: str) -> dict[str, Any]:
        """A pallet's error as events carry it: two numbers."""
        index, error = self._errors[pallet, name]
        return {"Module": {"index": index, "error": f"0x{error:02x}000000"}}

    def output_of(self, api: str, method: str) -> str:
        """Type of what a runtime API answers."""
        answer: str = self.codec.runtime_api_map[api][method]["output"]
        return answer

    def inner_of_option(self, type_string: str) -> int:
        """Number of the type within an Option."""
        inner: int = self._types[_type_number(type_string)]["params"][0]["type"]
        return inner

    def nothing_for(self, pallet: str, item: str) -> Any:
        """A value of nothing for a storage item's type."""
        return self.nothing(_type_number(self.codec.storage_entry(pallet, item).value_type))

    def nothing(self, number: int) -> Any:
        """Zero, false, empty or none for a type, so that wide structures can be filled without naming every field."""
        kind, shape = next(iter(self._types[number]["def"].items()))
        path = self._types[number].get("path", [])
        if path and path[-1] == "AccountId32":
            return ss58_encode(bytes(32))
        if path == ["Option"]:
            return None
        if kind == "array":
            return [self.nothing(shape["type"])] * shape["len"]
        if kind == "tuple":
            return tuple(self.nothing(part) for part in shape)
        if kind == "composite":
            return self._nothing_composed(shape.get("fields", []))
        if kind == "variant":
            first = shape["variants"][0]
            fields = first.get("fields")
            return {first["name"]: self.nothing(fields[0]["type"])} if fields else first["name"]
        return {"primitive": _NOTHING.get(str(shape), 0), "sequence": [], "compact": 0}[kind]

    def _nothing_composed(self, fields: list[dict[str, Any]]) -> Any:
        if len(fields) == 1 and "name" not in fields[0]:
            return self.nothing(fields[0]["type"])
        return {field["name"]: self.nothing(field["type"]) for field in fields}

    def _codec(self, metadata: bytes) -> RuntimeCodec:
        versions = {
            "spec_version": self.recorded.spec_version,
            "transaction_version": self.recorded.transaction_version,
        }
        return RuntimeCodec(metadata, **versions)


_NOTHING: dict[str, Any] = {"bool": False, "str": ""}


def with_storage_map(metadata: bytes, pallet: str, name: str, key: int, value: int, default: bytes) -> bytes:
    """Metadata with one more storage map in a pallet.

    A pallet's storage is written as Some(prefix, entries), each entry as name, modifier, kind, hashers, types, default,
    docs.
    """
    start = _text(pallet) + b"\x01" + _text(pallet)
    place = metadata.index(start) + len(start)
    count, width = _read_compact(metadata, place)
    default_modifier = map_kind = b"\x01"
    hashers = compact(1) + bytes([_IDENTITY_HASHER])
    types = compact(key) + compact(value)
    entry = _text(name) + default_modifier + map_kind + hashers + types + compact(len(default)) + default + compact(0)
    return metadata[:place] + compact(count + 1) + entry + metadata[place + width :]


def compact(number: int) -> bytes:
    """SCALE's compact form of a number below 2^30."""
    if number < 1 << 6:
        return bytes([number << 2])
    if number < 1 << 14:
        return (number << 2 | 1).to_bytes(2, "little")
    return (number << 2 | 2).to_bytes(4, "little")


def _read_compact(data: bytes, place: int) -> tuple[int, int]:
    width = (1, 2, 4)[data[place] & 3]
    return int.from_bytes(data[place : place + width], "little") >> 2, width


def _text(text: str) -> bytes:
    return compact(len(text)) + text.encode()


def _type_number(type_string: str) -> int:
    return int(type_string.rpartition("::")[2])
