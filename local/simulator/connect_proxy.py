"""A CONNECT proxy on loopback whose every destination is this simulator: WeCom's own library reaches it through one.

The library speaks TLS to ``qyapi`` and asks nobody about the certificate (content paper, trap T1), so one that was made
a moment ago for the name it wants will do.
"""

import asyncio
import ssl
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_BLOCK = 1 << 16
_SECONDS = 30.0
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_REFUSED = b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n"


class ConnectProxy:
    """``api_port`` is the API's; a host's certificate is made when it is first asked for."""

    def __init__(self, api_port: int) -> None:
        self._api_port = api_port
        self._contexts: dict[str, ssl.SSLContext] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection; for `asyncio.start_server`."""
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, IndexError, ValueError):
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _SECONDS)
            if not head.startswith(b"CONNECT "):
                writer.write(_REFUSED)
            else:
                writer.write(_ESTABLISHED)
                await writer.drain()
                await writer.start_tls(self._tls(_host(head)))
                await self._join(reader, writer)
        writer.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._api_port)
        asking = asyncio.create_task(_copy(reader, up_writer))
        try:
            await _copy(up_reader, writer)
        finally:
            asking.cancel()
            up_writer.close()

    def _tls(self, host: str) -> ssl.SSLContext:
        if host not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            with tempfile.NamedTemporaryFile(suffix=".pem") as file:
                Path(file.name).write_bytes(_certificate(host))
                context.load_cert_chain(file.name)
            self._contexts[host] = context
        return self._contexts[host]


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while block := await reader.read(_BLOCK):
        writer.write(block)
        await writer.drain()


def _host(head: bytes) -> str:
    """That of ``CONNECT host:port HTTP/1.1``."""
    return head.split()[1].rpartition(b":")[0].decode("latin-1")


def _certificate(host: str) -> bytes:
    """Key and certificate in one PEM, signed by nobody but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "simulated WeCom")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return secret + certificate.public_bytes(Encoding.PEM)
