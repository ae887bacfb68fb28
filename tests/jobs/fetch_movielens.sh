#!/usr/bin/env bash
# scripts/fetch-movielens against a stand-in for curl that serves a folder: fetch_movielens.sh SCRIPT
set -uo pipefail
# shellcheck source=tests/jobs/check.bash
. "$(dirname "$0")/check.bash"
command -v unzip >/dev/null || { echo "skipped: there is no unzip"; exit 0; }
script=$1
mkdir "$folder/bin" "$folder/site"
export PATH="$folder/bin:$PATH" SITE=$folder/site MOVIELENS_URL=http://publisher TANDEM_DATA=$folder/data

# shellcheck disable=SC2016
printf '%s\n' '#!/bin/bash' 'for last; do :; done' \
  'cp "$SITE/$(basename "$last")" "$(sed "s/.*--output \([^ ]*\).*/\1/" <<<"$*")"' >"$folder/bin/curl"
chmod +x "$folder/bin/curl"

make_zip() {
  python3 -c 'import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.writestr(sys.argv[2] + "/ratings.csv", "userId,movieId,rating,timestamp\n1,1,4.0,1\n")' "$@"
}

# nothing_left NAME: the data folder holds no trace of a failed attempt.
nothing_left() {
  [ -z "$(ls -A "$TANDEM_DATA" 2>/dev/null)" ] || fail "$1: left $(ls -A "$TANDEM_DATA")"
}

check "no name" 2 "" "usage:" "$script"
check "unknown name" 2 "" "usage:" "$script" 5m
check "no network" 1 "" "cannot download http://publisher/ml-25m.zip.md5" "$script" 25m
nothing_left "no network"

make_zip "$SITE/ml-100k.zip" ml-100k
check "not what was published" 1 "downloading" "expected MD5 0e33842e24a9c977be4e0107933c0723, found" \
  "$script" 100k
nothing_left "not what was published"

make_zip "$SITE/ml-latest-small.zip" ml-latest-small
echo "no sum here" >"$SITE/ml-latest-small.zip.md5"
check "no MD5" 1 "" "ml-latest-small.zip.md5 holds no MD5" "$script" latest-small
echo "MD5 (ml-latest-small.zip) = $(md5sum <"$SITE/ml-latest-small.zip" | cut -c 1-32)" \
  >"$SITE/ml-latest-small.zip.md5"
cp "$SITE/ml-latest-small.zip" "$folder/whole.zip"
head -c 100 "$folder/whole.zip" >"$SITE/ml-latest-small.zip"
check "cut download" 1 "downloading" "is not what was published" "$script" latest-small
nothing_left "cut download"
cp "$folder/whole.zip" "$SITE/ml-latest-small.zip"

make_zip "$SITE/ml-20m.zip" another
md5sum <"$SITE/ml-20m.zip" >"$SITE/ml-20m.zip.md5"
check "another folder" 1 "downloading" "ml-20m.zip holds no folder ml-20m" "$script" 20m
nothing_left "another folder"

mkdir "$folder/few"
for tool in bash dirname; do ln -s "$(command -v $tool)" "$folder/few/$tool"; done
check "no unzip" 1 "" "needs unzip" env PATH="$folder/few" bash "$script" latest-small
nothing_left "no unzip"

check "fetched" 0 "may be used under the terms" "" "$script" latest-small
[ "$(ls -A "$TANDEM_DATA")" = ml-latest-small ] || fail "fetched: left $(ls -A "$TANDEM_DATA")"
[ -s "$TANDEM_DATA/ml-latest-small/ratings.csv" ] || fail "fetched: there are no ratings"
check "fetched twice" 0 "is there already" "" "$script" latest-small
report
