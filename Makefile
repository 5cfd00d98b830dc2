# mailtls from its source: for those who come from C. It knows how the parts are built, tried and
# installed; what they are is said in README.md. Needs GNU make, cargo, a C compiler and Python 3.

CARGO  ?= cargo
PYTHON ?= python3
CFLAGS ?= -O2 -g
# Where `make install` puts things; DESTDIR goes before all of it.
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
DESTDIR ?=
# Seconds for each fuzz target.
TIME ?= 60

# The one place of the version is Cargo.toml. Before 1.0 a minor version may break the ABI.
VERSION   := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
SOVERSION := $(shell echo $(VERSION) | awk -F. '{ print ($$1 > 0 ? $$1 : $$2 > 0 ? "0." $$2 : $$0) }')

TARGET       := $(or $(CARGO_TARGET_DIR),target)
RELEASE      := $(TARGET)/release
STATIC       := $(RELEASE)/libmailtls.a
# The pure core, for hosts that keep their own TLS library.
CORE         := $(TARGET)/core
CORE_STATIC  := $(CORE)/release/libmailtls.a
EXAMPLES     := $(TARGET)/examples-c
CERTIFICATES := $(TARGET)/certificates
SYSTEM       := $(shell uname -s)

# What a program that links the static library needs besides: the list that
# `rustc --print native-static-libs` gives; tests/abi.rs compares it on the system it runs on.
NATIVE_LIBS_Linux   := -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc
NATIVE_LIBS_FreeBSD := -lexecinfo -lpthread -lgcc_s -lc -lm -lrt -lutil -lkvm -lmemstat -lprocstat -ldevstat
NATIVE_LIBS_Darwin  := -framework Security -framework CoreFoundation -liconv -lSystem -lc -lm
NATIVE_LIBS ?= $(NATIVE_LIBS_$(SYSTEM))
SHARED      := $(RELEASE)/libmailtls$(if $(filter Darwin,$(SYSTEM)),.dylib,.so)

STRICT   := -std=c11 -Wall -Wextra -Wpedantic -Werror
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# Tables that are made once and kept until the end are not leaks: "possibly lost" is no error.
VALGRIND := valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite \
  --errors-for-leak-kinds=definite

C_TESTS := library null_account null_arguments null_client_hello null_configuration null_host_tls \
  null_identity null_milter null_policy null_received null_target misuse sessions mechanisms certificates \
  account client_hello host_tls identity lifetimes messages loop milter minimum policy received server_names target

.PHONY: all lib demo test interop examples header install fuzz bench lint doc clean help
.PHONY: states test-states test-rust test-core test-c test-c-sanitized test-install test-python FORCE
.PHONY: test-examples test-examples-sanitized
.PHONY: examples-sanitized demo-sanitized demo-valgrind need-cargo need-cc need-python need-openssl
.PHONY: examples-openssl demo-openssl demo-openssl-sanitized demo-openssl-valgrind
.DELETE_ON_ERROR:

all: lib examples ## builds the library and the C examples (default)

help: ## lists the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | awk -F '\t' '{ printf "make %-20s %s\n", $$1, $$2 }'

# --- what is needed

need-cargo:
	@command -v $(CARGO) >/dev/null || { echo "cargo is missing: install Rust, 1.88 or later" >&2; exit 1; }

need-cc:
	@command -v $(CC) >/dev/null || { echo "$(CC) is missing: install a C compiler" >&2; exit 1; }

need-python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3" >&2; exit 1; }

need-openssl: | need-cc
	@printf '#include <openssl/ssl.h>\n#if OPENSSL_VERSION_NUMBER < 0x30000000L\n#error old\n#endif\n' | \
	  $(CC) $(CPPFLAGS) -E - >/dev/null 2>&1 || { \
	  echo "OpenSSL's headers are missing, or older than 3.0: install libssl-dev" >&2; exit 1; }

# --- the library

lib: $(STATIC) ## builds the library, static and shared

# Cargo decides whether there is anything to do, and leaves the files alone when there is not.
$(STATIC): FORCE | need-cargo need-cc
	$(CARGO) build --release --locked --lib

