#include "pages.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* ---- Sums */

static int is_native(int is_big_endian) { return is_big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__); }

static inline uint32_t word(const unsigned char *bytes, int is_swapped) {
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return is_swapped ? __builtin_bswap32(value) : value;
}

static uint32_t big_endian(const unsigned char *bytes) { return word(bytes, !is_native(1)); }

static inline void add_words(const unsigned char *bytes, size_t count, int is_swapped, uint32_t sum[2]) {
    uint32_t first = sum[0], second = sum[1];
    for (size_t at = 0; at + 8 <= count; at += 8) {
        first = first + word(bytes + at, is_swapped) + second;
        second = second + word(bytes + at + 4, is_swapped) + first;
    }
    sum[0] = first;
    sum[1] = second;
}

/* A loop for each order: one that asks at each word takes twice as long. */
void pages_sum(const unsigned char *bytes, size_t count, int is_big_endian, uint32_t sum[2]) {
    if (is_native(is_big_endian)) add_words(bytes, count, 0, sum);
    else add_words(bytes, count, 1, sum);
}

enum { sealed_bytes = PAGES_BYTES - PAGES_SEAL_BYTES };

/* It begins with the page's number, so that a page in another's place does not pass for it. */
static void begin_seal(uint32_t number, uint32_t sum[2]) {
    sum[0] = number;
    sum[1] = ~number;
}

static void put_seal(const uint32_t sum[2], unsigned char out[PAGES_SEAL_BYTES]) {
    for (int at = 0; at < PAGES_SEAL_BYTES; at++) out[at] = (unsigned char)(sum[at / 4] >> (8 * (at % 4)));
}

static void seal(const unsigned char *page, uint32_t number, unsigned char out[PAGES_SEAL_BYTES]) {
    uint32_t sum[2];
    begin_seal(number, sum);
    pages_sum(page, sealed_bytes, 0, sum);
    put_seal(sum, out);
}

/* What a page adds to the sum of a log, and to that of its seal, in one go: a sum waits for itself at every word, and not for
   the other. */
static void add_page(const unsigned char *page, int is_big_endian, uint32_t sum[2], uint32_t seal_sum[2]) {
    if (is_big_endian || !is_native(0)) {
        pages_sum(page, PAGES_BYTES, is_big_endian, sum);
        pages_sum(page, sealed_bytes, 0, seal_sum);
        return;
    }
    uint32_t first = sum[0], second = sum[1], seal_first = seal_sum[0], seal_second = seal_sum[1];
    for (size_t at = 0; at < sealed_bytes; at += 8) {
        const uint32_t one = word(page + at, 0), other = word(page + at + 4, 0);
        first = first + one + second;
        seal_first = seal_first + one + seal_second;
        second = second + other + first;
        seal_second = seal_second + other + seal_first;
    }
    sum[0] = first, sum[1] = second;
    seal_sum[0] = seal_first, seal_sum[1] = seal_second;
    pages_sum(page + sealed_bytes, PAGES_SEAL_BYTES, 0, sum);
}

int pages_is_sealed(const unsigned char *page, uint32_t number) {
    unsigned char expected[PAGES_SEAL_BYTES];
    seal(page, number, expected);
    return memcmp(page + sealed_bytes, expected, PAGES_SEAL_BYTES) == 0;
}

void pages_seal(unsigned char *page, uint32_t number) {
    seal(page, number, page + sealed_bytes);
}

static int is_blank(const unsigned char *page) {
    return page[0] == 0 && memcmp(page, page + 1, PAGES_BYTES - 1) == 0;
}

/* SQLite may make a file longer without writing a page that it has no use for yet: that one is all zeros. */
int pages_is_whole(const unsigned char *page, uint32_t number) {
    return pages_is_sealed(page, number) || is_blank(page);
}

/* ---- Files */

/* Bytes that follow one another in a log. */
typedef struct log_run {
    unsigned char *bytes;
    int count;
    sqlite3_int64 start;
    /* Whether the frame that they end in is the last one of its commit. */
    int is_commit;
} log_run;

