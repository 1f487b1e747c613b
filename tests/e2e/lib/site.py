"""A whole site for a run: XMPP server, filterd, syslog receiver, and clients that are closed with it."""

import pathlib

from . import filterd, run, servers
from .client import Client

PREFIX = servers.SOURCE / ".run" / "prefix"


class Site:
    """site = Site("prosody", prefix).start(); … site.stop()"""

    def __init__(self, kind, prefix=PREFIX, folder=None, server=None, daemon=None):
        """server, daemon: dicts with further settings for servers.Settings and filterd.Filterd."""
        self._scratch = None if folder else run.scratch()
        self.folder = pathlib.Path(folder or self._scratch)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.kind, self.prefix = kind, pathlib.Path(prefix)
        self.clients = []
        self.syslog = filterd.Syslog(self.folder / "syslog.sock", self.folder / "syslog")
        self.server = servers.new_server(kind, self.folder, **(server or {}))
        self._daemon_settings = daemon or {}
        self.filterd = None

    def start(self):
        try:
            self.start_server()
            self.start_filterd()
        except BaseException:
            self.stop()
            raise
        return self

    def start_server(self):
        self.server.start()

    def start_filterd(self):
        if self.filterd is None:
            self.filterd = filterd.Filterd(self.prefix, self.folder / "filterd", self.server, self.syslog, **self._daemon_settings)
        self.filterd.start()
        self.filterd.wait_ready()

    def client(self, jid, **settings):
        """A connected client; closed when the site stops."""
        if "@" not in jid:
            jid = next(j for j in self.server.accounts if j.startswith(jid + "@"))
        client = Client(self.server, jid, **settings).connect()
        self.clients.append(client)
        return client

    def close_clients(self):
        while self.clients:
            self.clients.pop().close()

    def stop(self):
        self.close_clients()
        if self.filterd:
            self.filterd.stop()
        self.server.stop()
        self.syslog.close()
        if self._scratch:
            run.remove(self._scratch)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
