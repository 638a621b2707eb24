"""Debian's Postfix as another mail server: an instance of its own in a temporary folder, on the loopback.

It asks no DNS. Letters for the domains it keeps are delivered into one Maildir; others leave by `routes`.
Postfix starts its daemons as root and gives rights away, so it only runs as root.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.certificates import Files
from tests.children import ending_with_us, free_port
from tests.system.waiting import until

MASTER = "/usr/lib/postfix/sbin/master"
STARTS_WITHIN = 15.0

MASTER_CF = """
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """One instance, from `with` to its end.

    `keeps` are the domains whose letters it keeps; `routes` says where others go, `{"domain": "[127.0.0.1]:25"}`
    (`error:5.1.1 text` refuses them); `settings` are lines of main.cf that replace or add to ours; `presents` is
    what it shows as a client, `serves` as a server, which then offers STARTTLS.
    """

    def __init__(
        self,
        *,
        keeps: tuple[str, ...] = (),
        routes: Mapping[str, str] | None = None,
        presents: Files | None = None,
        serves: Files | None = None,
        authority: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="pli-postfix-"))
        self._keeps = keeps
        self._routes = routes or {}
        self._tls = _tls(presents, serves, authority)
        self._settings = settings or {}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._prepare()
            command = [MASTER, "-s", "-c", str(self._folder / "etc")]
            self._process = subprocess.Popen(
                ending_with_us(command, by="TERM"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )
            until(self._greets, what="Postfix's greeting", within=STARTS_WITHIN, every=0.1)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=15)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _prepare(self) -> None:
        assert os.geteuid() == 0, "Postfix only starts as root"
        self._folder.chmod(0o755)
        for name in ("etc", "queue", "data", "mail"):
            (self._folder / name).mkdir()
        for name, owner in (("data", "postfix"), ("mail", "nobody")):
            shutil.chown(self._folder / name, owner)
        (self._folder / "etc" / "main.cf").write_text("".join(f"{k} = {v}\n" for k, v in self._main().items()))
        (self._folder / "etc" / "master.cf").write_text(MASTER_CF.format(port=f"127.0.0.1:{self.port}").lstrip())
        subprocess.run(["postfix", "-c", str(self._folder / "etc"), "check"], check=True, capture_output=True)

    def _main(self) -> dict[str, str]:
        nobody = str(pwd.getpwnam("nobody").pw_uid)
        routes = ", ".join(f"{{ {domain} = {_transport(to)} }}" for domain, to in self._routes.items())
        usual = {
            "compatibility_level": "3.6",
            "queue_directory": str(self._folder / "queue"),
            "data_directory": str(self._folder / "data"),
            "maillog_file": str(self.log),
            "maillog_file_prefixes": str(self._folder),
            "myhostname": "postfix.example",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "smtp_dns_support_level": "disabled",
            "smtp_host_lookup": "native",
            "mydestination": "",
            "local_transport": "error:no local mail",
            "alias_maps": "",
            "alias_database": "",
            "message_size_limit": "40000000",
            "mailbox_size_limit": "0",
            "virtual_mailbox_limit": "0",
            "virtual_mailbox_domains": ", ".join(self._keeps),
            "virtual_mailbox_base": str(self._folder / "mail"),
            "virtual_mailbox_maps": "static:inbox/",
            "virtual_minimum_uid": "1",
            "virtual_uid_maps": f"static:{nobody}",
            "virtual_gid_maps": f"static:{nobody}",
            "transport_maps": f"inline:{{ {routes} }}" if routes else "",
            "minimal_backoff_time": "2s",
            "maximal_backoff_time": "4s",
            "queue_run_delay": "2s",
            "in_flow_delay": "0",
        }
        return {**usual, **self._tls, **self._settings}

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2.0) as connection:
                return connection.recv(64).startswith(b"220")
        except OSError:
            return False

    @property
    def log(self) -> Path:
        """What it says of each letter and connection."""
        return self._folder / "mail.log"

    def says(self, words: str, within: float = 30.0) -> str:
        """The line of its log with these words, once it is there."""

        def line() -> str | None:
            lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
            return next((one for one in lines if words in one), None)

        found = until(line, what=f"Postfix says {words!r}", within=within)
        assert found is not None
        return found

    def kept(self) -> list[EmailMessage]:
        """The letters that it keeps, in the order of their coming."""
        files = sorted(
            (self._folder / "mail" / "inbox" / "new").glob("*"), key=lambda file: file.stat().st_mtime_ns
        )
        return [_message(file.read_bytes()) for file in files]

    def waits_for(self, count: int, within: float = 30.0) -> list[EmailMessage]:
        """The letters that it keeps, once there are so many."""
        return until(self.kept, lambda found: len(found) >= count, what=f"{count} letters kept", within=within)


def _message(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def _transport(to: str) -> str:
    return to if to.startswith("error:") else f"smtp:{to}"


def _tls(presents: Files | None, serves: Files | None, authority: Path | None) -> dict[str, str]:
    settings = {"smtp_tls_security_level": "may", "smtp_tls_loglevel": "1", "smtpd_tls_loglevel": "1"}
    if authority is not None:
        settings |= {"smtp_tls_CAfile": str(authority), "smtpd_tls_CAfile": str(authority)}
    if presents is not None:
        settings |= {"smtp_tls_cert_file": str(presents.certificate), "smtp_tls_key_file": str(presents.key)}
    if serves is not None:
        settings |= {
            "smtpd_tls_security_level": "may",
            "smtpd_tls_cert_file": str(serves.certificate),
            "smtpd_tls_key_file": str(serves.key),
        }
    return settings
