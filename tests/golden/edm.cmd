# tables that are not what they claim, indexes and keys that can't be used
export TZ=UTC
cd "$tmp" || exit 1
try() { printf '%s\n' "\$ filterctl edm $*"; filterctl edm "$@" 2>&1; echo "-> $?"; }
try
try build t.csv
try build --out t.index t.csv
try build --out t.edm none.csv
printf 'name,iban\n"Anna,1\n' >t.csv; try build --out t.edm t.csv
printf 'name,iban\nAnna,1,2\n' >t.csv; try build --out t.edm t.csv
printf 'name,name\nAnna,1\n' >t.csv; try build --out t.edm t.csv
printf 'name,iban\nM\374ller,1\n' >t.csv; try build --out t.edm t.csv
printf 'name,iban\n' >t.csv; try build --out t.edm t.csv
printf 'name,iban,sex\nAnna Lee,DE89370400440532013000,f\nPeter Kim,GB29NWBK60161331926819,m\n' >t.csv
try build --out t.edm --columns name,iban t.csv
try build --out t.edm --columns name:text,town:text t.csv
try build --out t.edm --columns name:text,sex:text t.csv
try build --out t.edm t.csv
stat -c '%a %n' t.edm t.key
try check t.edm
filterctl edm info t.edm | sed 's/made .* with key [0-9a-f]*/made WHEN with key ID/'
cp t.edm u.edm && printf x | dd of=u.edm bs=1 seek=300 conv=notrunc status=none
try check --key t.key u.edm
head -c 300 t.edm >u.edm; try info u.edm
chmod 0644 t.key; try check t.edm
printf 'detectors: ( { id = "r"; title = "r"; edm = { index = "t.edm"; columns = [ "name", "iban" ]; confidence = 90; }; } );\n' >t.rules
filterctl rules check .
chmod 0600 t.key
filterctl rules check . && echo '{"id":1,"text":"lee, anna: DE89 3704 0044 0532 0130 00"}' | filterctl rules match --rules . --jsonl
rm u.edm t.edm; filterctl rules check .
