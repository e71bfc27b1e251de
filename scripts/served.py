"""A `graft serve` of a script's own: on a free port of 127.0.0.1, ended with the script."""

import http.client
import json
import subprocess
import sys
import time


class Served:
    """Use it as a context: the server is up inside, and has ended behind it."""

    def __init__(self, graft, model, *flags):
        begin = time.time()
        self.process = subprocess.Popen(
            [graft, "serve", "--model", str(model), "--port", "0", "--quiet", *map(str, flags)],
            stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().split(" ")[0]
        if not self.address.startswith("http://"):
            sys.exit(f"graft serve ended with {self.process.wait()}")
        self.start_seconds = time.time() - begin
        self.port = int(self.address.rstrip("/").rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Asks it to end; its exit code, 0 if it ended in order."""
        self.process.terminate()
        return self.process.wait(60)

    def open(self, method, path, body=None):
        """A connection and its response, whose body is not read yet."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        connection.request(
            method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        return connection, connection.getresponse()

    def ask(self, method, path, body=None):
        """(status, JSON)."""
        connection, response = self.open(method, path, body)
        try:
            return response.status, json.loads(response.read())
        finally:
            connection.close()