/* What was last read of a log, for the copying that is under way. */
typedef struct log_piece {
    unsigned char *bytes;
    int count;
    sqlite3_int64 start;
} log_piece;

/* What SQLite takes for the file. The file of the system's own lies right behind it. */
typedef struct sealed_file {
    sqlite3_file base;
    sqlite3_file *inner;
    /* Of a log: the database that it belongs to. */
    struct sealed_file *database;
    /* Of a database: whether its pages are sealed. */
    int is_sealed;
    /* Of a database: how far the copying of its log is. SQLite announces one before it reads any of the log. */
    enum { not_copying, copying_announced, copying_begun } copying;
    /* While copying: whether the log's sums are over numbers with the highest byte first, and what its frames name it by. */
    int is_log_big_endian;
    unsigned char log_salt[8];
    /* While copying: the page that was last read from the log and found whole, 0 where there is none, and the sum of its
       seal. SQLite writes that page next; should memory change it in between, its seal does not hold. */
    uint32_t upcoming;
    uint32_t upcoming_seal[2];
    /* Of a database: the page that was last found not to be as it was written. */
    uint32_t damaged;
    /* Of a log: what the system has not got yet of the commit that is under way. */
    log_run run;
    /* Of a log: what was read of it last, while it was copied. */
    log_piece piece;
} sealed_file;

static sqlite3_vfs *system_vfs;

static sealed_file *sealed(sqlite3_file *file) { return (sealed_file *)file; }
static sqlite3_file *inner(sqlite3_file *file) { return sealed(file)->inner; }

static int is_page(int amount, sqlite3_int64 offset) {
    return amount == PAGES_BYTES && offset % PAGES_BYTES == 0;
}

static uint32_t page_number(sqlite3_int64 offset) { return (uint32_t)(offset / PAGES_BYTES) + 1; }

/* The file's first bytes say whether its pages are sealed. */
static void learn(sealed_file *file, const unsigned char *start, int amount, sqlite3_int64 offset) {
    if (offset != 0 || amount < 100 || memcmp(start, "SQLite format 3", 16) != 0) return;
    file->is_sealed = (start[16] << 8 | start[17]) == PAGES_BYTES && start[20] == PAGES_SEAL_BYTES;
}

static int database_read(sqlite3_file *file, void *buffer, int amount, sqlite3_int64 offset) {
    const int code = inner(file)->pMethods->xRead(inner(file), buffer, amount, offset);
    if (code != SQLITE_OK) return code;
    learn(sealed(file), buffer, amount, offset);
    if (!sealed(file)->is_sealed || !is_page(amount, offset)) return SQLITE_OK;
    if (pages_is_whole(buffer, page_number(offset))) return SQLITE_OK;
    sealed(file)->damaged = page_number(offset);
    return SQLITE_IOERR_DATA;
}

static int database_write(sqlite3_file *file, const void *buffer, int amount, sqlite3_int64 offset) {
    learn(sealed(file), buffer, amount, offset);
    if (!sealed(file)->is_sealed || !is_page(amount, offset))
        return inner(file)->pMethods->xWrite(inner(file), buffer, amount, offset);
    /* What SQLite lends is not written to. */
    unsigned char page[PAGES_BYTES];
    memcpy(page, buffer, sealed_bytes);
    if (sealed(file)->copying == not_copying) {
        pages_seal(page, page_number(offset));
    } else {
        /* A frame of another page lay where this one's was to be. */
        if (sealed(file)->upcoming != page_number(offset)) return SQLITE_IOERR_DATA;
        put_seal(sealed(file)->upcoming_seal, page + sealed_bytes);
    }
    return inner(file)->pMethods->xWrite(inner(file), page, amount, offset);
}

