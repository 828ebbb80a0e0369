#!/usr/bin/env bash
# fsspec's web file system says FileNotFoundError where a server refuses or cannot be reached, not only for a 404.
#
# Versions: fsspec 2026.9.0, aiohttp 3.14.5, Python 3.11.
# Behavior: info() raises FileNotFoundError for a 404, and as well for a 403, a 500 and a host that does not answer;
#   exists() is False for all of them. What happened stands in the error's __cause__ alone.
# What follows: code that makes a file anew, or goes on without it, where it is "not found" does so when a signature has
#   expired or the network is down. Look at the status of __cause__ before believing it.
# Output seen: the lines at the end.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check 'fsspec==2026.9.0' 'aiohttp==3.14.5'
cat > missing.py <<'PYTHON'
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import fsspec


class Handler(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.send_response(int(self.path.strip("/")))
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, *args):
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    silent = free.getsockname()[1]
files = fsspec.filesystem("http")
addresses = {str(code): f"http://127.0.0.1:{server.server_port}/{code}" for code in (404, 403, 500)}
for name, address in {**addresses, "no server": f"http://127.0.0.1:{silent}/x"}.items():
    try:
        files.info(address)
    except Exception as error:
        cause = getattr(error.__cause__, "status", type(error.__cause__).__name__)
        print(f"{name}: {type(error).__name__}, because of {cause}; exists: {files.exists(address)}")
server.shutdown()
PYTHON
env/bin/python missing.py | tee seen.txt
diff seen.txt - <<'EXPECTED'
404: FileNotFoundError, because of 404; exists: False
403: FileNotFoundError, because of 403; exists: False
500: FileNotFoundError, because of 500; exists: False
no server: FileNotFoundError, because of ClientConnectorError; exists: False
EXPECTED
