"""A stand-in for AWS KMS, which can't be had here: its HTTP API, as far as signing goes, over a real secp256k1 key."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from eth_keys import keys

from relayer.external_signer import SECP256K1_N
from tests.unit.relayer.test_external_signer import der, public_key_der


@dataclass
class KmsStandIn:
    """What it holds and what it was asked."""

    key: keys.PrivateKey
    key_id: str = "alias/relayer"
    url: str = ""
    asked: list[str] = field(default_factory=list)
    failure: tuple[int, str] | None = None

    def answer(self, operation: str, request: dict[str, str]) -> tuple[int, dict[str, str]]:
        self.asked.append(operation)
        if self.failure is not None:
            return self.failure[0], {"__type": self.failure[1], "message": "as the test wants"}
        if request["KeyId"] != self.key_id:
            return 400, {"__type": "NotFoundException", "message": "no such key"}
        if operation == "TrentService.GetPublicKey":
            key = base64.b64encode(public_key_der(self.key)).decode()
            return 200, {"KeyId": self.key_id, "PublicKey": key, "KeySpec": "ECC_SECG_P256K1"}
        assert (request["MessageType"], request["SigningAlgorithm"]) == ("DIGEST", "ECDSA_SHA_256")
        made = self.key.sign_msg_hash(base64.b64decode(request["Message"]))
        # AWS gives either s; every other one is high here
        s = SECP256K1_N - made.s if len(self.asked) % 2 else made.s
        return 200, {"KeyId": self.key_id, "Signature": base64.b64encode(der(made.r, s)).decode()}


@contextmanager
def kms_stand_in(stand: KmsStandIn) -> Iterator[KmsStandIn]:
    """The stand-in on a free port, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            request = json.loads(self.rfile.read(length))
            status, content = stand.answer(self.headers["X-Amz-Target"], request)
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield stand
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
