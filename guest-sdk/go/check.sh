#!/bin/sh
# Checks the SDK, and the plugin and the guests that are written with it: check.sh. GO is the go program, else `go`.
set -eu
cd "$(dirname "$0")"
go=${GO:-go}
command -v "$go" >/dev/null || { echo "check.sh: there is no $go; GO names a go program of 1.24 or newer" >&2; exit 1; }
# gofmt lies beside it, wherever go itself is a link or a script.
gofmt=$("$go" env GOROOT)/bin/gofmt
command -v "$gofmt" >/dev/null || { echo "check.sh: there is no $gofmt" >&2; exit 1; }
export GOTOOLCHAIN=local GOWORK=off
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

unformatted=$("$gofmt" -l . ../../plugins/importer ../../tests/languages/go)
[ -z "$unformatted" ] || { echo "check.sh: gofmt would change" "$unformatted" >&2; exit 1; }

# Twice: the file of exports and the functions of the host are compiled for the sandbox only.
vet() {
  "$go" vet ./...
  GOOS=wasip1 GOARCH=wasm CGO_ENABLED=0 "$go" vet ./...
}

vet
"$go" test ./...
# Their exports are not in the repository.
for guest in template ../../plugins/importer ../../tests/languages/go ../../tests/languages/go/bench/guest; do
  (
    if [ "$guest" = template ]; then
      mkdir "$scratch/template"
      cp template/*.go "$scratch/template"
      sed -e 's/{name}/template/' -e "s|=> ./sdk|=> $PWD|" template/go.mod >"$scratch/template/go.mod"
      cd "$scratch/template"
    else
      cd "$guest"
    fi
    "$go" run github.com/sqlservice/sqlservice/guest-sdk/go/cmd/sqlservice-gen -wit "$scratch/plugin.wit" .
    vet
    "$go" test ./...
  )
done
echo "guest-sdk/go: $("$go" env GOVERSION), formatted, vetted and tested"
