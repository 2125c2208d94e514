#define _GNU_SOURCE
#include "requests.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "signature.h"

/* A kind of callback each: texts, stop words, files, reports, of every channel. */
static const char *const cases[] = {
    "sms-generic",    "rcs-text",          "sms-keyword-stop", "whatsapp-text",    "mms-text-image",     "rcs-keyword-stop",
    "rcs-file-image", "viber-text-tracking", "whatsapp-image", "email-unsubscribe", "sms-report-delivered",
};
enum { CASES = sizeof cases / sizeof *cases, ID_LENGTH = 32, PLACES_MAX = 4 };

struct request {
    char *bytes;
    size_t length, body, id;
    size_t signatures[PLACES_MAX];
    int signature_count;
};

static struct request requests[CASES];
static struct signing_key key;
static uint64_t counter;

static void fail(const char *path, const char *why) {
    fprintf(stderr, "%s: %s\n", path, why);
    exit(1);
}

/* Where the id and the signatures stand in it. */
static struct request read_request(const char *path) {
    struct request r = {.bytes = calloc(1, REQUEST_BYTES_MAX)};
    FILE *file = fopen(path, "rb");
    if (!file) fail(path, "cannot be opened");
    r.length = fread(r.bytes, 1, REQUEST_BYTES_MAX - 1, file);
    fclose(file);

    char *head_end = strstr(r.bytes, "\r\n\r\n");
    if (!head_end) fail(path, "has no body");
    r.body = (size_t)(head_end + 4 - r.bytes);
    char *id = strstr(head_end, "\"reference_id\"");
    id = id ? strchr(id + strlen("\"reference_id\""), '"') : NULL;
    if (!id || strcspn(id + 1, "\"") != ID_LENGTH) fail(path, "has no reference_id of the usual length");
    r.id = (size_t)(id + 1 - r.bytes);

    char *account = strstr(r.bytes, ": TSA ");
    char *signature = account ? strchr(account + strlen(": TSA "), ':') : NULL;
    if (!signature || signature > head_end) fail(path, "is not signed");
    char old[SIGNATURE_LENGTH + 1] = {0};
    memcpy(old, signature + 1, SIGNATURE_LENGTH);
    for (char *at = r.bytes; r.signature_count < PLACES_MAX && (at = strstr(at, old)) && at < head_end; at += SIGNATURE_LENGTH)
        r.signatures[r.signature_count++] = (size_t)(at - r.bytes);
    return r;
}

void requests_open(const char *fixtures) {
    signing_key_make(&key, SIGNATURE_EXAMPLE_KEY);
    if (getrandom(&counter, sizeof counter, 0) != sizeof counter) fail("getrandom", "gave nothing");
    for (int i = 0; i < CASES; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s/request.http", fixtures, cases[i]);
        requests[i] = read_request(path);
    }
}

/* Spreads a counter over all numbers, as vendors' ids are: the finaliser of SplitMix64. */
static uint64_t spread(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

static void write_id(char *out) {
    static const char digits[] = "0123456789ABCDEF";
    uint64_t words[2];
    words[0] = spread(counter += 0x9e3779b97f4a7c15);
    words[1] = spread(counter += 0x9e3779b97f4a7c15);
    for (int i = 0; i < ID_LENGTH; i++) out[i] = digits[words[i / 16] >> (60 - 4 * (i % 16)) & 15];
}

static const struct request *take(void) {
    static int next;
    struct request *r = &requests[next];
    next = (next + 1) % CASES;
    write_id(r->bytes + r->id);
    return r;
}

size_t requests_next(char out[REQUEST_BYTES_MAX]) {
    const struct request *r = take();
    memcpy(out, r->bytes, r->length);
    char signature[SIGNATURE_LENGTH];
    sign(&key, r->bytes + r->body, r->length - r->body, signature);
    for (int i = 0; i < r->signature_count; i++) memcpy(out + r->signatures[i], signature, SIGNATURE_LENGTH);
    return r->length;
}

size_t requests_next_body(char out[REQUEST_BYTES_MAX]) {
    const struct request *r = take();
    memcpy(out, r->bytes + r->body, r->length - r->body);
    return r->length - r->body;
}
