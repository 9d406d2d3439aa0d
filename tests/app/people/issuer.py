"""A small identity provider on loopback, with a key of its own: real signatures, PKCE held to its word."""

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

CLIENT = "quoteguard"


@dataclass
class Issuer:
    """`claims` go into the next token, over what is right; `sign_with` is another key than the published one.

    `fetched` are the paths that were asked for.
    """

    claims: dict = field(default_factory=dict)
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    sign_with: object = None
    algorithm: str = "ES256"
    key_id: str = "k1"
    fetched: list = field(default_factory=list)
    asked: dict = field(default_factory=dict)
    server: ThreadingHTTPServer | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def start(self) -> "Issuer":
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def visit(self, address: str) -> str:
        """What a browser does there: it comes back to the address that was named, with a code."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        back = urlsplit(self.asked["redirect_uri"])
        return f"{back.path}?code=code-1&state={self.asked['state']}"

    def described(self) -> dict:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
        }

    def keys(self) -> dict:
        return {"keys": [{**json.loads(ECAlgorithm.to_jwk(self.key.public_key())), "kid": self.key_id, "alg": "ES256"}]}

    def token(self, sent: dict) -> dict:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest()).rstrip(b"=")
        if sent["code"] != "code-1" or challenge.decode() != self.asked["code_challenge"]:
            return {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT, "sub": "u-1", "iat": now, "exp": now + 60}
        claims |= {"nonce": self.asked["nonce"], "preferred_username": "Ada", "name": "Ada Abbey"} | self.claims
        signed = jwt.encode(claims, self.sign_with or self.key, self.algorithm, headers={"kid": self.key_id})
        return {"access_token": "a", "token_type": "Bearer", "id_token": signed}


def _handler(issuer: Issuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            issuer.fetched.append(self.path)
            self._answer(issuer.keys() if self.path == "/keys" else issuer.described())

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(issuer.token({name: values[0] for name, values in parse_qs(body).items()}))

        def _answer(self, document):
            content = json.dumps(document).encode()
            self.send_response(400 if "error" in document else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            pass

    return Handler
