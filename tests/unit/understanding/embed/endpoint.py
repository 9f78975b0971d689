"""A small server of the protocol `/v1/embeddings`, told how to misbehave."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DIMENSION = 4


def vector(text: str) -> list[float]:
    return [float(len(text)), 1.0, float(sum(map(ord, text)) % 7), 2.0]


class Endpoint:
    """Plays `script` answer by answer, then answers well; `asked` keeps every body."""

    def __init__(self, *script: str, batch_max: int = 1_000) -> None:
        self.script = list(script)
        self.batch_max = batch_max
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.url = ""

    def answer(self, turn: str, texts: list[str]) -> tuple[int, dict[str, str], bytes]:
        rows = [
            {"object": "embedding", "index": at, "embedding": vector(text)}
            for at, text in enumerate(texts)
        ]
        good = {"object": "list", "data": rows[::-1], "usage": {"total_tokens": 3 * len(texts)}}
        if len(texts) > self.batch_max:
            return 413, {}, b"too many inputs"
        match turn.split():
            case ["429", *after]:
                return 429, {"Retry-After": after[0]} if after else {}, b"slow down"
            case ["status", code]:
                return int(code), {}, b'{"error": {"message": "no"}}'
            case ["html"]:
                return 200, {}, b"<html>gateway</html>"
            case ["short"]:
                return 200, {}, json.dumps({**good, "data": rows[1:]}).encode()
            case ["nan"]:
                return 200, {}, json.dumps({**good, "data": [
                    {**row, "embedding": [float("nan")] * DIMENSION} for row in rows
                ]}).encode()  # fmt: skip
            case ["key"]:
                said = f"Incorrect key: {self.keys[-1]}, sk-other\n" + "x" * 500
                return 401, {}, said.encode()
            case ["zeros"]:
                return 200, {}, json.dumps({**good, "data": [
                    {**row, "embedding": [0.0] * DIMENSION} for row in rows
                ]}).encode()  # fmt: skip
            case ["wide"]:
                return 200, {}, json.dumps({**good, "data": [
                    {**row, "embedding": [1.0] * 5} for row in rows
                ]}).encode()  # fmt: skip
        return 200, {}, json.dumps(good).encode()


@contextmanager
def serving(endpoint: Endpoint) -> Iterator[Endpoint]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            endpoint.asked.append(body)
            endpoint.keys.append(self.headers.get("authorization"))
            turn = endpoint.script.pop(0) if endpoint.script else "good"
            status, headers, said = endpoint.answer(turn, body["input"])
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            try:
                if turn == "drip":
                    for byte in said[:40]:
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                        time.sleep(0.02)
                else:
                    self.wfile.write(said)
            except (BrokenPipeError, ConnectionResetError):
                pass

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    endpoint.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
