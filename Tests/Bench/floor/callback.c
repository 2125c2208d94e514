#define _GNU_SOURCE
#include "callback.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "signature.h"

static struct signing_key key;

void callback_open(void) { signing_key_make(&key, SIGNATURE_EXAMPLE_KEY); }

bool callback_is_authentic(const char *authorization, const void *body, size_t length) {
    static const char start[] = "TSA " SIGNATURE_EXAMPLE_ACCOUNT ":";
    if (!authorization || strncmp(authorization, start, sizeof start - 1) != 0) return false;
    const char *given = authorization + sizeof start - 1;
    char wanted[SIGNATURE_LENGTH];
    if (strlen(given) != sizeof wanted) return false;
    sign(&key, body, length, wanted);
    return CRYPTO_memcmp(given, wanted, sizeof wanted) == 0;
}

/* Text that is written from left to right; what does not fit is noticed at the end. */
struct writer {
    char *at, *end;
};

static void put(struct writer *w, const char *text, size_t length) {
    if ((size_t)(w->end - w->at) > length) {
        memcpy(w->at, text, length);
        w->at += length;
    } else {
        w->at = w->end;
    }
}

#define PUT(w, literal) put(w, literal, sizeof(literal) - 1)

static void put_text(struct writer *w, const char *text) { put(w, text, strlen(text)); }

static void put_escaped(struct writer *w, const char *text, size_t length) {
    size_t from = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        put(w, text + from, i - from);
        from = i + 1;
        char escape[8];
        switch (c) {
        case '"': PUT(w, "\\\""); break;
        case '\\': PUT(w, "\\\\"); break;
        case '\n': PUT(w, "\\n"); break;
        case '\r': PUT(w, "\\r"); break;
        case '\t': PUT(w, "\\t"); break;
        default: put(w, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", c));
        }
    }
    put(w, text + from, length - from);
}

static void put_value(struct writer *w, const json_t *value) {
    char digits[24];
    if (json_is_string(value)) {
        PUT(w, "\"");
        put_escaped(w, json_string_value(value), json_string_length(value));
        PUT(w, "\"");
    } else if (json_is_integer(value)) {
        put(w, digits, (size_t)snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(value)));
    } else {
        PUT(w, "null");
    }
}

static void put_hex(struct writer *w, const unsigned char *bytes, size_t count) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        char pair[2] = {digits[bytes[i] >> 4], digits[bytes[i] & 15]};
        put(w, pair, 2);
    }
}

static void put_uuid(struct writer *w, const unsigned char key[EVENT_KEY_BYTES]) {
    static const int groups[] = {4, 2, 2, 2, 6};
    for (int i = 0; i < 5; i++) {
        if (i > 0) PUT(w, "-");
        put_hex(w, key, (size_t)groups[i]);
        key += groups[i];
    }
}

/* The part up to the second is made once a second. */
static void put_time(struct writer *w, uint64_t us) {
    static uint64_t second;
    static char start[24];
    if (us / 1000000 != second) {
        second = us / 1000000;
        time_t t = (time_t)second;
        struct tm parts;
        gmtime_r(&t, &parts);
        strftime(start, sizeof start, "%Y-%m-%dT%H:%M:%S.", &parts);
    }
    put(w, start, 20);
    unsigned rest = (unsigned)(us % 1000000);
    char digits[7];
    for (int i = 5; i >= 0; i--, rest /= 10) digits[i] = (char)('0' + rest % 10);
    digits[6] = 'Z';
    put(w, digits, 7);
}

/* What a callback says, wherever its channel puts it. Nothing is owned: all of it lives in the parsed tree. */
struct telling {
    const char *channel;
    json_t *reference, *from, *to, *text, *action, *keyword, *address, *media_type, *file_name, *file_size;
    json_t *status, *code, *occurred_at;
    bool is_email, is_report;
};

static json_t *either(json_t *a, json_t *b) { return a && !json_is_null(a) ? a : b; }

static bool is_text(const json_t *value, const char *text) {
    return json_is_string(value) && !strcmp(json_string_value(value), text);
}

