/* What the floor makes of a Telesign callback: proof, reading, and the same events as mogate's, in their JSON. */
#ifndef CALLBACK_H
#define CALLBACK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EVENT_BYTES_MAX = 4096, EVENTS_MAX = 2, EVENT_KEY_BYTES = 16 };

struct made_event {
    unsigned char key[EVENT_KEY_BYTES]; /* the same for the same callback, for ever */
    size_t length;
    char json[EVENT_BYTES_MAX];
};

void callback_open(void);

/* By the field `Authorization: TSA account:signature`; in constant time. */
bool callback_is_authentic(const char *authorization, const void *body, size_t length);

/* Writes the events into the array, and returns how many; 0 where the body says nothing that is understood. */
int callback_read(const char *body, size_t length, uint64_t received_us, struct made_event events[EVENTS_MAX]);

#endif
