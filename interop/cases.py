"""One check as a test for each service that it is made for."""

from peers.ours import IMPLICIT, SERVICES


def check(*services):
    """Marks a method `name(self, service)`: it becomes test_SERVICE_name for each of these."""
    def mark(method):
        method.services = services or SERVICES
        return method
    return mark


class EachService:
    """For a class of tests. `services` are those that its peer has to do with. Without a `peer`
    it is a base of others."""

    services = SERVICES

    def __init_subclass__(cls, **more):
        super().__init_subclass__(**more)
        if not hasattr(cls, "peer"):
            return
        for name in dir(cls):
            method = getattr(cls, name)
            for service in getattr(method, "services", ()):
                if service in cls.services and not name.startswith("test_"):
                    setattr(cls, f"test_{service}_{name}", _test(name, service))

    def tried(self, way, service):
        """Notes for the table of the run that this way in has been gone."""
        self.ways = getattr(self, "ways", set()) | {(way, service)}


def _test(name, service):
    def test(self):
        getattr(self, name)(service)
    return test


def implicit(service):
    """Whether TLS begins with the first octet; otherwise STARTTLS brings it."""
    return service in IMPLICIT


def protocol(service):
    """imap, pop3 or submission."""
    return service.removesuffix("s")
