"""A private ejabberd (Debian's package) for one test run: own configuration, spool, cookie, log and ports, on loopback only.

No epmd: the node listens for its control connections on a port that is given on both command lines (-erl_epmd_port), so several nodes,
and the machine's own ejabberd, cannot clash, and nothing stays behind.  The node is started as an administrator's ejabberdctl would start
it, but without the change of user, so it runs as whoever runs the tests.
"""
import json
import os
import secrets
import signal
import subprocess
import time

from . import names, run

ERL = "/usr/bin/erl"
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 20
# A test machine is shared: schedulers must sleep when idle instead of spinning.
QUIET_VM = ["+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none", "+K", "true", "+P", "100000"]


def start_ejabberd(workdir, hosts, accounts, components, cert, ca, beam_dir=None, module_options=None, *, xmpp_port=0,
                   component_port=0, http_port=0, s2s_port=0, s2s_map=None, extra_modules=None, extra_config=None,
                   contrib_modules=None, component_tls=False, verbose=False):
    """Start a server and return once it serves all its ports.

    workdir         an empty or new folder; everything the server writes is in it
    hosts           virtual hosts, e.g. ["example.test", "partner.test"]
    accounts        {bare JID: password}
    components      {domain: secret}: XEP-0114 components that may connect
    cert, ca        PEM files: certificate chain with its key; the certification authority
    beam_dir        folder with mod_filterd.beam; None = not in the code path
    module_options  options of mod_filterd; None = module not loaded
    *_port          0 = a free one is picked; s2s_port 0 = no server-to-server at all
    s2s_map         {remote domain: port on 127.0.0.1}; other servers do not exist
    extra_modules   {module: options};  extra_config: top-level options, replacing the ones here
    contrib_modules folder used as ~/.ejabberd-modules (ejabberdctl module_install); default: one in workdir
    """
    server = Ejabberd(str(workdir), list(hosts), str(beam_dir) if beam_dir else None, contrib_modules)
    server.xmpp_port = xmpp_port or run.free_port()
    server.component_port = component_port or run.free_port()
    server.http_port = http_port or run.free_port()
    server.s2s_port = s2s_port
    server.component_tls = component_tls
    config = configuration(server, components, str(cert), str(ca), module_options, extra_modules, verbose)
    server.s2s_map = s2s_map or {}
    config.update(extra_config or {})
    server.write_files(config)
    server.start()
    try:
        server.register(accounts)
    except Exception:
        server.stop()
        raise
    return server


def configuration(server, components, cert, ca, module_options, extra_modules, verbose):
    listen = [
        {"port": server.xmpp_port, "ip": "127.0.0.1", "module": "ejabberd_c2s", "starttls": True, "max_stanza_size": 524288},
        {"port": server.http_port, "ip": "127.0.0.1", "module": "ejabberd_http",
         "request_handlers": {"/bosh": "mod_bosh", "/ws": "ejabberd_http_ws"}},
        {"port": server.component_port, "ip": "127.0.0.1", "module": "ejabberd_service", "access": "all",
         # else each component is sent what is for any of them
         # (this listener takes its certificate from nowhere else)
         "global_routes": False, **({"tls": True, "certfile": cert} if server.component_tls else {}),
         "hosts": {domain: {"password": secret} for domain, secret in components.items()}},
    ]
    if server.s2s_port:
        listen.append({"port": server.s2s_port, "ip": "127.0.0.1", "module": "ejabberd_s2s_in", "max_stanza_size": 524288})
    modules = {
        "mod_adhoc": {}, "mod_admin_extra": {}, "mod_announce": {}, "mod_blocking": {}, "mod_bosh": {}, "mod_caps": {}, "mod_carboncopy": {},
        "mod_disco": {}, "mod_last": {}, "mod_mam": {"default": "always", "assume_mam_usage": True},
        "mod_muc": {"access": "all", "access_create": "all", "host": "rooms.@HOST@", "history_size": 20,
                    "default_room_options": {"mam": True, "allow_private_messages": True}},
        "mod_muc_admin": {}, "mod_offline": {}, "mod_ping": {}, "mod_privacy": {}, "mod_private": {},
        "mod_pubsub": {"plugins": ["flat", "pep"], "last_item_cache": False}, "mod_roster": {"versioning": True},
        "mod_s2s_dialback": {}, "mod_stream_mgmt": {"resend_on_timeout": "if_offline", "resume_timeout": 60},
        "mod_vcard": {"search": False}, "mod_version": {},
    }
    if module_options is not None:
        modules["mod_filterd"] = module_options
    modules.update(extra_modules or {})
    return {
        "hosts": server.hosts, "loglevel": "debug" if verbose else "info", "log_rotate_count": 0,
        "certfiles": [cert], "ca_file": ca, "auth_method": "internal", "auth_password_format": "plain",
        "s2s_use_starttls": "optional", "negotiation_timeout": 20, "disable_sasl_mechanisms": ["X-OAUTH2"],
        # A stanza for a component that is not connected must not be looked for on the network.
        "acl": {"component_domains": {"server": list(components)}, "admin": {"user": ["admin@" + server.hosts[0]]}},
        "access_rules": {"s2s": [{"deny": "component_domains"}, {"allow": "all"}], "announce": [{"allow": "admin"}]},
        "s2s_access": "s2s" if server.s2s_port else "none",
        "listen": listen, "modules": modules,
    }


