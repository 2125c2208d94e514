#ifndef MOGATE_CSQLITE_SHIM_H
#define MOGATE_CSQLITE_SHIM_H

#include <sqlite3.h>
/* Swift's Glibc module leaves this out. */
#include <sys/vfs.h>

/* `sqlite3_db_config` takes anything at all, which Swift does not import: this is the one shape of it that is used. */
static inline int shim_db_config_set(sqlite3 *database, int option, int value) {
    return sqlite3_db_config(database, option, value, (int *)0);
}

/* `sqlite3_config` takes anything at all, which Swift does not import: this has SQLite not count the memory that it uses.
   To be called before anything else of it: afterwards SQLite refuses, and goes on counting, which does no harm. */
static inline void shim_leave_memory_uncounted(void) {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/* `SQLITE_TRANSIENT`, a number dressed as a function, is a macro that Swift does not import: SQLite copies the bytes
   before these return. Where it need not copy, Swift passes no destructor, which is `SQLITE_STATIC`. */
static inline int shim_bind_text_copied(sqlite3_stmt *statement, int index, const void *text, sqlite3_uint64 bytes) {
    return sqlite3_bind_text64(statement, index, (const char *)text, bytes, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int shim_bind_blob_copied(sqlite3_stmt *statement, int index, const void *blob, sqlite3_uint64 bytes) {
    return sqlite3_bind_blob64(statement, index, blob, bytes, SQLITE_TRANSIENT);
}

#endif
