/* The floor's journal: one thread that puts whatever waits into one commit of SQLite. */
#ifndef JOURNAL_H
#define JOURNAL_H
#include "callback.h"

struct evhttp_request;

/* A request that waits for the disk. */
struct job {
    struct job *next;
    struct evhttp_request *request;
    uint64_t received_us;
    bool is_stored;
    int event_count;
    size_t raw_length, raw_room;
    char *raw;
    struct made_event events[EVENTS_MAX];
};

/* Opens the file and starts the thread. `bell` is an eventfd that rings when jobs have been done. */
void journal_open(const char *path, int bell);

/* Hands over a list of jobs, from its first to its last. */
void journal_add(struct job *first, struct job *last);

/* What was done since, or nothing. */
struct job *journal_take_done(void);

/* Does what still waits, and closes the file. */
void journal_close(void);

#endif
