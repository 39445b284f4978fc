#!/bin/bash -eu
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets as oss-fuzz wants them: compilers and flags come from its environment, and $OUT gets each
# program with its dictionary, its corpus as a zip file, and the libraries that it is linked with.
# Elsewhere, with clang and patchelf:
#   SRC=/tmp/fuzz OUT=/tmp/fuzz/out CC=clang CXX=clang++ LIB_FUZZING_ENGINE=-fsanitize=fuzzer \
#     CFLAGS="-O1 -fsanitize=fuzzer-no-link,address" CXXFLAGS="-O1 -fsanitize=fuzzer-no-link,address" \
#     tests/fuzz/oss-fuzz/build.sh

cd "$(dirname "$0")"
[ -d tests/fuzz ] || cd "$(git -C "$PWD" rev-parse --show-toplevel 2>/dev/null || echo "$SRC/cenote")"

# The libraries of the distribution are compiled with libstdc++; the engine brings its own libc++ under other names.
export CXXFLAGS="${CXXFLAGS//-stdlib=libc++/}"
build=${WORK:-$SRC/work}/cenote
mkdir -p "$OUT/lib"
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_C_COMPILER="$CC" -DCMAKE_CXX_COMPILER="$CXX" \
    -DCMAKE_C_FLAGS="$CFLAGS" -DCMAKE_CXX_FLAGS="$CXXFLAGS -Wno-error" -DCENOTE_FUZZ=ON \
    -DCENOTE_FUZZ_ENGINE="$LIB_FUZZING_ENGINE"
cmake --build "$build" --target fuzz_targets

for program in "$build"/tests/fuzz/*_fuzz; do
    name=$(basename "$program")
    cp "$program" "$OUT/"
    [ ! -f "$program.dict" ] || cp "$program.dict" "$OUT/"
    (cd "tests/fuzz/corpus/${name%_fuzz}" && zip -q -r "$OUT/${name}_seed_corpus.zip" .)
    # Nothing is installed where the programs run.
    ldd "$program" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | grep -v -E '/(libc|libm|ld-linux[^/]*)\.so' |
        xargs -r cp -L -t "$OUT/lib/"
    # shellcheck disable=SC2016
    patchelf --set-rpath '$ORIGIN/lib' "$OUT/$name"
done