class Ejabberd:
    def __init__(self, workdir, hosts, beam_dir, contrib_modules):
        self.workdir = workdir
        self.hosts = hosts
        self.beam_dir = beam_dir
        self.contrib_modules = contrib_modules or os.path.join(workdir, ".ejabberd-modules")
        self.node = "ejabberd%s@localhost" % secrets.token_hex(3)
        self.dist_port = run.free_port()
        self.log_path = os.path.join(workdir, "ejabberd.log")
        self.config_path = os.path.join(workdir, "ejabberd.yml")
        self.process = None
        self.xmpp_port = self.component_port = self.http_port = self.s2s_port = 0

    @property
    def pid(self):
        return self.process.pid

    def write_files(self, config):
        os.makedirs(os.path.join(self.workdir, "spool"), exist_ok=True)
        for folder in ("conf", "sources"):
            os.makedirs(os.path.join(self.contrib_modules, folder), exist_ok=True)
        with open(os.path.join(self.workdir, ".erlang.cookie"), "w", opener=private) as cookie:
            cookie.write(secrets.token_hex(16))
        os.chmod(os.path.join(self.workdir, ".erlang.cookie"), 0o400)
        self.write_config(config)

    def write_config(self, config):
        self.config = config
        with open(self.config_path, "w", opener=private) as out:
            json.dump(config, out, indent=1)        # JSON is YAML

    def environment(self):
        env = {key: os.environ[key] for key in ("PATH", "LANG", "TZ") if key in os.environ}
        return env | {
            "HOME": self.workdir, "EJABBERD_CONFIG_PATH": self.config_path, "EJABBERD_LOG_PATH": self.log_path,
            "ERL_CRASH_DUMP": os.path.join(self.workdir, "erl_crash.dump"), "ERL_CRASH_DUMP_BYTES": "0",
            "ERL_INETRC": os.path.join(self.workdir, "inetrc"), "ERL_LIBS": "/usr/lib/x86_64-linux-gnu", "ERL_DIST_PORT": str(self.dist_port),
            "CONTRIB_MODULES_PATH": self.contrib_modules, "CONTRIB_MODULES_CONF_DIR": os.path.join(self.contrib_modules, "conf"),
        }

    def start(self):
        """Also for a second start after stop() or a kill: same ports, same spool."""
        assert self.process is None or self.process.poll() is not None
        self.serve_names()
        already = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        command = [ERL, "-sname", self.node, *QUIET_VM, "-noinput", "-erl_epmd_port", str(self.dist_port), "-start_epmd", "false",
                   "-kernel", "inet_dist_use_interface", "{127,0,0,1}"]
        if self.beam_dir:
            command += ["-pa", self.beam_dir]
        command += ["-mnesia", "dir", json.dumps(os.path.join(self.workdir, "spool")), "-s", "ejabberd"]
        with open(os.path.join(self.workdir, "console.log"), "ab") as console:
            # not in workdir: were its last part "ejabberd", Erlang would take it for the application's own folder
            self.process = subprocess.Popen(command, cwd=os.path.join(self.workdir, "spool"), env=self.environment(), stdin=subprocess.DEVNULL,
                                            stdout=console, stderr=console, start_new_session=True,
                                            preexec_fn=run.die_with_parent)
        give_up = time.monotonic() + START_TIMEOUT_S
        while "is started in the node" not in self.log(already):
            if self.process.poll() is not None or time.monotonic() > give_up:
                self.stop()
                raise RuntimeError("ejabberd did not start:\n" + self.log(already)[-4000:])
            time.sleep(0.05)

    def serve_names(self):
        """Names come from us alone: a test must not ask a real name server."""
        self.names = names.NameServer(self.s2s_map)
        with open(os.path.join(self.workdir, "inetrc"), "w") as inetrc:
            inetrc.write('{resolv_conf,""}.\n{hosts_file,""}.\n{lookup,["file"]}.\n{host,{127,0,0,1},["localhost"]}.\n{nameserver,{127,0,0,1},%d}.\n' % self.names.port)

    def stop(self, kill=False):
        """Ends the node and everything it has started; safe to call twice."""
        if self.process is None:
            return
        self.names.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
            try:
                self.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)     # its own session: port programs that outlived the node
        except ProcessLookupError:
            pass

    def log(self, since=0):
        try:
            with open(self.log_path, errors="replace") as log:
                log.seek(since)
                return log.read()
        except FileNotFoundError:
            return ""

    def ctl(self, *arguments, check=True):
        """An ejabberdctl command; returns what it prints."""
        done = subprocess.run(self.client("ctl") + ["-s", "ejabberd_ctl", "-extra", self.node, *arguments], env=self.environment(),
                              cwd=self.workdir, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        if check and done.returncode != 0:
            raise RuntimeError("ejabberdctl %s: %s" % (" ".join(arguments), done.stdout + done.stderr))
        return done.stdout

    def client(self, purpose):
        return [ERL, "-sname", "%s%s@localhost" % (purpose, secrets.token_hex(3)), *QUIET_VM, "-noinput", "-hidden", "-dist_listen", "false",
                "-erl_epmd_port", str(self.dist_port), "-start_epmd", "false"]

    def register(self, accounts):
        triples = ",".join("{%s,%s,%s}" % tuple(map(binary, (*jid.split("@", 1), password))) for jid, password in accounts.items())
        answer = self.call("lists", "foreach", "fun({U, H, P}) -> ok = ejabberd_auth:try_register(U, H, P) end, [%s]" % triples)
        if answer != "ok":
            raise RuntimeError("accounts not registered: " + answer)

    def call(self, module, function, arguments):
        """module:function(arguments) run in the node, arguments given as Erlang source that is evaluated there."""
        source = "%s:%s(%s)." % (module, function, arguments)
        run = ('{ok, T, _} = erl_scan:string(S), {ok, E} = erl_parse:parse_exprs(T), '
               'R = rpc:call(list_to_atom("%s"), erl_eval, exprs, [E, []]), '
               'case R of {value, V, _} -> io:format("~0tp", [V]); X -> io:format("~0tp", [X]) end, halt().' % self.node)
        wrapped = "S = %s, %s" % (json.dumps(source), run)
        done = subprocess.run(self.client("call") + ["-eval", wrapped], env=self.environment(), cwd=self.workdir,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError("call: " + done.stdout + done.stderr)
        return done.stdout

    def reload_module(self):
        """Stops mod_filterd, loads its code anew and starts it, on every host, as 'ejabberdctl restart_module' does."""
        for host in self.hosts:
            self.ctl("restart_module", host, "mod_filterd")


def binary(text):
    return "<<%s/utf8>>" % json.dumps(text, ensure_ascii=False)


def private(path, flags):
    return os.open(path, flags, 0o600)
