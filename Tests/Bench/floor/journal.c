#define _GNU_SOURCE
#include "journal.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { BATCH_MAX = 512 };

static sqlite3 *database;
static sqlite3_stmt *begin, *insert, *commit;
static int ring;

static pthread_t thread;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t came = PTHREAD_COND_INITIALIZER;
static struct job *waiting, **waiting_end = &waiting, *done;
static bool is_asleep, is_closing;

static void run(const char *sql) {
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK) return;
    fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(database));
    exit(1);
}

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(database));
        exit(1);
    }
    return statement;
}

static bool step(sqlite3_stmt *statement) {
    bool is_done = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_reset(statement);
    return is_done;
}

/* The raw body is kept with the first of its events. */
static bool store(const struct job *job) {
    for (int i = 0; i < job->event_count; i++) {
        const struct made_event *event = &job->events[i];
        sqlite3_bind_int64(insert, 1, (sqlite3_int64)job->received_us);
        sqlite3_bind_blob(insert, 2, event->key, EVENT_KEY_BYTES, SQLITE_STATIC);
        sqlite3_bind_blob(insert, 3, event->json, (int)event->length, SQLITE_STATIC);
        if (i == 0)
            sqlite3_bind_blob(insert, 4, job->raw, (int)job->raw_length, SQLITE_STATIC);
        else
            sqlite3_bind_null(insert, 4);
        if (!step(insert)) return false;
    }
    return true;
}

static bool store_all(const struct job *jobs) {
    bool is_stored = step(begin);
    for (; is_stored && jobs; jobs = jobs->next) is_stored = store(jobs);
    return step(commit) && is_stored;
}

/* Takes what waits, at most a batch of it; the lock is held. */
static struct job *take_batch(struct job **last) {
    struct job *first = waiting;
    *last = first;
    for (int i = 1; i < BATCH_MAX && (*last)->next; i++) *last = (*last)->next;
    waiting = (*last)->next;
    if (!waiting) waiting_end = &waiting;
    (*last)->next = NULL;
    return first;
}

static void *work(void *unused) {
    pthread_mutex_lock(&lock);
    while (true) {
        while (!waiting && !is_closing) {
            is_asleep = true;
            pthread_cond_wait(&came, &lock);
            is_asleep = false;
        }
        if (!waiting) break;
        struct job *last, *batch = take_batch(&last);
        pthread_mutex_unlock(&lock);

        bool is_stored = store_all(batch);
        if (!is_stored) fprintf(stderr, "%s\n", sqlite3_errmsg(database));
        for (struct job *job = batch; job; job = job->next) job->is_stored = is_stored;

        pthread_mutex_lock(&lock);
        bool is_first = !done;
        last->next = done;
        done = batch;
        if (is_first) eventfd_write(ring, 1);
    }
    pthread_mutex_unlock(&lock);
    return unused;
}

void journal_open(const char *path, int bell) {
    ring = bell;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &database, flags, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", path, sqlite3_errmsg(database));
        exit(1);
    }
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = FULL");
    run("PRAGMA cache_size = -8192");
    run("CREATE TABLE IF NOT EXISTS events(sequence INTEGER PRIMARY KEY, received INTEGER NOT NULL, key BLOB NOT NULL,"
        " json BLOB NOT NULL, raw BLOB)");
    run("CREATE UNIQUE INDEX IF NOT EXISTS events_by_key ON events(key)");
    begin = prepare("BEGIN IMMEDIATE");
    insert = prepare("INSERT INTO events(received, key, json, raw) VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING");
    commit = prepare("COMMIT");
    pthread_create(&thread, NULL, work, NULL);
}

void journal_add(struct job *first, struct job *last) {
    pthread_mutex_lock(&lock);
    *waiting_end = first;
    waiting_end = &last->next;
    bool is_needed = is_asleep;
    pthread_mutex_unlock(&lock);
    if (is_needed) pthread_cond_signal(&came);
}

struct job *journal_take_done(void) {
    pthread_mutex_lock(&lock);
    struct job *jobs = done;
    done = NULL;
    pthread_mutex_unlock(&lock);
    return jobs;
}

void journal_close(void) {
    pthread_mutex_lock(&lock);
    is_closing = true;
    pthread_mutex_unlock(&lock);
    pthread_cond_signal(&came);
    pthread_join(thread, NULL);
    sqlite3_finalize(begin);
    sqlite3_finalize(insert);
    sqlite3_finalize(commit);
    sqlite3_close(database);
}
