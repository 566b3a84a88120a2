#!/bin/sh
# Tests the SDK without a host, with sanitizers: run.sh BINDINGS, the folder of plugin.c and plugin.h that
# `wit-bindgen c --sync all --rename-world plugin` made for the template's world. CC is the compiler, else cc.
set -eu
bindings=$1
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cc=${CC:-cc}
flags="-std=c17 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -ffunction-sections -I$here/.. -I$bindings"
warnings="-Wall -Wextra -Werror -Wconversion"
# The bindings' own functions that free are real; what crosses to the host is taken from host.c.
$cc $flags -O0 -w -c "$bindings/plugin.c" -o "$out/bindings.o"
objcopy --weaken "$out/bindings.o"
for file in "$here"/../src/*.c; do
  $cc $flags $warnings -Dmalloc=test_malloc -Dcalloc=test_calloc -Drealloc=test_realloc -c "$file" -o "$out/$(basename "$file").o"
done
$cc $flags $warnings "$here"/host.c "$here"/sdk.c "$out"/*.o -o "$out/tests"
"$out/tests"
