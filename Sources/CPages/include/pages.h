#ifndef MOGATE_PAGES_H
#define MOGATE_PAGES_H

#include <stddef.h>
#include <stdint.h>

/* Seals on the pages of a database file: a sum over each page, in the last eight bytes of it, which SQLite leaves to
   whoever asks for them. A page that comes back from the disk otherwise than it was written is not handed on. */

/* The pages that are sealed are of this size, and so are those of every journal. */
#define PAGES_BYTES 4096
/* What SQLite is asked to leave free at the end of each page. */
#define PAGES_SEAL_BYTES 8
/* The file system that SQLite is to open a file through for its pages to be sealed and looked at. */
#define PAGES_VFS "mogate"
/* For `sqlite3_file_control`: the file is new, and its pages are to be sealed from the first one on. */
#define PAGES_SEAL_FROM_NOW 0x6D6F6701
/* For `sqlite3_file_control`: which page was last found not to be as it was written, as a `uint32_t`; 0 where none was. */
#define PAGES_DAMAGED 0x6D6F6702

/* SQLite's sum over pairs of 32-bit words, as its write-ahead log has it: goes on from `sum`. The count is a multiple of
   eight. */
void pages_sum(const unsigned char *bytes, size_t count, int is_big_endian, uint32_t sum[2]);

/* Whether a page is as it was sealed, or was never written at all. Pages are numbered from 1. */
int pages_is_whole(const unsigned char *page, uint32_t number);

/* Whether a page has a seal that holds. */
int pages_is_sealed(const unsigned char *page, uint32_t number);

/* Puts a seal on a page. */
void pages_seal(unsigned char *page, uint32_t number);

/* Makes `PAGES_VFS` known to SQLite, upon its default one; a result code of SQLite's. To be called once. */
int pages_register(void);

#endif
