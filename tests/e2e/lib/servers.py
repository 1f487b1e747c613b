"""Real XMPP servers for a run, on loopback ports, with folders of their own; system services are not touched.

    server = start_server("prosody", workdir)
    server.xmpp_port, server.component_port, server.ca, server.accounts …
    server.stop()

Server is the same for both kinds, so that tests are written once.
"""

import pathlib
import secrets as random_secrets
import subprocess

from . import ca, run

HOSTS = ("example.test", "partner.test")
USERS = ("alice@example.test", "bob@example.test", "carol@partner.test")
SOURCE = pathlib.Path(__file__).resolve().parents[3]


class Settings:
    """What a server is to be like; the same words for both kinds."""

    def __init__(self, workdir, hosts=HOSTS, accounts=USERS, filter_component="filter.example.test",
                 upload_component="upload.example.test", muc=None, secrets=None, module=True, module_options=None,
                 plugins=None, components=None, s2s=None, authority=None, own_upload=False, tls=True, lean=False, extra="",
                 component_tls=False):
        self.workdir = pathlib.Path(workdir)
        self.hosts = tuple(hosts)
        self.muc = muc or "rooms." + self.hosts[0]
        self.filter_component = filter_component  # None: no such component
        self.upload_component = upload_component  # None: no such component
        self.module = module                      # load mod_filterd
        self.module_options = module_options or {}  # timeout=5, on_failure="closed", max_held=256 …
        self.plugins = pathlib.Path(plugins) if plugins else SOURCE / "plugins"
        self.components = dict(components or {})  # further XEP-0114 components: domain -> secret
        self.s2s = s2s                            # None: no s2s at all; else {remote domain: its s2s port}
        self.authority = authority or ca.Authority(self.workdir / "ca")
        self.own_upload = own_upload              # the server's own upload module instead of ours (benchmarks)
        self.component_tls = component_tls        # component links by TLS (ejabberd alone can)
        self.tls = tls                            # False: plain c2s allowed (benchmarks)
        self.lean = lean                          # no archive, no rooms' archive, no PEP (benchmarks)
        self.extra = extra                        # text for the end of the configuration
        self.secrets = dict(secrets or {})
        for domain in filter(None, (filter_component, upload_component)):
            self.secrets.setdefault(domain, random_secrets.token_hex(16))
        self.secrets.update(self.components)
        if isinstance(accounts, dict):
            self.accounts = dict(accounts)
        else:
            self.accounts = {jid: random_secrets.token_hex(8) for jid in accounts}


