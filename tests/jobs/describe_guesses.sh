#!/usr/bin/env bash
# What tandem prepare --describe guesses of files as newcomers have them: headers in words that are not known, nested
# objects, dates and numbers of other countries; that a guess is said, and what options say of columns counts.
#   describe_guesses.sh TANDEM
set -uo pipefail
# shellcheck source=tests/jobs/check.bash
. "$(dirname "$0")/check.bash"
tandem=$(realpath "$1")
export OMPI_MCA_ess_singleton_isolated=1 # a process alone starts twice as fast
cd "$folder" || exit 1

# says NAME FILE LINE...: the description of FILE, by the options in `how`, has all these lines' parts; - LINE is not there.
how=()
says() {
  local name=$1 file=$2
  shift 2
  "$tandem" prepare --describe "$file" "${how[@]}" --write-schema s.yaml >told 2>err || fail "$name: $(cat err)"
  while [ $# -gt 0 ]; do
    if [ "$1" = - ]; then
      shift
      grep -qF -- "$1" told s.yaml && fail "$name: '$1' in: $(cat told s.yaml)"
    else
      grep -qF -- "$1" told s.yaml || fail "$name: expected '$1'; found: $(cat told s.yaml)"
    fi
    shift
  done
}

# --- headers
log() { for i in $(seq 40); do echo "u$((i % 7)),i$((i % 11)),2026-03-0$((i % 9 + 1)) 10:00:00"; done; }
for header in kunde,artikel,zeit kunde,artikel,time listener,episode,ts patron,title,loaned usuario,producto,fecha; do
  { echo "$header" && log; } >log.csv
  IFS=, read -r user item time <<<"$header"
  says "$header" log.csv ", a header" "40 rows" "$user: {kind: category, role: user} # 7" \
    "$item: {kind: category, role: item} # 11" "$time: {kind: time, role: time} # 9" - "first line"
  check "$header, by the schema" 0 "rows        40" "" "$tandem" prepare --schema s.yaml log.csv --test-fraction 0 --out d.h5
  check "$header, by options" 0 "rows        40" "is taken for the header" "$tandem" prepare log.csv --user-column 1 \
    --item-column 2 --test-fraction 0 --out d.h5
done
{ echo ユーザー,商品,日時 && log; } >log.csv
says "a header of another script" log.csv "user: {column: 'ユーザー', kind: category, role: user}" \
  "  ユーザー           category   user           7" "  日時               time       time           9" \
  "user: guessed to be ユーザー, as no column is called so; --user-column says otherwise"
log >log.csv
says "no header" log.csv ", no header" "40 rows" "user: guessed to be 1" - "first line"
printf 'eve,z\nann,x\nbob,y\n' >log.csv
says "a row that may be a header" log.csv ", no header" \
  "the first line is taken for a row, 'eve, z': --header, or header: yes in a schema, says that it names the columns"
printf 'wer,was\nu1,brot\nu2,milch\n' >log.csv
says "a header by its form" log.csv ", a header" \
  "the first line is taken for a header, 'wer, was': --no-header, or header: no in a schema, says that it is a row"

# --- nested objects, of which some are null
for i in $(seq 120); do
  listener="{\"id\": \"l$((i % 30))\", \"plan\": null}"
  [ $((i % 40)) = 1 ] && listener=null
  echo "{\"event\": \"play\", \"listener\": $listener, \"episode\": {\"guid\": \"e$((i % 20))\", \"title\": \"E $((i % 20))\"," \
    "\"show\": {\"name\": \"S\"}}}"
done >log.jsonl
says "objects that are null" log.jsonl "listener.id        category   user          30    2.5 %" \
  "episode_guid: {column: 'episode.guid', kind: category, role: item} # 20" \
  "episode_title: {column: 'episode.title', kind: text, role: title}" - "bad lines" - "  listener  "
check "objects that are null, by the schema" 0 "rows        117" "" "$tandem" prepare --schema s.yaml log.jsonl \
  --test-fraction 0 --out d.h5
for i in $(seq 200); do echo "{\"event\": \"play\", \"n\": null, \"sku\": \"s$((i % 60))\"}"; done >log.jsonl
says "no user" log.jsonl "warning: no column seems to be the user: --user-column says which one is" \
  "# No column seems to be the user" "sku: {kind: category, role: item}" - "role: user}"

# --- what options say
printf 'a,b,c,d\nx1,y1,3,1/2/2026\nx2,y2,NA,3/4/2026\n' >log.csv
how=(--user-column b --item-column 1 --rating-column c --timestamp-column d --timestamp-format %d/%m/%Y)
says "columns by options" log.csv "b: {kind: category, role: user}" "a: {kind: category, role: item}" \
  "c: {kind: number, role: label, missing: ['NA']}" "d: {kind: time, role: time, format: '%d/%m/%Y'}" - warning:
how=(--rating-column c --missing 3 --missing NA)
says "missing ratings by options" log.csv "c: {kind: number, role: label, missing: ['3', 'NA']} # 0 distinct, 100.0 % missing"
how=(--rating-column c --missing -9)
says "missing ratings that the first rows lack" log.csv "c: {kind: number, role: label, missing: ['-9', 'NA']} # 1 distinct"
how=(--rating-column a)
says "a rating that is none" log.csv "a: 'x1' is no number that is known"
how=()
check "a column that is not there" 1 "" "expected a column for --user-column, found 'bb'; the nearest is 'b'" \
  "$tandem" prepare --describe log.csv --user-column bb
check "two roles" 2 "" "expected another column than that of the user" \
  "$tandem" prepare --describe log.csv --user-column a --item-column a
for other in "--skip-bad 3" "--split time" "--where c>1" "--repeats sum" "--seed 1" "--without-user drop" "--item-key id"; do
  # shellcheck disable=SC2086 # an option and its value
  check "$other" 2 "" "expected options of files and columns alone with --describe" "$tandem" prepare --describe log.csv $other
done
check "two things to do" 2 "" "expected --out FILE, or --describe; found both" "$tandem" prepare --describe log.csv --out d.h5

# --- roles by little
for i in $(seq 600); do printf '%06d,%d,Titel %d,%d\n' $((i % 90)) $((i % 6)) $((i % 80)) "$i"; done >rows.csv
{ echo 'leserausweis,abteilung,titel,vorgang' && cat rows.csv; } >log.csv
says "leading zeros, and an item by its title" log.csv "leserausweis: {kind: category, role: user}" \
  "titel: {kind: category, role: item}" "item: guessed to be titel, as no column is called so"
{ echo 'nummer,abteilung,was,vorgang' && cat rows.csv; } >log.csv
says "leading zeros without a word" log.csv "nummer: {kind: category, role: user}" "was: {kind: category, role: item}" \
  "user: guessed to be nummer"
for i in $(seq 1200); do echo "u$((i % 90)),p$((i % 6)),x$((i % 200))"; done >rows.csv
{ echo user,product,other && cat rows.csv; } >log.csv
says "an item that is unlikely" log.csv "item: product has 6 values in 1200 rows, which is unlikely of the item; --item-column"
{ echo user,app,other && cat rows.csv; } >log.csv
says "a word of little weight" log.csv "other: {kind: category, role: item}" "item: guessed to be other"
for i in $(seq 0 99); do echo "$i,u$((i % 30)),i$((i % 9))|i$((i % 7))"; done | sed '1i order,customer,items' >log.csv
says "baskets" log.csv "customer: {kind: category, role: user}" "no column seems to be the item" \
  "items has several names in a cell" - "role: item}"

for i in $(seq 100); do echo "{\"guid\": \"g$i\", \"show\": \"s$((i % 50))\"}"; done >list.jsonl
says "a list of items" list.jsonl "no column seems to be the user" "item: guessed to be show, by its name"

for i in $(seq 60); do echo "u$((i % 7)),i$((i % 9)),T $((i % 9 % 8))"; done | sed '1i user,item,title' >log.csv
says "items of one title" log.csv "title: 1 items share a title with an earlier one"

# --- dates
printf 'user,item,zeit\nu1,i1,3/31/2026 1:00 PM\nu2,i2,4/1/2026 2:30 AM\n' >log.csv
says "AM and PM" log.csv "zeit: {kind: time, role: time, format: '%m/%d/%Y %I:%M %p'}"
check "AM and PM, by the schema" 0 "rows        2" "" "$tandem" prepare --schema s.yaml log.csv --test-fraction 0 --out d.h5
printf 'user,item,zeit\nu1,i1,03/04/2026\nu2,i2,04/05/2026\n' >log.csv
says "one of two forms" log.csv "zeit: '03/04/2026' may be a time as %d/%m/%Y or as %m/%d/%Y: format in a schema, or --timestamp-format"
printf 'user,item,zeit\nu1,i1,26/04/03\nu2,i2,26/12/30\nu3,i1,25/01/07\n' >log.csv
says "years of two digits" log.csv "zeit: '26/04/03' is read as %d/%m/%y, whose years have two digits"
for i in $(seq 60); do echo "u$((i % 7)),i$((i % 9)),2020-01-0$((1 + i % 9 % 4)),$((i % 9 % 3)).5"; done | sed '1i user,item,release_date,stars' >log.csv
says "what is the same of an item" log.csv "fields of items: release_date, stars" "items: # without a file" "stars: {kind: number} " - "role: time" - "role: label"
for i in $(seq 60); do echo "u$((i % 7)),i$((i % 9)),2020-01-0$((1 + i % 8))"; done | sed '1i user,item,born' >log.csv
says "a time that is called by nothing" log.csv "born: {kind: time, role: time}" "time: guessed to be born, as no column is called so"
printf 'user,item,zeit\nu1,i1,3. Juni 2026\nu2,i2,4. Mai 2026\n' >log.csv
says "no form" log.csv "zeit: seems to be a time, but no form that is known reads all as '3. Juni 2026'"

# --- numbers
printf 'user;item;Preis\nu1;i1;1.662,94\nu2;i2;3,5\n' >log.csv
says "thousands of Europe" log.csv "Preis: {kind: number, decimal: ',', thousands: '.'}" "3,5 to 1.662,94"
check "thousands of Europe, by the schema" 0 "rows        2" "" "$tandem" prepare --schema s.yaml log.csv --test-fraction 0 --out d.h5
sed -i "s/, thousands: '.'//" s.yaml
check "a comma is enough" 0 "rows        2" "" "$tandem" prepare --schema s.yaml log.csv --test-fraction 0 --out d.h5
sed -i "s/decimal: ','/decimal: ',', thousands: ','/" s.yaml
check "one sign for both" 1 "" "expected another sign of thousands than of decimals; found ',' as both" \
  "$tandem" prepare --schema s.yaml log.csv --out d.h5
printf 'user,item,price\nu1,i1,"1,662.94"\nu2,i2,3.5\n' >log.csv
says "thousands in quotes" log.csv "price: {kind: number, thousands: ','}" "3.5 to 1,662.94"
check "thousands in quotes, by the schema" 0 "rows        2" "" "$tandem" prepare --schema s.yaml log.csv --test-fraction 0 --out d.h5
check "thousands that nobody spoke of" 1 "" "found '1,662.94'; thousands: ',' in a schema reads it" \
  "$tandem" prepare log.csv --rating-column price --out d.h5
printf 'user;item;price\nu1;i1;1.662\nu2;i2;12.500\n' >log.csv
says "decimals or thousands" log.csv "price: read with three decimals behind '.' each; thousands: '.' and decimal: ',' in a schema"
printf 'user,item,tags\nu1,i1,"101,102"\nu2,i2,"102,103"\nu3,i3,101\nu4,i4,"103,101"\n' >log.csv
says "names of three digits" log.csv "tags: {kind: categories, separator: ','}"

{ echo user,item,price && for i in $(seq 40); do echo "u$((i % 7)),i$((i % 9)),$i.5"; done && echo u1,i1,unknown; } >log.csv
says "most are numbers" log.csv "price: {kind: category}" \
  "price: most are numbers, but 'unknown' is none: kind: number with missing: ['unknown'] in a schema reads the others"
check "a word that stands for none" 1 "" "found 'NA'; where it stands for none, missing in a schema, or --missing, says so" \
  "$tandem" prepare <(printf 'user,item,price\nu1,i1,NA\nu1,i2,3\n') --format csv --rating-column price --out d.h5

# --- messages and names
printf '{"u": "a", "i": "b", "r": 3}\n{"u": "a", "i": "c", "r": null}\n' >log.jsonl
check "no rating" 1 "" "found ''; where it is none, say missing: [''] in a schema, or --missing ''" \
  "$tandem" prepare log.jsonl --user-column u --item-column i --rating-column r --out d.h5
check "no rating, as is said" 0 "rows        2" "taken for jsonl" \
  "$tandem" prepare log.jsonl --user-column u --item-column i --rating-column r --missing '' --test-fraction 0 --out d.h5
printf 'kunde;sku;datum;\nk1;a;2026-03-01;\n' >log.csv
check "another separator" 1 "" "which seems to have ';' between its fields: --separator ';', or separator: ';' in a schema" \
  "$tandem" prepare --format csv log.csv --user-column kunde --item-column sku --out d.h5
printf 'user,item,Rückgabe,Año,Größe\nu1,i1,a,b,c\n' >log.csv
says "letters with marks" log.csv "Rueckgabe: {column: 'Rückgabe'" "Ano: {column: 'Año'" "Groesse: {column: 'Größe'" \
  "  Rückgabe           category  "
report
