/* The floor of a file sink: appends events to a file as lines, with one write and one fdatasync a batch.
 *
 *     filesink --file FILE [--batch 64] [--events 100000] [--fixtures DIR]
 *
 * What it writes is what the floor makes of Telesign's callbacks, made beforehand. Prints one line of JSON. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "callback.h"
#include "requests.h"

enum { CALLBACKS = 11, BATCH_MAX = 512 };

static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"file", 1, 0, 'o'}, {"batch", 1, 0, 'b'}, {"events", 1, 0, 'n'}, {"fixtures", 1, 0, 'f'}, {0}};
    const char *path = NULL, *fixtures = "Fixtures/telesign";
    long batch = 64, wanted = 100000;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) switch (o) {
        case 'o': path = optarg; break;
        case 'b': batch = atol(optarg); break;
        case 'n': wanted = atol(optarg); break;
        case 'f': fixtures = optarg; break;
        default: return 2;
        }
    if (!path || batch <= 0 || batch > BATCH_MAX) {
        fprintf(stderr, "filesink --file FILE [--batch N] [--events N] [--fixtures DIR]\n");
        return 2;
    }
    static struct made_event lines[CALLBACKS * EVENTS_MAX];
    static char callback[REQUEST_BYTES_MAX];
    int line_count = 0;
    requests_open(fixtures);
    for (int i = 0; i < CALLBACKS; i++) {
        size_t length = requests_next_body(callback);
        line_count += callback_read(callback, length, 1700000000000000, lines + line_count);
    }
    for (int i = 0; i < line_count; i++) lines[i].json[lines[i].length++] = '\n';

    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct iovec parts[BATCH_MAX];
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    long written = 0;
    while (written < wanted) {
        for (int i = 0; i < batch; i++, written++) {
            struct made_event *line = &lines[written % line_count];
            parts[i] = (struct iovec){line->json, line->length};
        }
        if (writev(file, parts, (int)batch) < 0 || fdatasync(file)) {
            perror(path);
            return 1;
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double wall = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    printf("{\"events\":%ld,\"seconds\":%.4f,\"perSecond\":%.1f,\"cpuSeconds\":%.4f}\n", written, wall,
           (double)written / wall, seconds(usage.ru_utime) + seconds(usage.ru_stime));
    return 0;
}
