"""A server that behaves as a test wants: for what no real server does on purpose."""

import socket
import ssl
import threading
import time


class Scripted:
    """Serves one connection: `script(server)` gets this object, whose `stream` is inside TLS, or
    with `tls=False` in clear until start_tls().

    `heard` holds the lines that the script has read, `clear` all octets that came in clear."""

    def __init__(self, certificate, script, tls=True):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate.chain, certificate.key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(30)
        self.port = self._listener.getsockname()[1]
        self.heard = []
        self.clear = b""
        self.stream = None
        self._tls = None
        self._thread = threading.Thread(target=self._serve, args=(script, tls), daemon=True)
        self._thread.start()

    def _serve(self, script, tls):
        try:
            with self._listener.accept()[0] as self._raw:
                self._raw.settimeout(30)
                if tls:
                    self.start_tls()
                else:
                    self.stream = self._raw.makefile("rwb", buffering=0)
                script(self)
                self._drain()
        except OSError:
            pass  # the client has gone, which is its right
        finally:
            if self._tls is not None:
                self.stream.close()
                self._tls.close()

    def start_tls(self):
        if self.stream is not None:
            self.stream.close()
        self._tls = self._context.wrap_socket(self._raw, server_side=True)
        self.stream = self._tls.makefile("rwb", buffering=0)

    def say(self, *lines):
        self.say_octets(b"".join(line + b"\r\n" for line in lines))

    def say_octets(self, octets):
        self.stream.write(octets)

    def say_slowly(self, octets):
        """Each in a packet of its own, as far as that can be had."""
        self._raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in octets:
            self.stream.write(bytes([octet]))
            time.sleep(0.001)

    def hear(self):
        """The client's next line without its end; None at the end."""
        line = self.stream.readline(4096)
        if self._tls is None:
            self.clear += line
        self.heard.append(line.rstrip(b"\r\n"))
        return self.heard[-1] if line else None

    def _drain(self):
        """Hears the client out in clear, when the script has nothing more to say to it."""
        if self._tls is None:
            self._raw.shutdown(socket.SHUT_WR)
            while octets := self._raw.recv(4096):
                self.clear += octets

    def stop(self):
        self._thread.join(30)
        self._listener.close()