$(CORE_STATIC): FORCE | need-cargo need-cc
	$(CARGO) build --release --locked --lib --no-default-features --target-dir $(CORE)

$(SHARED): $(STATIC)

header: | need-cargo ## writes include/mailtls.h anew from src/capi
	MAILTLS_UPDATE_HEADER=1 $(CARGO) test --locked --test header header_is_current

states: | need-cargo ## draws docs/states anew from the tables of the machines
	MAILTLS_UPDATE_STATES=1 $(CARGO) test --locked --test states diagrams_are_current

# --- C programs: $(call program,PATH,SOURCES,FLAGS)

define program
$(1): $(2) $(wildcard $(addsuffix *.h,$(sort $(dir $(2))))) include/mailtls.h $(STATIC) | need-cc
	@mkdir -p $$(@D)
	$$(CC) $$(STRICT) $$(CFLAGS) $(3) -Iinclude $$(CPPFLAGS) -o $$@ $(2) $$(STATIC) $$(LDFLAGS) $$(NATIVE_LIBS)
endef

c_test_sources = tests/c/$(1).c $(if $(filter-out library,$(1)),tests/c/pair.c) \
  $(if $(filter loop,$(1)),$(wildcard examples-c/loop/*.c))

$(foreach name,server client received,$(eval $(call program,$(EXAMPLES)/$(name),\
  $(wildcard examples-c/$(name).c examples-c/$(name)/*.c),)))
$(foreach name,server client received,$(eval $(call program,$(EXAMPLES)-sanitized/$(name),\
  $(wildcard examples-c/$(name).c examples-c/$(name)/*.c),$(SANITIZE))))
$(foreach name,$(C_TESTS),$(eval $(call program,$(TARGET)/tests-c/$(name),\
  $(call c_test_sources,$(name)),)))
$(foreach name,$(C_TESTS),$(eval $(call program,$(TARGET)/tests-c-sanitized/$(name),\
  $(call c_test_sources,$(name)),$(SANITIZE))))

examples: $(EXAMPLES)/server $(EXAMPLES)/client $(EXAMPLES)/received ## builds the example programs in C

# The server with OpenSSL in the place of the engine: $(call openssl_program,PATH,FLAGS)
OPENSSL_HOST := $(wildcard examples-c/openssl_host/*.c) \
  $(filter-out %/transport_engine.c,$(wildcard examples-c/server/*.c))

define openssl_program
$(1): $(OPENSSL_HOST) $(wildcard examples-c/openssl_host/*.h examples-c/server/*.h) include/mailtls.h \
    $(CORE_STATIC) | need-openssl
	@mkdir -p $$(@D)
	$$(CC) $$(STRICT) $$(CFLAGS) $(2) -Iinclude -Iexamples-c/server $$(CPPFLAGS) -o $$@ $(OPENSSL_HOST) \
	  $$(CORE_STATIC) $$(LDFLAGS) -lssl -lcrypto $$(NATIVE_LIBS)
endef

$(eval $(call openssl_program,$(EXAMPLES)/openssl_host,))
$(eval $(call openssl_program,$(EXAMPLES)-sanitized/openssl_host,$(SANITIZE)))

examples-openssl: $(EXAMPLES)/openssl_host ## the example server on OpenSSL, with mailtls without engine

examples-sanitized: $(addprefix $(EXAMPLES)-sanitized/,server client received) ## the same with ASan and UBSan

# --- seeing it work

$(RELEASE)/make-certificates: FORCE | need-cargo
	$(CARGO) build --release --locked -p make-certificates

$(CERTIFICATES)/ca.pem: $(RELEASE)/make-certificates
	$(RELEASE)/make-certificates $(CERTIFICATES)

demo: examples $(CERTIFICATES)/ca.pem | need-python ## sends a message and reads it back over all three services
	$(PYTHON) examples-c/demo.py --examples $(EXAMPLES) --certificates $(CERTIFICATES)

demo-openssl: examples-openssl examples $(CERTIFICATES)/ca.pem | need-python ## the demo with the server on OpenSSL
	$(PYTHON) examples-c/demo.py --examples $(EXAMPLES) --server openssl_host --certificates $(CERTIFICATES)

demo-openssl-sanitized: $(EXAMPLES)-sanitized/openssl_host examples-sanitized $(CERTIFICATES)/ca.pem | need-python ## the same with ASan and UBSan
	$(PYTHON) examples-c/demo.py --examples $(EXAMPLES)-sanitized --server openssl_host \
	  --certificates $(CERTIFICATES)

demo-openssl-valgrind: examples-openssl examples $(CERTIFICATES)/ca.pem | need-python ## the same under valgrind
	$(PYTHON) examples-c/demo.py --examples $(EXAMPLES) --server openssl_host \
	  --certificates $(CERTIFICATES) --under "$(VALGRIND)"

demo-sanitized: examples-sanitized $(CERTIFICATES)/ca.pem | need-python ## the demo with ASan and UBSan
	$(PYTHON) examples-c/demo.py --examples $(EXAMPLES)-sanitized --certificates $(CERTIFICATES)

demo-valgrind: examples $(CERTIFICATES)/ca.pem | need-python ## the demo under valgrind
	$(PYTHON) examples-c/demo.py --examples $(EXAMPLES) --certificates $(CERTIFICATES) --under "$(VALGRIND)"

# --- tests

test: lint doc test-rust test-core test-c test-examples test-install test-python ## builds and runs all tests

test-rust: | need-cargo need-cc ## tests of the Rust library, its header and ABI, and the fuzz corpora
	$(CARGO) test --locked --workspace

test-states: | need-cargo need-cc ## walks every reachable state of the machines, and says how many
	$(CARGO) test --locked --lib connection::walk -- --nocapture

test-core: | need-cargo ## tests of the pure core, without the TLS engine
	$(CARGO) test --locked --no-default-features --lib

test-c: $(C_TESTS:%=$(TARGET)/tests-c/%) $(CERTIFICATES)/ca.pem ## tests of the C ABI, also under valgrind where it is
	@set -e; for name in $(C_TESTS); do \
	  MAILTLS_CERTIFICATES=$(CERTIFICATES) $(TARGET)/tests-c/$$name; done
	@command -v valgrind >/dev/null || { echo "valgrind is not installed: not tried"; exit 0; }; \
	set -e; for name in $(C_TESTS); do \
	  printf 'under valgrind: '; \
	  MAILTLS_CERTIFICATES=$(CERTIFICATES) $(VALGRIND) $(TARGET)/tests-c/$$name; done

test-c-sanitized: $(C_TESTS:%=$(TARGET)/tests-c-sanitized/%) $(CERTIFICATES)/ca.pem ## the same with ASan and UBSan
	@set -e; for name in $(C_TESTS); do \
	  printf 'with sanitizers: '; \
	  MAILTLS_CERTIFICATES=$(CERTIFICATES) $(TARGET)/tests-c-sanitized/$$name; done

# $(call try_examples,DIRECTORY)
try_examples = MAILTLS_SERVER=$(1)/server MAILTLS_CLIENT=$(1)/client MAILTLS_RECEIVED=$(1)/received \
  MAILTLS_EXAMPLES=$(1) MAILTLS_CERTIFICATES=$(CERTIFICATES) $(PYTHON) -m unittest discover -s tests/examples

test-examples: examples $(CERTIFICATES)/ca.pem | need-python ## tests of the examples: their options, files and output
	$(call try_examples,$(EXAMPLES))

test-examples-sanitized: examples-sanitized $(CERTIFICATES)/ca.pem | need-python ## the same with ASan and UBSan
	$(call try_examples,$(EXAMPLES)-sanitized)

test-install: lib | need-cc ## installs to a directory of its own and builds a program with that
	MAKE="$(MAKE)" COMPILER="$(CC)" tests/install.sh $(TARGET)/install-test

test-python: lib $(CERTIFICATES)/ca.pem | need-python ## tests of the Python binding
	MAILTLS_LIBRARY=$(abspath $(SHARED)) MAILTLS_CERTIFICATES=$(abspath $(CERTIFICATES)) \
	  $(PYTHON) -m unittest discover -s python/tests

interop: examples examples-openssl | need-python ## the examples against real peers; says which packages it misses
	MAILTLS_SERVER=$(EXAMPLES)/server MAILTLS_OPENSSL_SERVER=$(EXAMPLES)/openssl_host \
	  MAILTLS_CLIENT=$(EXAMPLES)/client MAILTLS_RECEIVED=$(EXAMPLES)/received interop/run

fuzz: | need-cargo ## fuzzes each target for TIME=60 seconds
	TIME=$(TIME) fuzz/run

bench: | need-cargo ## measures speed
	$(CARGO) bench --locked

lint: | need-cargo ## formatting and clippy, with and without the TLS engine, where they are installed
	@$(CARGO) fmt --version >/dev/null 2>&1 || { echo "rustfmt is not installed: formatting not tried"; exit 0; }; \
	$(CARGO) fmt --all --check
	@$(CARGO) clippy --version >/dev/null 2>&1 || { echo "clippy is not installed: not tried"; exit 0; }; \
	set -e; $(CARGO) clippy --locked --workspace --all-targets -- -D warnings; \
	$(CARGO) clippy --locked --no-default-features --all-targets -- -D warnings

# With and without the TLS engine: a link that leads nowhere is an error.
doc: | need-cargo ## documents the Rust API in target/doc; a broken link is an error
	@rustdoc --version >/dev/null 2>&1 || { echo "rustdoc is not installed: not tried"; exit 0; }; \
	set -e; export RUSTDOCFLAGS="-D warnings"; \
	$(CARGO) doc --locked --no-deps --no-default-features; \
	$(CARGO) doc --locked --no-deps

# --- installing

# Where root has no cargo, what was built before is installed.
install: ## installs header, libraries and mailtls.pc: PREFIX=/usr/local DESTDIR=
	@if $(CARGO) cinstall --version >/dev/null 2>&1; then \
	  $(CARGO) cinstall --release --locked --prefix "$(PREFIX)" --libdir "$(LIBDIR)" \
	    $(if $(DESTDIR),--destdir "$(DESTDIR)"); \
	else \
	  if command -v $(CARGO) >/dev/null; then $(MAKE) --no-print-directory lib; fi && \
	  $(MAKE) --no-print-directory install-plainly; \
	fi

.PHONY: install-plainly
# What cargo-c installs, for ELF systems.
install-plainly:
	@test -f $(STATIC) || { echo "nothing is built yet, and cargo is missing" >&2; exit 1; }
	install -d "$(DESTDIR)$(PREFIX)/include" "$(DESTDIR)$(LIBDIR)/pkgconfig"
	install -m 644 include/mailtls.h "$(DESTDIR)$(PREFIX)/include/mailtls.h"
	install -m 644 $(STATIC) "$(DESTDIR)$(LIBDIR)/libmailtls.a"
	install -m 755 $(RELEASE)/libmailtls.so "$(DESTDIR)$(LIBDIR)/libmailtls.so.$(VERSION)"
	ln -sf libmailtls.so.$(VERSION) "$(DESTDIR)$(LIBDIR)/libmailtls.so.$(SOVERSION)"
	ln -sf libmailtls.so.$(VERSION) "$(DESTDIR)$(LIBDIR)/libmailtls.so"
	@printf '%s\n' 'prefix=$(PREFIX)' 'exec_prefix=$${prefix}' \
	  'libdir=$(patsubst $(PREFIX)/%,$${exec_prefix}/%,$(LIBDIR))' 'includedir=$${prefix}/include' '' \
	  'Name: mailtls' 'Description: $(shell sed -n 's/^description = "\(.*\)"/\1/p' Cargo.toml)' \
	  'Version: $(VERSION)' 'Libs: -L$${libdir} -lmailtls' 'Libs.private: $(NATIVE_LIBS)' \
	  'Cflags: -I$${includedir}' > "$(DESTDIR)$(LIBDIR)/pkgconfig/mailtls.pc"

clean: | need-cargo ## removes everything that was built
	$(CARGO) clean
	rm -rf fuzz/artifacts