static void read_content(struct telling *t, const json_t *content) {
    json_t *inner = json_object_get(content, "content");
    json_t *tap = json_object_get(content, "end_user_action");
    json_t *file = json_object_get(json_object_get(content, "file"), "payload");
    t->text = either(json_object_get(content, "text"), json_object_get(content, "text_1"));
    t->text = either(t->text, json_object_get(inner, "body"));
    t->address = either(json_object_get(content, "url_image_1"), json_object_get(inner, "url"));
    t->media_type = json_object_get(inner, "mime_type");
    if (file) {
        t->address = json_object_get(file, "uri");
        t->media_type = json_object_get(file, "mime_type");
        t->file_name = json_object_get(file, "name");
        t->file_size = json_object_get(file, "size_bytes");
    }
    if (tap) {
        t->text = either(json_object_get(tap, "text"), t->text);
        t->action = either(json_object_get(tap, "action"), json_object_get(tap, "event"));
        t->keyword = json_object_get(tap, "keyword");
    }
}

static struct telling read_telling(const json_t *root) {
    json_t *user = json_object_get(root, "user_response"), *kind = json_object_get(root, "sub_resource");
    json_t *content = json_object_get(root, "content"), *own = json_object_get(root, "waba_phone_number");
    struct telling t = {
        .channel = "viber",
        .reference = json_object_get(root, "reference_id"),
        .from = json_object_get(root, "phone_number"),
        .status = json_object_get(root, "status"),
        .occurred_at = json_object_get(root, "submit_timestamp"),
    };
    t.code = json_object_get(t.status, "code");
    t.occurred_at = either(t.occurred_at, json_object_get(t.status, "updated_on"));
    if (content) read_content(&t, content);
    if (user) {
        t.channel = "sms";
        t.from = json_object_get(user, "phone_number");
        t.to = json_object_get(user, "sender_id");
        t.text = json_object_get(user, "mo_message");
        t.action = json_object_get(user, "action");
        t.keyword = json_object_get(user, "keyword");
    } else if (is_text(kind, "mo_email")) {
        t.channel = "email";
        t.from = json_object_get(root, "email");
        t.is_email = true;
    } else if (is_text(kind, "mo_mms")) {
        t.channel = "mms";
    } else if (is_text(kind, "mo_rcs")) {
        t.channel = "rcs";
        t.to = json_object_get(root, "rcs_sender_id");
    } else if (own) {
        t.channel = "whatsapp";
        t.to = own;
    } else if (!content) {
        t.channel = "sms";
        t.is_report = true;
    }
    return t;
}

static void put_party(struct writer *w, const char *name, const json_t *party, bool is_email) {
    if (!json_is_string(party) || json_string_length(party) == 0) return;
    size_t length = json_string_length(party);
    bool is_number = strspn(json_string_value(party), "0123456789") == length, is_phone = is_number && length > 8;
    PUT(w, "\"");
    put_text(w, name);
    PUT(w, "\":{\"kind\":\"");
    put_text(w, is_email ? "email" : is_phone ? "phone" : is_number ? "shortCode" : "senderId");
    PUT(w, "\",\"value\":\"");
    if (is_phone) PUT(w, "+");
    put_escaped(w, json_string_value(party), json_string_length(party));
    PUT(w, "\",\"raw\":");
    put_value(w, party);
    PUT(w, "},");
}

static void put_content(struct writer *w, const struct telling *t) {
    PUT(w, "\"content\":[");
    if (t->text) {
        PUT(w, "{\"type\":\"text\",\"text\":");
        put_value(w, t->text);
        PUT(w, "}");
    }
    if (t->address) {
        if (t->text) PUT(w, ",");
        PUT(w, "{\"type\":\"media\",\"url\":");
        put_value(w, t->address);
        PUT(w, ",\"mediaType\":");
        put_value(w, t->media_type);
        PUT(w, ",\"fileName\":");
        put_value(w, t->file_name);
        PUT(w, ",\"bytes\":");
        put_value(w, t->file_size);
        PUT(w, "}");
    }
    PUT(w, "],");
}

/* What an event is of; a callback comes to one of the first two, to the last, or to both. */
enum kind { RECEIVED, STATUS, CONSENT };
static const char *const types[] = {"mogate.message.received", "mogate.message.status", "mogate.consent.changed"};