static int database_control(sqlite3_file *file, int operation, void *argument) {
    switch (operation) {
    case SQLITE_FCNTL_CKPT_START: sealed(file)->copying = copying_announced; break;
    case SQLITE_FCNTL_CKPT_DONE: sealed(file)->copying = not_copying; break;
    case PAGES_SEAL_FROM_NOW: sealed(file)->is_sealed = 1; return SQLITE_OK;
    case PAGES_DAMAGED: *(uint32_t *)argument = sealed(file)->damaged; return SQLITE_OK;
    }
    return inner(file)->pMethods->xFileControl(inner(file), operation, argument);
}

/* How a log lies on the disk: https://www.sqlite.org/fileformat2.html#the_write_ahead_log (read 2026-11-30). SQLite's own
   file system takes less than 128 KiB at once. */
enum { log_header = 32, frame_header = 24, frame_bytes = frame_header + PAGES_BYTES, log_run_bytes = 31 * frame_bytes };

/* Where a log's header and a frame's have the salt, which is another one whenever the log begins anew, and their sum. */
enum { log_salt = 16, log_sum = 24, frame_salt = 8, frame_sum = 16 };

/* A copying reads on from a frame's sum to the end of a frame. */
enum { log_piece_bytes = log_run_bytes - frame_sum };

/* Points at `count` bytes of the log from `start` on, and reads them unless they are in memory. Where they end with the
   frame right behind what is there, a whole run is read, for most of a log is copied in that order. What is read ahead
   may be half written; but a copying asks for no frame that is newer than its own beginning. */
static int log_bytes(sealed_file *log, sqlite3_int64 start, int count, const unsigned char **bytes) {
    log_piece *piece = &log->piece;
    const sqlite3_int64 end = piece->start + piece->count;
    if (start < piece->start || start + count > end) {
        if (piece->bytes == NULL) piece->bytes = malloc(log_piece_bytes);
        if (piece->bytes == NULL) return SQLITE_IOERR_NOMEM;
        const int goes_on = piece->count > 0 && start + count == end + frame_bytes;
        piece->start = start;
        piece->count = goes_on ? log_piece_bytes : count;
        const int code = log->inner->pMethods->xRead(log->inner, piece->bytes, piece->count, start);
        /* Behind the end of the log are zeros then, which are no frames. */
        if (code != SQLITE_OK && !(goes_on && code == SQLITE_IOERR_SHORT_READ)) {
            piece->count = 0;
            return code;
        }
    }
    *bytes = piece->bytes + (start - piece->start);
    return SQLITE_OK;
}

/* Begins with a copying: what was read for another one may have been written over since. */
static int begin_copying(sealed_file *log, sealed_file *database) {
    unsigned char header[log_header];
    const int code = log->inner->pMethods->xRead(log->inner, header, sizeof header, 0);
    if (code != SQLITE_OK) return code;
    log->piece.count = 0;
    database->is_log_big_endian = header[3] & 1;
    memcpy(database->log_salt, header + log_salt, sizeof database->log_salt);
    database->copying = copying_begun;
    return SQLITE_OK;
}

/* Reads a page of the log with the header before it, and looks whether they are as they were written: their sum goes on from
   that of the frame before, and their salt is this log's. The sum alone would not tell: where the system wrote nothing and
   said that it had, zeros lie behind zeros, or frames of an earlier log behind each other, and their sums hold. */
static int read_whole_frame(sealed_file *log, sealed_file *database, void *page, sqlite3_int64 offset) {
    const sqlite3_int64 start = offset - frame_header;
    const sqlite3_int64 sum_offset = start == log_header ? log_sum : start - frame_bytes + frame_sum;
    const unsigned char *before;
    database->upcoming = 0;
    int code = database->copying == copying_announced ? begin_copying(log, database) : SQLITE_OK;
    if (code == SQLITE_OK) code = log_bytes(log, sum_offset, (int)(start + frame_bytes - sum_offset), &before);
    if (code != SQLITE_OK) return code;
    const unsigned char *frame = before + (start - sum_offset);
    uint32_t sum[2] = {big_endian(before), big_endian(before + 4)};
    pages_sum(frame, 8, database->is_log_big_endian, sum);
    /* A frame begins with the page's number. */
    const uint32_t number = big_endian(frame);
    begin_seal(number, database->upcoming_seal);
    add_page(frame + frame_header, database->is_log_big_endian, sum, database->upcoming_seal);
    if (sum[0] != big_endian(frame + frame_sum) || sum[1] != big_endian(frame + frame_sum + 4)) return SQLITE_IOERR_DATA;
    if (memcmp(frame + frame_salt, database->log_salt, sizeof database->log_salt) != 0) return SQLITE_IOERR_DATA;
    memcpy(page, frame + frame_header, PAGES_BYTES);
    database->upcoming = number;
    return SQLITE_OK;
}

