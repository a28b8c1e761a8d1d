"""A DNS server on loopback that answers from a table."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = dict[tuple[str, str], list[str]]


@contextmanager
def dns_server(zone: Zone) -> Iterator[str]:
    """ "127.0.0.1:port" of a server for {(name, type): [record, …]}; "silence" as a record type
    makes it swallow all questions for that name."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            packet, client = sock.recvfrom(4_096)
            if not packet:
                return
            answer = _answer(zone, packet)
            if answer:
                sock.sendto(answer, client)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{sock.getsockname()[1]}"
    finally:
        # An empty packet ends the thread; closing alone does not wake it.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", sock.getsockname())
        thread.join(5)
        sock.close()


def _answer(zone: Zone, packet: bytes) -> bytes | None:
    question = dns.message.from_wire(packet)
    asked = question.question[0]
    name = str(asked.name).rstrip(".").lower()
    if (name, "silence") in zone:
        return None
    response = dns.message.make_response(question)
    response.flags |= dns.flags.RA
    records = zone.get((name, dns.rdatatype.to_text(asked.rdtype)), [])
    if records:
        rrset = dns.rrset.from_text(asked.name, 60, "IN", asked.rdtype, *records)
        response.answer.append(rrset)
    elif not any(known == name for known, _ in zone):
        response.set_rcode(dns.rcode.NXDOMAIN)
    return response.to_wire()
