/* The one-shot digests and the plain SHA256 state are marked old since OpenSSL 3.0, without a replacement that is a
   value which can be copied: a keyed state is copied for every message, and no thread shares it. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
