#!/bin/sh
# Makes the files of this directory anew with OpenSSL 3: certificates and keys as users get them wrong.
# All keys here are throwaway keys. The tests need the files only, not OpenSSL.
set -e
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
P256="-algorithm EC -pkeyopt ec_paramgen_curve:P-256"

# An authority, a server's key and certificate, and the chain.
openssl genpkey $P256 -out "$work/ca.key"
openssl req -x509 -days 36500 -batch -key "$work/ca.key" -subj "/CN=Authority of mistakes" -out ca.pem
openssl genpkey $P256 -out server.key
openssl req -new -batch -key server.key -subj "/CN=mail.example" -out request.pem
echo "subjectAltName=DNS:mail.example,DNS:localhost" >"$work/extensions"
openssl x509 -req -in request.pem -CA ca.pem -CAkey "$work/ca.key" -set_serial 1 -days 36500 \
    -extfile "$work/extensions" -out server.pem

# One that is its own authority.
openssl req -x509 -days 36500 -batch -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout self-signed.key \
    -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost" -out self-signed.pem

# The same in a wrong order, broken, and in other forms.
cat ca.pem server.pem >wrong-order.pem
head -c 300 server.pem >cut-off.pem
sed '3s/^...../*****/' server.pem >not-base64.pem
sed 3d server.pem >damaged.pem
tr '\n' ' ' <server.pem >one-line.pem
openssl x509 -in server.pem -outform der -out certificate.der
openssl pkey -in server.key -outform der -out key.der
openssl pkcs12 -export -in server.pem -inkey server.key -passout pass:secret -out archive.p12
openssl crl2pkcs7 -nocrl -certfile server.pem -out certificates.p7b
openssl x509 -in server.pem -trustout -addtrust serverAuth -out trusted.pem
openssl pkey -in server.key -pubout -out public.pem
iconv -t UTF-16 <server.pem >utf-16.pem
{ printf '\357\273\277'; sed 's/$/\r/' server.pem; } >windows.pem

# Keys that cannot be used.
openssl pkcs8 -topk8 -in server.key -passout pass:secret -out encrypted.key
openssl ec -in server.key -aes128 -passout pass:secret -out encrypted-old.key
openssl genpkey $P256 -out other.key
cat other.key server.key >two.key
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out rsa-1024.key
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out secp256k1.key
openssl genpkey -algorithm ed448 -out ed448.key
openssl genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:1024 -out "$work/dsa"
openssl genpkey -paramfile "$work/dsa" -out dsa.key
ssh-keygen -q -t ed25519 -N '' -C '' -f "$work/ssh" && cp "$work/ssh" openssh.key

# Revocation lists: of version 2, of version 1, and one that has expired.
: >"$work/index"
cat >"$work/ca.conf" <<END
[ca]
default_ca = it
[it]
database = $work/index
default_md = sha256
[version2]
authorityKeyIdentifier = keyid
END
crl() { openssl ca -config "$work/ca.conf" -gencrl -keyfile "$work/ca.key" -cert ca.pem "$@"; }
crl -crldays 36500 -crlexts version2 -out list.pem
crl -crldays 36500 -out list-1.pem
crl -crl_lastupdate 20200101000000Z -crl_nextupdate 20200201000000Z -crlexts version2 -out list-expired.pem
openssl crl -in list.pem -outform der -out list.der
