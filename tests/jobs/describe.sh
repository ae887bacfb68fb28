#!/usr/bin/env bash
# tandem prepare --describe: what an input seems to be, on one rank and on three, and a schema that says so.
#   describe.sh TANDEM LAUNCHER...     LAUNCHER starts three processes ("mpirun -n 3")
set -uo pipefail
# shellcheck source=tests/jobs/check.bash
. "$(dirname "$0")/check.bash"
# shellcheck source=tests/jobs/rows.bash
. "$(dirname "$0")/rows.bash"
tandem=$(realpath "$1")
launcher=("${@:2}")
export OMPI_MCA_ess_singleton_isolated=1 # a process alone starts twice as fast
cd "$folder" || exit 1
mkdir in

described() {
  "$tandem" prepare --describe "$1" --write-schema s.yaml >out 2>err || fail "$1 is not described: $(cat err)"
  "$tandem" prepare --schema s.yaml "$1" --out d.h5 >out 2>err || fail "the schema of $1: $(cat s.yaml err)"
  checksum_of
}
{ echo user,item,rating,time && cells '%s,%s,%s,%s'; } >in/d.csv
{ printf 'time\titem\trating\tuser\n' && rows | awk -F'|' -v OFS='\t' '{print $4, $2, $3, $1}'; } >in/d.tsv
cells '{"user": "%s", "item": "%s", "rating": %s, "time": %s}' >in/d.jsonl
first=$(described in/d.csv)
[ -n "$first" ] || fail "no data by a schema that was guessed"
[ "$(described in/d.tsv)" = "$first" ] || fail "a guessed schema of tsv gives other data than one of csv"
[ "$(described in/d.jsonl)" = "$first" ] || fail "a guessed schema of JSON lines gives other data"
cat >in/x <<'EOF'
when,what,product_id,user_id,price,stars,shop,tags
2024-01-01,view,10,u1,1.5,4,s,a|b
2024-01-02,cart,11,u2,NA,-1,s,b
2024-01-02,view,10,u1,3,-1,s,b|a
2024-01-03,view,12,,2,5,s,a|b
2024-01-04,view,13,u3,2,3,s,a
EOF
printf 'id,title\n10,Shirt\n11,Shirt\n12,Sock\n13,\n' >in/items
for line in "  form csv, encoding utf-8, a header" "  5 rows" \
  "  when               time       time           4    0.0 %  2024-01-01 to 2024-01-04; 2024-01-01, 2024-01-02, 2024-01-03, 2024-01-04" \
  "  product_id         category   item           4    0.0 %  10, 11, 12, 13" \
  "  price              number                    3   20.0 %  1.5 to 3; 1.5, NA, 3, 2" \
  "  tags               categories                4    0.0 %  a|b, b, b|a, a" \
  "  warning: user_id: 20.0 % of the rows have no user" \
  "  warning: stars: 40.0 % of the rows have '-1', far from all others" \
  "  warning: shop: all rows have the same" \
  "  warning: 1 rows (20.0 %) repeat an earlier row's user_id and product_id" \
  "  warning: title: 1 items share a title with an earlier one"; do
  [ -s told ] || "${launcher[@]}" "$tandem" prepare --describe in/x --items in/items --write-schema s.yaml >told 2>err
  grep -qF -- "$line" told || fail "not described: $line, but: $(cat told err)"
done
grep -qF "    price: {kind: number, missing: ['NA']}" s.yaml || fail "the schema: $(cat s.yaml)"
check "by the guessed schema" 0 "rows        4: 4 training, 0 test" \
  "warning: stars: 50.0 % of the rows have -1, far from all others: if it stands for none, say --missing -1, or" \
  "$tandem" prepare --schema s.yaml in/x --test-fraction 0 --out d.h5
check "a schema without a description" 2 "" "expected --describe with --write-schema" \
  "$tandem" prepare in/x --write-schema s.yaml --out no.h5
check "neither" 2 "" "expected --out FILE, or --describe" "$tandem" prepare in/x

