"""A name server for servers under test: it knows on which loopback port each domain's XMPP server listens, and nothing else."""

import socket
import struct
import threading

SRV, IN, NXDOMAIN = 33, 1, 3


class NameServer:
    """Answers _xmpp-server._tcp SRV queries (RFC 6120 3.2.1) for the domains in ports, {domain: port}; anything else does not exist.
    Listens on 127.0.0.1, UDP port .port, until close()."""

    def __init__(self, ports):
        self.ports = ports
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.5)     # notices close()
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self.socket.close()

    def _serve(self):
        while True:
            try:
                query, client = self.socket.recvfrom(4096)
                self.socket.sendto(self._answer(query), client)
            except (OSError, struct.error, IndexError, UnicodeDecodeError):
                if self.socket.fileno() < 0:
                    return

    def _answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
            at += 1 + query[at]
        kind, _ = struct.unpack_from(">HH", query, at + 1)
        question = query[12:at + 5]
        port = self.ports.get(".".join(labels[2:])) if kind == SRV and labels[:2] == ["_xmpp-server", "_tcp"] else None
        if port is None:
            return query[:2] + struct.pack(">HHHHH", 0x8180 | NXDOMAIN, 1, 0, 0, 0) + question
        target = struct.pack(">HHH", 0, 0, port) + b"\x09localhost\x00"
        return (query[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0) + question +
                struct.pack(">HHHIH", 0xC00C, SRV, IN, 60, len(target)) + target)
