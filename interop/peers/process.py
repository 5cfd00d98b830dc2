"""Child processes: started in the foreground, watched, ended by their own process id."""

import os
import signal
import socket
import subprocess
import time

PATIENCE = 20.0


class PeerError(Exception):
    """A peer could not be started or prepared."""


def free_port():
    """A port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def output_of(arguments, given=b"", **options):
    """Runs a program to its end and gives what it printed; PeerError if it fails."""
    done = subprocess.run(arguments, input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=120, **options)
    if done.returncode != 0:
        raise PeerError(f"{arguments[0]} failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode()


class Process:
    """A server in the foreground, with its output in a file."""

    def __init__(self, arguments, log, **options):
        self.arguments = arguments
        self.log = log
        with open(log, "ab") as out:
            # A session of its own: a server that signals its process group must not reach us.
            self.child = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=out, start_new_session=True, **options)

    def wait_for_port(self, port):
        """Waits until the port is listened on."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.child.poll() is not None:
                raise PeerError(f"{self.arguments[0]} ended at once:\n{self.log_text()}")
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise PeerError(f"{self.arguments[0]} does not listen on {port}:\n{self.log_text()}")

    def log_text(self):
        """What it has printed so far."""
        with open(self.log, "rb") as log:
            return log.read().decode(errors="replace")

    def stop(self):
        """Ends it in order, or else by force; gives its exit status."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
        return self.child.wait()


def open_to_services(path):
    """Lets the unprivileged users of a server that runs as root pass through the directory."""
    if os.geteuid() == 0:
        os.chmod(path, 0o755)
