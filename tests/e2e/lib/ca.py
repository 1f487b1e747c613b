"""A certificate authority for one run: made when the run starts, thrown away with its folder."""

import pathlib
import subprocess


def _openssl(*args):
    done = subprocess.run(["openssl", *map(str, args)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError("openssl %s: %s" % (args[0], done.stderr.strip()))


class Authority:
    """Folder with ca.pem (what clients trust) and, after issue(), NAME.pem and NAME.key."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.pem = self.folder / "ca.pem"
        self._key = self.folder / "ca.key"
        if not self.pem.exists():
            _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256",
                     "-keyout", self._key, "-out", self.pem, "-days", 30, "-subj", "/CN=filterd test run",
                     "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, name, domains):
        """A certificate for these domains (and 127.0.0.1), good for both ends of a TLS connection.
        Returns (certificate, key); the certificate file holds the leaf alone."""
        cert, key = self.folder / (name + ".pem"), self.folder / (name + ".key")
        request, ext = self.folder / (name + ".csr"), self.folder / (name + ".ext")
        names = ["DNS:" + d for d in domains] + ["DNS:localhost", "IP:127.0.0.1"]
        ext.write_text("subjectAltName=%s\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n"
                       "extendedKeyUsage=serverAuth,clientAuth\n" % ",".join(names))
        _openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256",
                 "-keyout", key, "-out", request, "-subj", "/CN=" + domains[0])
        _openssl("x509", "-req", "-in", request, "-CA", self.pem, "-CAkey", self._key, "-CAcreateserial",
                 "-days", 30, "-sha256", "-extfile", ext, "-out", cert)
        request.unlink()
        ext.unlink()
        key.chmod(0o600)
        return cert, key
