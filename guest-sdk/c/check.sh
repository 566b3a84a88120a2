#!/bin/sh
# Checks the SDK, and the plugin and the guests that are written with it: check.sh. SQLSERVICE is the command, else
# `sqlservice`; it makes the bindings and compiles the template, the plugin and the guests. ZIG is the zig program of ziglang on
# PyPI, else `zig`; CLANG_FORMAT the one that check/requirements.txt pins, else `clang-format`. CC may name a compiler with an
# address sanitizer.
set -eu
cd "$(dirname "$0")"
format=${CLANG_FORMAT:-clang-format} sqlservice=${SQLSERVICE:-sqlservice}
for tool in "$format" "$sqlservice" "${ZIG:-zig}"; do
  command -v "$tool" >/dev/null || { echo "check.sh: there is no $tool; its head says what is needed" >&2; exit 1; }
done
pinned=$(sed -n 's/^clang-format==\([0-9.]*\).*/\1/p' check/requirements.txt)
case $("$format" --version) in
*"version $pinned"*) ;;
*) echo "check.sh: $format is not version $pinned, so it may want something else: $("$format" --version)" >&2; exit 1 ;;
esac

guests="template ../../plugins/score ../../tests/languages/c ../../tests/languages/c/bench"
find . $guests -name build -prune -o \( -name '*.c' -o -name '*.h' -o -name '*.cpp' \) -print |
  sort -u | xargs "$format" --dry-run -Werror

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for guest in $guests; do
  # A warning of what people read is an error here.
  "$sqlservice" build --force --quiet "$guest" --out "$scratch/guest.wasm" 2>"$scratch/said" || { cat "$scratch/said" >&2; exit 1; }
  if grep 'warning:' "$scratch/said" >&2; then exit 1; fi
done
tests/run.sh template/build/bindings
echo "guest-sdk/c: formatted, compiled without a warning, tested"
