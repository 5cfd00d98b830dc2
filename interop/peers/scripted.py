"""A TLS server that behaves as a test wants: for what no real server does on purpose."""

import socket
import ssl
import threading


class Scripted:
    """Serves one connection: `script(stream, tls)` gets a buffered stream and the TLS socket."""

    def __init__(self, certificate, script):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.chain, certificate.key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(30)
        self.port = self._listener.getsockname()[1]
        self.heard = []
        self._thread = threading.Thread(target=self._serve, args=(context, script), daemon=True)
        self._thread.start()

    def _serve(self, context, script):
        try:
            with self._listener.accept()[0] as raw:
                raw.settimeout(30)
                with context.wrap_socket(raw, server_side=True) as tls:
                    with tls.makefile("rwb", buffering=0) as self.stream:
                        script(self, tls)
        except OSError:
            pass  # the client has gone, which is its right

    def say(self, *lines):
        self.stream.write(b"".join(line + b"\r\n" for line in lines))

    def hear(self):
        """The client's next line without its end; None at the end."""
        line = self.stream.readline(4096)
        self.heard.append(line.rstrip(b"\r\n"))
        return self.heard[-1] if line else None

    def stop(self):
        self._thread.join(30)
        self._listener.close()
