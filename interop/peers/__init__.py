"""The real programs that mailtls is tried against, each started with a configuration of its own.

Everything lives under temporary directories, listens on 127.0.0.1 only, and is ended by the
process id of what was started here.
"""
