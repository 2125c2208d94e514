#include "pages.h"

#include <sqlite3.h>
#include <string.h>

/* ---- Sums */

static uint32_t word(const unsigned char *bytes, int is_big_endian) {
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    const int is_native_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    return is_big_endian == is_native_big ? value : __builtin_bswap32(value);
}

void pages_sum(const unsigned char *bytes, size_t count, int is_big_endian, uint32_t sum[2]) {
    uint32_t first = sum[0], second = sum[1];
    for (size_t at = 0; at + 8 <= count; at += 8) {
        first += word(bytes + at, is_big_endian) + second;
        second += word(bytes + at + 4, is_big_endian) + first;
    }
    sum[0] = first;
    sum[1] = second;
}

/* It begins with the page's number, so that a page in another's place does not pass for it. */
static void seal(const unsigned char *page, uint32_t number, unsigned char out[PAGES_SEAL_BYTES]) {
    uint32_t sum[2] = {number, ~number};
    pages_sum(page, PAGES_BYTES - PAGES_SEAL_BYTES, 0, sum);
    for (int at = 0; at < PAGES_SEAL_BYTES; at++) out[at] = (unsigned char)(sum[at / 4] >> (8 * (at % 4)));
}

int pages_is_sealed(const unsigned char *page, uint32_t number) {
    unsigned char expected[PAGES_SEAL_BYTES];
    seal(page, number, expected);
    return memcmp(page + PAGES_BYTES - PAGES_SEAL_BYTES, expected, PAGES_SEAL_BYTES) == 0;
}

void pages_seal(unsigned char *page, uint32_t number) {
    seal(page, number, page + PAGES_BYTES - PAGES_SEAL_BYTES);
}

static int is_blank(const unsigned char *page) {
    return page[0] == 0 && memcmp(page, page + 1, PAGES_BYTES - 1) == 0;
}

/* SQLite may make a file longer without writing a page that it has no use for yet: that one is all zeros. */
int pages_is_whole(const unsigned char *page, uint32_t number) {
    return pages_is_sealed(page, number) || is_blank(page);
}

/* ---- Files */

/* What SQLite takes for the file. The file of the system's own lies right behind it. */
typedef struct sealed_file {
    sqlite3_file base;
    sqlite3_file *inner;
    /* Of a log: the database that it belongs to. */
    struct sealed_file *database;
    /* Of a database: whether its pages are sealed. */
    int is_sealed;
    /* Of a database: whether its log is being copied into it. */
    int is_copying;
    /* Of a database: the page that was last found not to be as it was written. */
    uint32_t damaged;
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
    memcpy(page, buffer, PAGES_BYTES - PAGES_SEAL_BYTES);
    pages_seal(page, page_number(offset));
    return inner(file)->pMethods->xWrite(inner(file), page, amount, offset);
}

static int database_control(sqlite3_file *file, int operation, void *argument) {
    switch (operation) {
    case SQLITE_FCNTL_CKPT_START: sealed(file)->is_copying = 1; break;
    case SQLITE_FCNTL_CKPT_DONE: sealed(file)->is_copying = 0; break;
    case PAGES_SEAL_FROM_NOW: sealed(file)->is_sealed = 1; return SQLITE_OK;
    case PAGES_DAMAGED: *(uint32_t *)argument = sealed(file)->damaged; return SQLITE_OK;
    }
    return inner(file)->pMethods->xFileControl(inner(file), operation, argument);
}

enum { log_header = 32, frame_header = 24, frame_bytes = frame_header + PAGES_BYTES };

/* Whether the frame that a page of the log lies in is as it was written: its sum goes on from that of the frame before. */
static int frame_is_whole(sqlite3_file *log, const unsigned char *page, sqlite3_int64 offset) {
    unsigned char header[frame_header], before[8], magic[4];
    const sqlite3_int64 frame = offset - frame_header;
    const sqlite3_int64 sum_before = frame == log_header ? 24 : frame - frame_bytes + 16;
    const sqlite3_io_methods *methods = log->pMethods;
    if (methods->xRead(log, header, sizeof header, frame) != SQLITE_OK) return 0;
    if (methods->xRead(log, before, sizeof before, sum_before) != SQLITE_OK) return 0;
    if (methods->xRead(log, magic, sizeof magic, 0) != SQLITE_OK) return 0;
    const int is_big_endian = magic[3] & 1;
    uint32_t sum[2] = {word(before, 1), word(before + 4, 1)};
    pages_sum(header, 8, is_big_endian, sum);
    pages_sum(page, PAGES_BYTES, is_big_endian, sum);
    return sum[0] == word(header + 16, 1) && sum[1] == word(header + 20, 1);
}

/* SQLite itself looks at the log's sums only when it opens a file after a crash. What is copied into the database would get
   a seal that holds, whatever it is: it is looked at before that. */
static int log_read(sqlite3_file *file, void *buffer, int amount, sqlite3_int64 offset) {
    const int code = inner(file)->pMethods->xRead(inner(file), buffer, amount, offset);
    const sealed_file *database = sealed(file)->database;
    if (code != SQLITE_OK || database == NULL || !database->is_copying) return code;
    if (amount != PAGES_BYTES || (offset - log_header) % frame_bytes != frame_header) return code;
    return frame_is_whole(inner(file), buffer, offset) ? SQLITE_OK : SQLITE_IOERR_DATA;
}

static int log_write(sqlite3_file *file, const void *buffer, int amount, sqlite3_int64 offset) {
    return inner(file)->pMethods->xWrite(inner(file), buffer, amount, offset);
}

static int log_control(sqlite3_file *file, int operation, void *argument) {
    return inner(file)->pMethods->xFileControl(inner(file), operation, argument);
}

/* ---- What is only handed on */

static int sealed_close(sqlite3_file *file) {
    const int code = inner(file)->pMethods->xClose(inner(file));
    file->pMethods = NULL;
    return code;
}
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
#define SEALED_METHODS(read, write, control)                                                                       \
    {                                                                                                              \
        .iVersion = 2, .xClose = sealed_close, .xRead = read, .xWrite = write, .xTruncate = sealed_truncate,       \
        .xSync = sealed_sync, .xFileSize = sealed_size, .xLock = sealed_lock, .xUnlock = sealed_unlock,            \
        .xCheckReservedLock = sealed_check_lock, .xFileControl = control, .xSectorSize = sealed_sector,            \
        .xDeviceCharacteristics = sealed_device, .xShmMap = sealed_shm_map, .xShmLock = sealed_shm_lock,           \
        .xShmBarrier = sealed_shm_barrier, .xShmUnmap = sealed_shm_unmap,                                          \
    }

static const sqlite3_io_methods database_methods = SEALED_METHODS(database_read, database_write, database_control);
static const sqlite3_io_methods log_methods = SEALED_METHODS(log_read, log_write, log_control);

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
