#!/bin/sh
# Makes an authority in the folder given, and by it a certificate each for the names that follow: NAME.pem, NAME.key.
set -eu
folder=$1
shift
[ -e "$folder/authority.pem" ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -subj "/CN=authority" -keyout "$folder/authority.key" -out "$folder/authority.pem" 2>/dev/null
for name; do
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=Example/CN=$name" \
        -keyout "$folder/$name.key.new" -out "$folder/$name.csr" 2>/dev/null
    printf 'subjectAltName=DNS:localhost\n' >"$folder/extensions"
    openssl x509 -req -in "$folder/$name.csr" -CA "$folder/authority.pem" -CAkey "$folder/authority.key" -days 2 \
        -extfile "$folder/extensions" -out "$folder/$name.pem" 2>/dev/null
    chmod 600 "$folder/$name.key.new"
    mv "$folder/$name.key.new" "$folder/$name.key"
done
