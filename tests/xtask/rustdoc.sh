#!/bin/sh
# A rustdoc that makes a crate's documentation beside running its examples: cargo tells it everything that both need.
set -eu
rustdoc "$@"
is_test=
arguments=$#
while [ "$arguments" -gt 0 ]; do
    argument=$1
    shift
    arguments=$((arguments - 1))
    case $argument in
        --test | --no-run | --nocapture) is_test=yes ;;
        --test-args | --test-run-directory | --test-builder | --runtool)
            shift
            arguments=$((arguments - 1))
            ;;
        --test-args=* | --test-run-directory=*) ;;
        *) set -- "$@" "$argument" ;;
    esac
done
if [ -n "$is_test" ]; then
    exec rustdoc "$@" -D warnings --out-dir "${SQLSERVICE_DOC:?}"
fi
