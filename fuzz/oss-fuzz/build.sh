#!/bin/bash -eu
# Builds every target into $OUT, each with its seed corpus and its dictionary.

cd "$SRC/mailtls"
built=${CARGO_TARGET_DIR:-target}/x86_64-unknown-linux-gnu/release
if [ "$SANITIZER" = coverage ]; then
    # The builder's cargo makes of `cargo fuzz` a build without features, which has no targets.
    export CFLAGS=""
    (cd fuzz && cargo build --bins --features libfuzzer)
    built=${CARGO_TARGET_DIR:-target}/debug
else
    # Debug assertions stay off: see fuzz/run.
    RUSTFLAGS="$RUSTFLAGS -Coverflow-checks" cargo fuzz build -O --features libfuzzer
fi

for source in fuzz/fuzz_targets/*.rs; do
    target=$(basename "$source" .rs)
    dictionary=fuzz/dictionaries/$target.dict
    [ -f "$dictionary" ] || dictionary=fuzz/dictionaries/${target%%_*}.dict
    cp "$built/$target" "$OUT/"
    cp "$dictionary" "$OUT/$target.dict"
    zip -q -j -r "$OUT/${target}_seed_corpus.zip" "fuzz/corpus/$target"
done
