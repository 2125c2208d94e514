/* Telesign's callbacks, made of the recorded ones: each with an id that was never used before, and signed anew. */
#ifndef REQUESTS_H
#define REQUESTS_H
#include <stddef.h>

enum { REQUEST_BYTES_MAX = 65536 };

/* Reads the recorded callbacks in a folder of fixtures. Ends the program where one cannot be read. */
void requests_open(const char *fixtures);

/* Writes the next request, and returns its length. The kinds of callback come one after the other. */
size_t requests_next(char out[REQUEST_BYTES_MAX]);

/* Its body alone, for whoever needs no HTTP around it. */
size_t requests_next_body(char out[REQUEST_BYTES_MAX]);

#endif