/* Hands the system what was put together. After an error it is gone: SQLite takes the transaction back, and writes it anew. */
static int log_flush(sqlite3_file *file) {
    log_run *run = &sealed(file)->run;
    const int count = run->count;
    run->count = 0;
    return count == 0 ? SQLITE_OK : inner(file)->pMethods->xWrite(inner(file), run->bytes, count, run->start);
}

/* SQLite itself looks at the log's sums only when it opens a file after a crash. What is copied into the database would get
   a seal that holds, whatever it is: it is looked at before that. */
static int log_read(sqlite3_file *file, void *buffer, int amount, sqlite3_int64 offset) {
    const int code = log_flush(file);
    if (code != SQLITE_OK) return code;
    sealed_file *database = sealed(file)->database;
    const int is_frame = amount == PAGES_BYTES && (offset - log_header) % frame_bytes == frame_header;
    if (is_frame && database != NULL && database->copying != not_copying)
        return read_whole_frame(sealed(file), database, buffer, offset);
    return inner(file)->pMethods->xRead(inner(file), buffer, amount, offset);
}

/* SQLite writes a log in pieces, two for each page, and shows them to nobody before the commit is whole. They go to the
   system together: one call a commit in place of a hundred. */
static int log_write(sqlite3_file *file, const void *buffer, int amount, sqlite3_int64 offset) {
    log_run *run = &sealed(file)->run;
    if (run->bytes == NULL) run->bytes = malloc(log_run_bytes);
    if (run->bytes == NULL) return SQLITE_IOERR_NOMEM;
    const int goes_on = offset == run->start + run->count && amount <= log_run_bytes - run->count;
    if (!goes_on) {
        const int code = log_flush(file);
        if (code != SQLITE_OK) return code;
        run->start = offset;
    }
    memcpy(run->bytes + run->count, buffer, (size_t)amount);
    run->count += amount;
    /* Of a frame, the header comes first: how many pages the database has after the commit, or zero before its end. */
    if (amount == frame_header) run->is_commit = big_endian((const unsigned char *)buffer + 4) != 0;
    return amount == PAGES_BYTES && run->is_commit ? log_flush(file) : SQLITE_OK;
}

static int log_sync(sqlite3_file *file, int flags) {
    const int code = log_flush(file);
    return code == SQLITE_OK ? inner(file)->pMethods->xSync(inner(file), flags) : code;
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size) {
    const int code = log_flush(file);
    return code == SQLITE_OK ? inner(file)->pMethods->xTruncate(inner(file), size) : code;
}

static int log_size(sqlite3_file *file, sqlite3_int64 *size) {
    const int code = log_flush(file);
    return code == SQLITE_OK ? inner(file)->pMethods->xFileSize(inner(file), size) : code;
}

static int sealed_close(sqlite3_file *file) {
    const int code = inner(file)->pMethods->xClose(inner(file));
    file->pMethods = NULL;
    return code;
}

static int log_close(sqlite3_file *file) {
    const int code = log_flush(file);
    free(sealed(file)->run.bytes);
    free(sealed(file)->piece.bytes);
    const int code_of_close = sealed_close(file);
    return code == SQLITE_OK ? code_of_close : code;
}

static int log_control(sqlite3_file *file, int operation, void *argument) {
    return inner(file)->pMethods->xFileControl(inner(file), operation, argument);
}

/* ---- What is only handed on */