static void put_particulars(struct writer *w, const struct telling *t, enum kind kind) {
    if (kind == STATUS) {
        long long code = json_integer_value(t->code);
        PUT(w, "\"status\":{\"state\":\"");
        put_text(w, code >= 200 && code < 204 ? "delivered" : "unknown");
        PUT(w, "\",\"code\":");
        put_value(w, t->code);
        PUT(w, "},");
        return;
    }
    if (kind == RECEIVED) put_content(w, t);
    if (!t->action) return;
    PUT(w, "\"keyword\":{\"action\":");
    put_value(w, t->action);
    PUT(w, ",\"keyword\":");
    put_value(w, t->keyword);
    PUT(w, ",\"detectedBy\":\"provider\"},");
}

static bool write_event(
    struct made_event *event, const struct telling *t, enum kind kind, const unsigned char *digest, uint64_t received_us) {
    SHA256_CTX context;
    unsigned char id[SHA256_DIGEST_LENGTH];
    SHA256_Init(&context);
    SHA256_Update(&context, types[kind], strlen(types[kind]));
    SHA256_Update(&context, json_string_value(t->reference), json_string_length(t->reference));
    SHA256_Final(id, &context);
    memcpy(event->key, id, EVENT_KEY_BYTES);

    struct writer w = {event->json, event->json + EVENT_BYTES_MAX};
    PUT(&w, "{\"specversion\":\"1.0\",\"id\":\"");
    put_uuid(&w, event->key);
    PUT(&w, "\",\"source\":\"/sources/telesign\",\"type\":\"");
    put_text(&w, types[kind]);
    PUT(&w, "\",\"subject\":");
    put_value(&w, t->from);
    PUT(&w, ",\"time\":");
    put_value(&w, t->occurred_at);
    PUT(&w, ",\"datacontenttype\":\"application/json\",\"dataschema\":\"urn:mogate:inbound-event:1\",\"provider\":\"telesign\","
            "\"channel\":\"");
    put_text(&w, t->channel);
    PUT(&w, "\",\"partitionkey\":");
    put_value(&w, t->from);
    PUT(&w, ",\"data\":{\"providerMessageId\":");
    put_value(&w, t->reference);
    PUT(&w, ",");
    put_party(&w, "from", t->from, t->is_email);
    put_party(&w, "to", t->to, false);
    PUT(&w, "\"occurredAt\":");
    put_value(&w, t->occurred_at);
    PUT(&w, ",\"receivedAt\":\"");
    put_time(&w, received_us);
    PUT(&w, "\",");
    put_particulars(&w, t, kind);
    PUT(&w, "\"authenticity\":{\"result\":\"verified\",\"method\":\"telesign-hmac-sha256\"},\"provenance\":{\"bodySha256\":\"");
    put_hex(&w, digest, SHA256_DIGEST_LENGTH);
    PUT(&w, "\",\"decoder\":\"floor/1\"},\"extra\":{\"status\":{\"code\":");
    put_value(&w, t->code);
    PUT(&w, ",\"description\":");
    put_value(&w, json_object_get(t->status, "description"));
    PUT(&w, ",\"updated_on\":");
    put_value(&w, json_object_get(t->status, "updated_on"));
    PUT(&w, "}}}}");
    event->length = (size_t)(w.at - event->json);
    return w.at < w.end;
}

int callback_read(const char *body, size_t length, uint64_t received_us, struct made_event events[EVENTS_MAX]) {
    json_t *root = json_loadb(body, length, 0, NULL);
    struct telling t = read_telling(root);
    int count = 0;
    if (json_is_string(t.reference)) {
        unsigned char digest[SHA256_DIGEST_LENGTH];
        SHA256((const unsigned char *)body, length, digest);
        bool is_consent = t.is_email || is_text(t.action, "stop") || is_text(t.action, "start");
        enum kind kind = t.is_report ? STATUS : RECEIVED;
        if (!t.is_email && write_event(&events[count], &t, kind, digest, received_us)) count++;
        if (is_consent && write_event(&events[count], &t, CONSENT, digest, received_us)) count++;
    }
    json_decref(root);
    return count;
}
