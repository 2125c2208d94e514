#ifndef MOGATE_CFUZZER_SHIM_H
#define MOGATE_CFUZZER_SHIM_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's own loop. It comes with the compiler, which brings no header for it. */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *data, size_t size));

#endif
