#!/bin/sh
# Tests the SDK without a host: run.sh BINDINGS, the folder of plugin.c and plugin.h that `sqlservice build` made of the
# template. ZIG is the zig program, else `zig`. Zig has no address sanitizer: where CC names a compiler that has one, the
# tests run by that as well, and CXX may name one for C++. What is not freed is told in both cases.
set -eu
bindings=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
zig=${ZIG:-zig}
command -v "$zig" >/dev/null || { echo "run.sh: there is no $zig; ZIG names the program, of ziglang on PyPI" >&2; exit 1; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
warnings="-Wall -Wextra -Werror -Wconversion"

# The bindings' own functions that free are real; what crosses to the host is taken from host.c: all else gives way.
{
  grep -oh '\(sqlservice_database\|__wasm_import\|__component_type\|exports\)_[a-zA-Z0-9_]*' "$bindings/plugin.h" "$bindings/plugin.c" |
    sort -u | sed 's/^/#pragma weak /'
  echo '#include "plugin.c"'
} >"$out/bindings.c"

# run NAME SANITIZERS COMPILER…
run() {
  name=$1 sanitizers=$2
  flags="-std=c17 -g -O1 -fsanitize=$sanitizers -fno-sanitize-recover=all -I$here/.. -I$bindings"
  shift 2
  mkdir "$out/$name"
  "$@" $flags -w -Dfree=test_free -Dmalloc=bindings_malloc -Drealloc=bindings_realloc -c "$out/bindings.c" \
    -o "$out/$name/bindings.o"
  for file in "$here"/../src/*.c; do
    "$@" $flags $warnings -Dmalloc=test_malloc -Dcalloc=test_calloc -Drealloc=test_realloc -Dfree=test_free -c "$file" \
      -o "$out/$name/$(basename "$file").o"
  done
  echo "$name: sanitizers $sanitizers"
  for tests in sdk misuse; do
    "$@" $flags $warnings "$here"/host.c "$here/$tests.c" "$out/$name"/*.o -o "$out/$name/$tests"
    "$out/$name/$tests"
  done
}

run zig undefined "$zig" cc
if [ -n "${CC:-}" ]; then run cc address,undefined "$CC"; fi

"$zig" cc -std=c17 $warnings -I"$here/.." -c "$here/example.c" -o "$out/example.o"

# include STANDARDS FILE COMPILER…: in each standard, with all that compilers complain of.
include() {
  standards=$1 file=$2
  shift 2
  for standard in $standards; do
    "$@" -std="$standard" $warnings -Wpedantic -Wshadow -I"$here/.." -c "$here/$file" -o "$out/include.o"
  done
  echo "$file: $standards by $*"
}

include "c99 c11 c17 c2x" include.c "$zig" cc
include "c++11 c++17 c++20 c++23" include.cpp "$zig" c++
if [ -n "${CC:-}" ]; then include "c99 c11 c17 c2x" include.c "$CC"; fi
if [ -n "${CXX:-}" ]; then include "c++11 c++17 c++20 c++23" include.cpp "$CXX"; fi
# Zig takes what `zig translate-c` makes of it; before 0.16 it is the same by `@cImport`.
cp "$here/include.zig" "$out"
"$zig" translate-c -lc "$here/../sqlservice.h" >"$out/sqlservice.zig"
"$zig" build-obj -lc -fno-emit-bin "$out/include.zig"