# As a spreadsheet of Europe writes it: decimals behind a comma, days first.
printf 'Kunde;Artikel;Preis;stars (0-10);Datum;Menge;other\n' >in/europe
printf 'k1;a1;6,5;1;1.2.2026 10:00;1;3/4/2026\nk2;a2;7;2;28.02.2026 11:30;1,5;4/5/2026\nk1;a2;5,5;3;1.3.2026 00:00;2;5/6/2026\n' \
  >>in/europe
"$tandem" prepare --describe in/europe --write-schema s.yaml >told 2>err || fail "not described: $(cat err)"
for line in "Preis: {kind: number, decimal: ','}" \
  "Datum: {kind: time, role: time, format: '%d.%m.%Y %H:%M'}" "Menge: {kind: number, decimal: ','}" \
  "stars__0-10_: {column: 'stars (0-10)', kind: number, role: label}" "other: {kind: category}"; do
  grep -qF -- "$line" s.yaml || fail "expected $line; found: $(cat s.yaml)"
done
check "numbers and dates of Europe" 0 "rows        3: 3 training, 0 test" "" \
  "$tandem" prepare --schema s.yaml in/europe --test-fraction 0 --out d.h5
printf 'k,a,r\nk1,a1,6,5\n' | sed '1!s/,/;/g; 1s/,/;/g; 2s/;5/,5/' >in/comma
check "a comma that nobody spoke of" 1 "" "expected a finite number as rating, found '6,5'; decimal: ',' in a schema reads it" \
  "$tandem" prepare --format delimited --separator ';' --header --rating-column 3 in/comma --out no.h5
printf 'interactions:\n  separator: ";"\n  header: yes\n  fields:\n    k: {kind: category, role: user}\n    a: {kind: category, role: item}\n    r: {kind: number, role: label, decimal: ","}\n' >comma.yaml
check "a comma that was spoken of" 0 "rows        1: 1 training" "" \
  "$tandem" prepare --schema comma.yaml in/comma --test-fraction 0 --out d.h5
sed -i 's/6,5/6.5/' in/comma
check "a point beside a comma" 1 "" "expected a finite number as r, found '6.5'; the schema says decimal: ','" \
  "$tandem" prepare --schema comma.yaml in/comma --test-fraction 0 --out no.h5
sed -i 's/decimal: ","/decimal: ";"/' comma.yaml
check "another sign" 1 "" "decimal" "$tandem" prepare --schema comma.yaml in/comma --out no.h5

printf 'movieId,userId\n1,2\n3,4\n' >in/swapped
"$tandem" prepare --describe in/swapped >out 2>err || fail "swapped columns: $(cat err)"
grep -q "movieId .* item " out || fail "swapped columns: $(cat out)"

# Keys that no column is called by: the first two that may be such, the user's first.
for header in u,i,r,t position,who,what who,what,price a,b,c; do
  case $header in
  u,*) row=1,x,3,100 second=2,y,4,200 user=u item=i ;;
  position,*) row=1,x,y second=2,v,w user=who item=what ;;
  who,*) row=x,y,1.5 second=v,w,2 user=who item=what ;;
  *) row=1,2,3 second=4,5,6 user=a item=b ;;
  esac
  printf '%s\n' "$header" "$row" "$second" >in/unnamed
  "$tandem" prepare --describe in/unnamed >out 2>err || fail "unnamed keys: $(cat err)"
  grep -Eq "^  $user +category +user " out || fail "$header: $user is no user: $(cat out)"
  grep -Eq "^  $item +category +item " out || fail "$header: $item is no item: $(cat out)"
done

# Standard input, which is read once, also where its start says that it is Latin-1.
printf 'user;item;rating\nRen\351;a;1\nZo\353;b;2\n' >in/latin1
for file in in/x in/latin1; do
  "$tandem" prepare --describe "$file" >told 2>err
  "$tandem" prepare --describe - <"$file" >out 2>err || fail "$file as standard input: $(cat err)"
  diff <(sed "s|$file|standard input|" told) out >err || fail "$file as standard input: $(cat err)"
done
grep -qF "René, Zoë" out || fail "not described: René, Zoë, but: $(cat out)"
check_once "standard input on three ranks" 2 "" "standard input: expected one rank, found 3" \
  "${launcher[@]}" "$tandem" prepare --describe -
report
