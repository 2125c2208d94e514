/* What a machine's cores have for programs that share nothing: reads callbacks as the floor does, for some seconds.
 *
 *     apart [--seconds 1] [--fixtures DIR]
 *
 * One is run on a core alone, and then one on each core at once. Prints one line of JSON. */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "callback.h"
#include "requests.h"

enum { CALLBACKS = 11, TURN = 64 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"seconds", 1, 0, 's'}, {"fixtures", 1, 0, 'f'}, {0}};
    const char *fixtures = "Fixtures/telesign";
    double seconds = 1;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) switch (o) {
        case 's': seconds = atof(optarg); break;
        case 'f': fixtures = optarg; break;
        default: return 2;
        }
    static char bodies[CALLBACKS][REQUEST_BYTES_MAX];
    size_t lengths[CALLBACKS];
    requests_open(fixtures);
    for (int i = 0; i < CALLBACKS; i++) lengths[i] = requests_next_body(bodies[i]);

    static struct made_event events[EVENTS_MAX];
    long done = 0;
    double start = now(), end = start + seconds, at;
    while ((at = now()) < end)
        for (int i = 0; i < TURN; i++, done++)
            callback_read(bodies[done % CALLBACKS], lengths[done % CALLBACKS], 1700000000000000, events);
    printf("{\"callbacks\":%ld,\"perSecond\":%.1f}\n", done, (double)done / (at - start));
    return 0;
}
