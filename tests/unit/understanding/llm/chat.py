"""A small server of the protocol `/v1/chat/completions`, told what to say."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Chat:
    """Plays `script` answer by answer, the last one again and again; `asked` keeps every body."""

    def __init__(self, *script: Any) -> None:
        self.script = list(script)
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.url = ""

    def said(self) -> tuple[int, bytes]:
        turn = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(turn, int):
            return turn, b'{"error": "no"}'
        content = turn if isinstance(turn, str) else json.dumps(turn, ensure_ascii=False)
        choice = {"index": 0, "message": {"role": "assistant", "content": content}}
        return 200, json.dumps({"choices": [choice], "usage": {"total_tokens": 100}}).encode()


@contextmanager
def serving(chat: Chat) -> Iterator[Chat]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            chat.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            chat.keys.append(self.headers.get("authorization"))
            if chat.script[0] == "sleep":
                time.sleep(0.4)
            status, body = chat.said()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    chat.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield chat
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
