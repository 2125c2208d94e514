/* Telesign's signature: HMAC-SHA256 over the body, in Base64. */
#ifndef SIGNATURE_H
#define SIGNATURE_H
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

enum { SIGNATURE_LENGTH = 44 };

/* The vendor's published examples. */
#define SIGNATURE_EXAMPLE_KEY "ABC12345yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw=="
#define SIGNATURE_EXAMPLE_ACCOUNT "FFFFFFFF-EEEE-DDDD-1234-AB1234567890"

/* Both blocks of the key hashed beforehand, which saves half of what a short body costs. */
struct signing_key {
    SHA256_CTX inner, outer;
};

static inline void signing_key_make(struct signing_key *key, const char *base64) {
    unsigned char secret[256], block[SHA256_CBLOCK] = {0}, pad[SHA256_CBLOCK];
    size_t length = strlen(base64);
    int count = EVP_DecodeBlock(secret, (const unsigned char *)base64, (int)length);
    while (length > 0 && base64[--length] == '=') count--;
    if (count > SHA256_CBLOCK)
        SHA256(secret, (size_t)count, block);
    else if (count > 0)
        memcpy(block, secret, (size_t)count);
    for (int i = 0; i < SHA256_CBLOCK; i++) pad[i] = block[i] ^ 0x36;
    SHA256_Init(&key->inner);
    SHA256_Update(&key->inner, pad, sizeof pad);
    for (int i = 0; i < SHA256_CBLOCK; i++) pad[i] = block[i] ^ 0x5c;
    SHA256_Init(&key->outer);
    SHA256_Update(&key->outer, pad, sizeof pad);
}

static inline void sign(const struct signing_key *key, const void *body, size_t length, char out[SIGNATURE_LENGTH]) {
    unsigned char digest[SHA256_DIGEST_LENGTH], text[SIGNATURE_LENGTH + 1];
    SHA256_CTX context = key->inner;
    SHA256_Update(&context, body, length);
    SHA256_Final(digest, &context);
    context = key->outer;
    SHA256_Update(&context, digest, sizeof digest);
    SHA256_Final(digest, &context);
    EVP_EncodeBlock(text, digest, sizeof digest);
    memcpy(out, text, SIGNATURE_LENGTH);
}

#endif
