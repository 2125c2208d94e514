/* The one-shot digests and the plain SHA256 state are marked old since OpenSSL 3.0, without a replacement that is a
   value which can be copied: a keyed state is copied for every message, and no thread shares it. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

/* Versions, options and modes are set by macros, which Swift does not see. Sessions go on by tickets that the other side
   keeps, so that nothing is kept here; where certificates are asked for, they need a name for what they are good for. */
static inline void shim_restrict(SSL_CTX *context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(context, (const unsigned char *)"mogate", 6);
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
}

/* A macro. The context takes a reference of its own. */
static inline int shim_add_to_chain(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

/* The flags are macros of macros. Names beyond ASCII are left as they are. */
static inline int shim_print_subject(BIO *out, X509 *certificate) {
    return X509_NAME_print_ex(
        out, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
}

/* A macro. What it points to stays the BIO's. */
static inline long shim_contents(BIO *bio, char **start) {
    return BIO_get_mem_data(bio, start);
}
