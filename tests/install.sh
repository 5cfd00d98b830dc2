#!/bin/sh
# Installs to a directory of its own, as a package is made and as an administrator does, and
# builds a program outside the source by mailtls.pc alone: with the shared library and with the
# static one. Without pkg-config it reads the file itself.
#
#   tests/install.sh DIRECTORY     (environment: MAKE, COMPILER)
set -eu
cd "$(dirname "$0")/.."
directory=${1:?usage: tests/install.sh DIRECTORY}
rm -rf "$directory"
mkdir -p "$directory/outside"
directory=$(cd "$directory" && pwd)
prefix=$directory/prefix
make=${MAKE:-make}

fail() {
    echo "install: $*" >&2
    exit 1
}

# pkg-config OPTION [static]: what the file says for --cflags or --libs.
flags() {
    if command -v pkg-config >/dev/null; then
        PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config "$1" ${2:+--static} mailtls
        return
    fi
    # Variables first, then the fields asked for; nothing else is in the file.
    awk -v want="$1" -v static="${2:-}" '
        function expand(text,    name) {
            while (match(text, /\$\{[a-z_]*\}/)) {
                name = substr(text, RSTART + 2, RLENGTH - 3)
                text = substr(text, 1, RSTART - 1) value[name] substr(text, RSTART + RLENGTH)
            }
            return text
        }
        /^[a-z_]*=/ { split($0, pair, "="); value[pair[1]] = expand(pair[2]); next }
        /^Cflags:/ && want == "--cflags" { sub(/^[^:]*:/, ""); print expand($0) }
        /^Libs:/ && want == "--libs" { sub(/^[^:]*:/, ""); print expand($0) }
        /^Libs.private:/ && want == "--libs" && static { sub(/^[^:]*:/, ""); print expand($0) }
    ' "$prefix/lib/pkgconfig/mailtls.pc" | tr '\n' ' '
}

"$make" --no-print-directory install PREFIX="$prefix" >"$directory/log" 2>&1 ||
    { cat "$directory/log" >&2; fail "make install failed"; }
"$make" --no-print-directory install PREFIX=/usr DESTDIR="$directory/package" >"$directory/log" 2>&1 ||
    { cat "$directory/log" >&2; fail "make install with DESTDIR failed"; }
for file in include/mailtls.h lib/libmailtls.a lib/libmailtls.so lib/pkgconfig/mailtls.pc; do
    [ -f "$prefix/$file" ] || fail "$file was not installed"
    [ -f "$directory/package/usr/$file" ] || fail "$file was not installed under DESTDIR"
done
grep -q '^prefix=/usr$' "$directory/package/usr/lib/pkgconfig/mailtls.pc" ||
    fail "mailtls.pc knows of DESTDIR"

cp tests/c/outside.c "$directory/outside/"
cd "$directory/outside"
# Not CC: it would be inherited by cargo, for which a change of it is a reason to build all anew.
cc=${COMPILER:-cc}
strict="-std=c11 -Wall -Wextra -Wpedantic -Werror"
# The flags are words, to be split.
# shellcheck disable=SC2046,SC2086
$cc $strict $(flags --cflags) -o shared outside.c $(flags --libs)
# The linker prefers a shared library: the static one is named as a file.
# shellcheck disable=SC2046,SC2086
$cc $strict $(flags --cflags) -o static outside.c \
    $(flags --libs static | sed "s|-lmailtls|$prefix/lib/libmailtls.a|")

printf 'static: '
./static
if env -i ./shared 2>/dev/null; then
    fail "the program with the shared library did not use the one that was installed"
fi
printf 'shared: '
LD_LIBRARY_PATH=$prefix/lib DYLD_LIBRARY_PATH=$prefix/lib ./shared
echo "install: ok$(command -v pkg-config >/dev/null || echo ', without pkg-config')"
