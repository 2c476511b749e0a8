"""A message under construction or being read: where names may point to earlier ones."""

from __future__ import annotations

from dnslib import DNSBuffer, DNSLabel
from dnslib.buffer import BufferError as Underrun

from simulator.wire.dns_names import LONGEST_NAME, DnsFormatError, text_to_labels

_FURTHEST_POINTER = 0x3FFF


class NameBuffer(DNSBuffer):  # type: ignore[misc]  # dnslib has no annotations
    """A message under construction or being read.

    dnslib's own name reader recurses once per pointer and follows a loop of two until
    the stack ends; its writer makes pointers beyond the 14 bits that they have. These
    two hold to RFC 1035 section 4.1.4: pointers lead strictly backwards, a name has 255 bytes.
    """

    offset: int

    def decode_name(self, last: int = -1) -> DNSLabel:
        """Read the name at the offset and move behind it."""
        data, offset = self.data, self.offset
        labels: list[bytes] = []
        behind, lowest, size = -1, offset, 1
        while True:
            try:
                length = data[offset]
                if length >= 0xC0:
                    target = (length & 0x3F) << 8 | data[offset + 1]
            except IndexError:
                raise DnsFormatError("name runs past the end") from None
            if length >= 0xC0:
                if behind < 0:
                    behind = offset + 2
                if target >= lowest:
                    raise DnsFormatError("name with a pointer that does not lead backwards")
                offset = lowest = target
            elif length >= 0x40:
                raise DnsFormatError("name with a label of unknown kind")
            elif length == 0:
                self.offset = behind if behind >= 0 else offset + 1
                return DNSLabel(labels)
            else:
                label = bytes(data[offset + 1 : offset + 1 + length])
                size += length + 1
                if len(label) < length or size > LONGEST_NAME:
                    raise DnsFormatError("name runs past the end or is longer than 255 bytes")
                labels.append(label)
                offset += length + 1

    def encode_name(self, name: DNSLabel) -> None:
        """Write a name, with a pointer to an earlier one where it can."""
        labels = name.label
        for index in range(len(labels)):
            rest = labels[index:]
            pointer = self.names.get(rest)
            if pointer is not None:
                self.pack("!H", 0xC000 | pointer)
                return
            if self.offset <= _FURTHEST_POINTER:
                self.names[rest] = self.offset
            self.append(bytes((len(rest[0]),)) + rest[0])
        self.append(b"\0")

    def skip(self, length: int) -> bytes:
        """Read ``length`` bytes as they are."""
        try:
            return bytes(self.get(length))
        except Underrun:
            raise DnsFormatError("record runs past the end") from None


class PlainNameBuffer(NameBuffer):
    """A buffer whose names are written in full, as signatures want them (RFC 4034 section 6.2)."""

    def encode_name(self, name: DNSLabel) -> None:
        """Write a name without a pointer."""
        self.append(_in_full(name.label))


def label_of(name: str) -> DNSLabel:
    """Return dnslib's form of a name; raise `DnsFormatError` if there is none."""
    return DNSLabel(text_to_labels(name))


def wire_name(name: str) -> bytes:
    """Return a name as it stands on the wire when nothing is left out."""
    return _in_full(text_to_labels(name))


def _in_full(labels: tuple[bytes, ...]) -> bytes:
    return b"".join([bytes((len(label),)) + label for label in labels]) + b"\0"
