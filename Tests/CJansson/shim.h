#include <jansson.h>

/* A macro in jansson, which Swift does not import. */
static inline json_type shim_json_type(const json_t *node) { return json_typeof(node); }