static int sealed_truncate(sqlite3_file *file, sqlite3_int64 size) {
    return inner(file)->pMethods->xTruncate(inner(file), size);
}
static int sealed_sync(sqlite3_file *file, int flags) { return inner(file)->pMethods->xSync(inner(file), flags); }
static int sealed_size(sqlite3_file *file, sqlite3_int64 *size) {
    return inner(file)->pMethods->xFileSize(inner(file), size);
}
static int sealed_lock(sqlite3_file *file, int lock) { return inner(file)->pMethods->xLock(inner(file), lock); }
static int sealed_unlock(sqlite3_file *file, int lock) { return inner(file)->pMethods->xUnlock(inner(file), lock); }
static int sealed_check_lock(sqlite3_file *file, int *result) {
    return inner(file)->pMethods->xCheckReservedLock(inner(file), result);
}
static int sealed_sector(sqlite3_file *file) { return inner(file)->pMethods->xSectorSize(inner(file)); }
static int sealed_device(sqlite3_file *file) { return inner(file)->pMethods->xDeviceCharacteristics(inner(file)); }
static int sealed_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **map) {
    return inner(file)->pMethods->xShmMap(inner(file), region, size, extend, map);
}
static int sealed_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    return inner(file)->pMethods->xShmLock(inner(file), offset, count, flags);
}
static void sealed_shm_barrier(sqlite3_file *file) { inner(file)->pMethods->xShmBarrier(inner(file)); }
static int sealed_shm_unmap(sqlite3_file *file, int delete_it) {
    return inner(file)->pMethods->xShmUnmap(inner(file), delete_it);
}

/* Of version 2, without what maps a file into memory: each page is read through here. */
#define SEALED_METHODS(close, read, write, truncate, sync, size, control)                                          \
    {                                                                                                              \
        .iVersion = 2, .xClose = close, .xRead = read, .xWrite = write, .xTruncate = truncate, .xSync = sync,      \
        .xFileSize = size, .xLock = sealed_lock, .xUnlock = sealed_unlock,                                         \
        .xCheckReservedLock = sealed_check_lock, .xFileControl = control, .xSectorSize = sealed_sector,            \
        .xDeviceCharacteristics = sealed_device, .xShmMap = sealed_shm_map, .xShmLock = sealed_shm_lock,           \
        .xShmBarrier = sealed_shm_barrier, .xShmUnmap = sealed_shm_unmap,                                          \
    }

static const sqlite3_io_methods database_methods = SEALED_METHODS(
    sealed_close, database_read, database_write, sealed_truncate, sealed_sync, sealed_size, database_control);
static const sqlite3_io_methods log_methods = SEALED_METHODS(
    log_close, log_read, log_write, log_truncate, log_sync, log_size, log_control);

/* ---- Opening */

static int sealed_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags) {
    (void)vfs;
    /* All others are SQLite's own business. */
    if (!(flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)))
        return system_vfs->xOpen(system_vfs, name, file, flags, out_flags);
    sealed_file *opened = sealed(file);
    memset(opened, 0, sizeof *opened);
    opened->inner = (sqlite3_file *)(opened + 1);
    const int code = system_vfs->xOpen(system_vfs, name, opened->inner, flags, out_flags);
    if (code != SQLITE_OK) return code;
    if (flags & SQLITE_OPEN_WAL) {
        opened->database = sealed(sqlite3_database_file_object(name));
        file->pMethods = &log_methods;
    } else {
        file->pMethods = &database_methods;
    }
    return SQLITE_OK;
}

int pages_register(void) {
    static sqlite3_vfs sealed_vfs;
    system_vfs = sqlite3_vfs_find(NULL);
    if (system_vfs == NULL) return SQLITE_ERROR;
    sealed_vfs = *system_vfs;
    sealed_vfs.zName = PAGES_VFS;
    sealed_vfs.pNext = NULL;
    sealed_vfs.szOsFile += (int)sizeof(sealed_file);
    sealed_vfs.xOpen = sealed_open;
    return sqlite3_vfs_register(&sealed_vfs, 0);
}
