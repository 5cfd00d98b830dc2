"""The table of the binding is the header, and the library is bound by the table."""

import ctypes
import re
import unittest

from support import ROOT

from mailtls import _abi
from mailtls._library import lib

HEADER = (ROOT / "include" / "mailtls.h").read_text()


def declared():
    """The header without comments and preprocessor lines."""
    text = re.sub(r"/\*.*?\*/", "", HEADER, flags=re.S)
    return re.sub(r"^\s*(#.*|//.*)$", "", text, flags=re.M)


def enumerations():
    found = {}
    for name, body in re.findall(r"\benum (mailtls_\w+)\b[^;{]*\{(.*?)\}", declared(), re.S):
        found[name] = {n: int(v) for n, v in re.findall(r"(MAILTLS_\w+) = (-?\d+)", body)}
    return found


class Header(unittest.TestCase):
    maxDiff = None

    def test_every_function_is_declared_as_in_the_header(self):
        text = declared()
        in_header = _abi.parse_declarations(text[text.index('extern "C" {') + 12 :])
        self.assertEqual(len(in_header), len(re.findall(r"^[^\n(]*\bmailtls_\w+\(", text, re.M)))
        lacking = [name for name in in_header if name not in _abi.FUNCTIONS]
        self.assertEqual(lacking, [], "add them to DECLARATIONS in mailtls/_abi.py")
        self.assertEqual(_abi.FUNCTIONS, in_header)

    def test_every_number_is_that_of_the_header(self):
        for name, constants in enumerations().items():
            self.assertIn(name, _abi.ENUMERATIONS)
            prefix = name.upper() + "_"
            self.assertEqual(
                {prefix + member.name: member.value for member in _abi.ENUMERATIONS[name]}, constants
            )
        self.assertEqual(set(enumerations()), set(_abi.ENUMERATIONS))

    def test_the_version_is_that_of_the_header(self):
        self.assertIn(f"#define MAILTLS_VERSION_NUMBER 0x{_abi.VERSION_NUMBER:06x}\n", HEADER)
        self.assertIn(f"#define MAILTLS_ABI {_abi.ABI}\n", HEADER)

    def test_every_function_is_bound_with_its_types(self):
        for name, (result, arguments) in _abi.FUNCTIONS.items():
            function = getattr(lib, name)
            self.assertEqual(len(function.argtypes), len(arguments), name)
            self.assertIs(function.restype, _abi.ctypes_type(result), name)

    def test_types_are_those_of_c(self):
        handle = _abi.HANDLES["mailtls_connection"]
        for declared_type, kind in (
            ("void", None),
            ("int32_t", ctypes.c_int32),
            ("const char *", ctypes.c_char_p),
            ("const uint8_t *", ctypes.c_char_p),
            ("uint8_t *", ctypes.POINTER(ctypes.c_uint8)),
            ("const uint8_t **", ctypes.POINTER(ctypes.POINTER(ctypes.c_uint8))),
            ("const struct mailtls_connection *", ctypes.POINTER(handle)),
            ("mailtls_connection **", ctypes.POINTER(ctypes.POINTER(handle))),
        ):
            self.assertIs(_abi.ctypes_type(declared_type), kind)
        with self.assertRaises(KeyError):
            _abi.ctypes_type("mailtls_unheard_of *")


if __name__ == "__main__":
    unittest.main()