class Server:
    """A running server. Attributes: kind, pid, xmpp_port, s2s_port, component_port, http_port, ca, accounts,
    secrets, muc, log (path), settings."""

    kind = ""

    def __init__(self, settings):
        self.settings = settings
        self.ca = str(settings.authority.pem)
        self.accounts = settings.accounts
        self.secrets = settings.secrets
        self.muc = settings.muc
        self.hosts = settings.hosts
        self.filter_component = settings.filter_component
        self.upload_component = settings.upload_component
        self.folder = settings.workdir / self.kind
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / (self.kind + ".log")
        self.process = None
        self.pick_ports()

    def pick_ports(self):
        self.xmpp_port, self.component_port = run.free_port(), run.free_port()
        self.http_port, self.s2s_port = run.free_port(), run.free_port()

    @property
    def pid(self):
        return self.process.pid if self.process else None

    @property
    def bosh_url(self):
        return "http://127.0.0.1:%d/http-bind" % self.http_port

    def start(self):
        """Starts it and returns when clients and components can connect."""
        raise NotImplementedError

    def reload_module(self):
        """Loads mod_filterd anew, as an admin would after an update."""
        raise NotImplementedError

    def stop(self):
        if self.process:
            run.end(self.process)
            self.process = None

    def kill(self):
        """kill -9"""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self):
        self.stop()
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def _lua(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "{ %s }" % "; ".join(_lua(v) for v in value)
    if isinstance(value, dict):
        return "{ %s }" % "; ".join("[%s] = %s" % (_lua(str(k)), _lua(v)) for k, v in value.items())
    return '"%s"' % str(value).replace("\\", "\\\\").replace('"', '\\"')


class Prosody(Server):
    kind = "prosody"

    def write_config(self):
        s = self.settings
        cert, key = s.authority.issue("prosody-%s" % s.hosts[0], list(s.hosts) + [s.muc, *s.secrets])
        modules = ["disco", "roster", "saslauth", "tls", "pep", "private", "vcard4", "vcard_legacy", "blocklist",
                   "bookmarks", "carbons", "smacks", "ping", "time", "version", "mam", "offline", "bosh", "websocket",
                   "csi_simple", "admin_shell", "posix"]
        if s.lean:
            modules = ["disco", "roster", "saslauth", "tls", "carbons", "smacks", "ping", "offline", "admin_shell", "posix", "http"]
        disabled = []
        if s.s2s is None:
            disabled.append("s2s")
        else:
            modules += ["dialback", "s2s_map"]
        if s.module:
            modules.append("filterd")
        disco = [[s.muc, "rooms"]]
        if s.upload_component:
            disco.append([s.upload_component, "upload"])
        lines = [
            "daemonize = false", "run_as_root = true", "pidfile = %s" % _lua(self.folder / "prosody.pid"),
            "data_path = %s" % _lua(self.folder / "data"), "admin_socket = %s" % _lua(self.folder / "admin.sock"),
            "plugin_paths = %s" % _lua([s.plugins / "prosody", SOURCE / "tests/e2e/prosody"]),
            "modules_enabled = %s" % _lua(modules), "modules_disabled = %s" % _lua(disabled),
            'log = { { levels = { min = "info" }, to = "file", filename = %s } }' % _lua(self.log),
            "interfaces = { \"127.0.0.1\" }", "local_interfaces = { \"127.0.0.1\" }",
            "c2s_ports = { %d }" % self.xmpp_port, "c2s_direct_tls_ports = {}",
            "s2s_ports = { %d }" % self.s2s_port, "s2s_direct_tls_ports = {}",
            "component_ports = { %d }" % self.component_port, "component_interfaces = { \"127.0.0.1\" }",
            "http_ports = { %d }" % self.http_port, "http_interfaces = { \"127.0.0.1\" }", "https_ports = {}",
            "http_default_host = %s" % _lua(s.hosts[0]),
            "consider_bosh_secure = true", "consider_websocket_secure = true",
            "c2s_require_encryption = %s" % _lua(s.tls), "allow_unencrypted_plain_auth = %s" % _lua(not s.tls),
            "s2s_require_encryption = true", "s2s_secure_auth = true",
            "s2s_map = %s" % _lua(s.s2s or {}),
            "certificates = %s" % _lua(s.authority.folder),
            "ssl = { certificate = %s; key = %s; cafile = %s }" % (_lua(cert), _lua(key), _lua(s.authority.pem)),
            'authentication = "internal_plain"', 'storage = "internal"',
            "default_archive_policy = true", "archive_expires_after = \"1d\"",
            "disco_items = %s" % _lua(disco), "smacks_hibernation_time = 60",
        ]
        if s.filter_component:
            lines.append("filterd_component = %s" % _lua(s.filter_component))
        lines += ["filterd_%s = %s" % (name, _lua(value)) for name, value in s.module_options.items()]
        lines.append(s.extra)
        lines += ["VirtualHost %s" % _lua(host) for host in s.hosts]
        lines.append('Component %s "muc"\n\tmodules_enabled = { "muc_mam" }\n\tmuc_log_by_default = true\n'
                     "\tmuc_room_locking = false\n\tmuc_room_default_public = true" % _lua(s.muc))
        if s.own_upload:
            lines.append('Component "files.%s" "http_file_share"\n\thttp_file_share_size_limit = 16*1024*1024\n'
                         "\thttp_file_share_daily_quota = 1e12\n\thttp_external_url = %s" %
                         (s.hosts[0], _lua("http://127.0.0.1:%d/" % self.http_port)))
        for domain, secret in s.secrets.items():
            lines.append("Component %s\n\tcomponent_secret = %s" % (_lua(domain), _lua(secret)))
        self.config = self.folder / "prosody.cfg.lua"
        self.config.write_text("\n".join(lines) + "\n")
        self.config.chmod(0o600)

    def write_accounts(self):
        """Straight into the storage: what `prosodyctl adduser` does, without half a second of Lua for each."""
        for jid, password in self.accounts.items():
            user, host = jid.split("@")
            folder = self.folder / "data" / host.replace(".", "%2e") / "accounts"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / (user + ".dat")).write_text('return {\n\t["password"] = %s;\n};\n' % _lua(password))

    def start(self):
        for attempt in range(3):
            self.write_config()
            self.write_accounts()
            self.process = run.spawn(["prosody", "-F", "--config", self.config], self.folder / "output")
            ports = [self.xmpp_port, self.http_port]
            if self.secrets:
                ports.append(self.component_port)
            try:
                run.until(lambda: self.process.poll() is not None or all(run.listening(p) for p in ports), 15, "")
                if self.process.poll() is None:
                    return self
            except TimeoutError:
                pass  # a port may have been taken since we looked: choose others
            self.stop()
            self.pick_ports()
        raise RuntimeError("prosody did not start:\n%s\n%s" % (run.tail(self.folder / "output"), run.tail(self.log)))

    def shell(self, command):
        """Runs a command in the admin shell and returns what it prints."""
        done = subprocess.run(["prosodyctl", "--config", str(self.config), "shell", command],
                              capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise RuntimeError("prosodyctl shell %s: %s%s" % (command, done.stdout, done.stderr))
        return done.stdout

    def reload_module(self):
        return self.shell('module:reload("filterd")')


class Ejabberd(Server):
    """The interface of this file over ejabberd.py."""

    kind = "ejabberd"

    @property
    def pid(self):
        return self.node.pid if self.node and self.node.process else None

    @property
    def bosh_url(self):
        return "http://127.0.0.1:%d/bosh" % self.http_port

    def __init__(self, settings):
        self.node = None
        self._first = True
        super().__init__(settings)

    def compiled_module(self):
        """A folder with the connector compiled from its source."""
        out = self.folder / "ebin"
        done = subprocess.run(["make", "-C", self.settings.plugins / "ejabberd", "EBIN=%s" % out], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError("mod_filterd: %s%s" % (done.stdout, done.stderr))
        return out

    def start(self):
        from . import ejabberd
        s = self.settings
        if self.node:  # again: same ports, same spool
            self.node.start()
            return self
        domains = list(s.hosts) + [p + h for h in s.hosts for p in ("rooms.", "pubsub.", "files.")] + list(s.secrets)
        cert, key = s.authority.issue("ejabberd-%s" % s.hosts[0], domains)
        both = self.folder / "certificate.pem"
        both.touch(0o600)
        both.write_text(cert.read_text() + key.read_text())
        options = None
        if s.module:
            options = {"component": s.filter_component, "exempt": [s.upload_component] if s.upload_component else [], **s.module_options}
        modules, top = {}, {}
        if s.own_upload:
            modules["mod_http_upload"] = {"put_url": "http://127.0.0.1:%d/upload" % self.http_port, "docroot": str(self.folder / "upload"),
                                          "max_size": "infinity", "host": "files.@HOST@"}
        if s.upload_component:
            modules["mod_disco"] = {"extra_domains": [s.upload_component]}
        if s.lean:
            names = ["mod_carboncopy", "mod_disco", "mod_offline", "mod_ping", "mod_roster", "mod_stream_mgmt"]
            modules.update({"mod_filterd": options} if s.module else {})
            top["modules"] = {**dict.fromkeys(names, {}), **modules}
        self.node = ejabberd.start_ejabberd(
            self.folder, s.hosts, s.accounts, s.secrets, both, s.authority.pem,
            beam_dir=self.compiled_module() if s.module else None, module_options=options,
            xmpp_port=self.xmpp_port, component_port=self.component_port, http_port=self.http_port,
            s2s_port=0 if s.s2s is None else self.s2s_port,
            s2s_map=s.s2s,
            extra_modules=modules, extra_config=top, component_tls=s.component_tls)
        self.log = pathlib.Path(self.node.log_path)
        return self

    def stop(self):
        if self.node:
            self.node.stop()

    def kill(self):
        if self.node:
            self.node.stop(kill=True)

    def reload_module(self):
        return self.node.reload_module()


def new_server(kind, workdir, **settings):
    """A server that is not started yet; settings as in class Settings."""
    if kind == "prosody":
        return Prosody(Settings(workdir, **settings))
    if kind == "ejabberd":
        return Ejabberd(Settings(workdir, **settings))
    raise ValueError("unknown kind of server: " + kind)


def start_server(kind, workdir, **settings):
    return new_server(kind, workdir, **settings).start()


def start_pair(kind, workdir, remote_kind="prosody", remote_hosts=("remote.test",), remote_accounts=("rita@remote.test",),
               **settings):
    """Two servers that talk s2s with each other: ours, and a bare second one. Both under one authority."""
    workdir = pathlib.Path(workdir)
    authority = ca.Authority(workdir / "ca")
    ours = new_server(kind, workdir / "ours", authority=authority, s2s={}, **settings)
    remote = new_server(remote_kind, workdir / "remote", authority=authority, hosts=remote_hosts,
                        accounts=remote_accounts, filter_component=None, upload_component=None, module=False,
                        muc="rooms." + remote_hosts[0], s2s={})
    for domain in remote_hosts + (remote.muc,):
        ours.settings.s2s[domain] = remote.s2s_port
    for domain in ours.hosts + (ours.muc,) + tuple(ours.secrets):
        remote.settings.s2s[domain] = ours.s2s_port
    try:
        ours.start()
        remote.start()
    except BaseException:
        ours.stop()
        remote.stop()
        raise
    return ours, remote
