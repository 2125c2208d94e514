/* Posts Telesign's callbacks, from one thread, over connections that are kept alive, and prints one line of JSON.
 *
 *     load --port P [--fixtures DIR] [--connections 64] [--rate R] (--seconds S | --requests N)
 *
 * Without a rate each connection asks again as soon as it is answered (a closed loop). With one, requests fall due at
 * random moments, so many a second on average (Poisson), whatever the server does; how long one took is counted from the
 * moment it was due, so that a server that stands still is charged for all that was due meanwhile. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "requests.h"

enum { ANSWER_BYTES_MAX = 16384, DRAIN_SECONDS = 10 };

struct connection {
    int socket;
    bool is_busy;
    uint64_t due;
    size_t out_length, out_sent, in_length;
    char out[REQUEST_BYTES_MAX], in[ANSWER_BYTES_MAX];
};

static struct sockaddr_in address;
static int epoll;
static struct connection **idle;
static int idle_count;

/* How long each answered request took, in microseconds. */
static uint32_t *taken;
static size_t taken_count, taken_room;
static uint64_t failures, last_answer;
static int first_failure;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void note_taken(uint64_t nanoseconds) {
    if (taken_count == taken_room) {
        taken_room = taken_room ? 2 * taken_room : 1 << 16;
        taken = realloc(taken, taken_room * sizeof *taken);
    }
    uint64_t us = nanoseconds / 1000;
    taken[taken_count++] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

static void note_failure(int status) {
    failures++;
    if (!first_failure) first_failure = status;
}

static void open_connection(struct connection *c) {
    int one = 1;
    c->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c->socket, (struct sockaddr *)&address, sizeof address)) {
        perror("connect");
        exit(1);
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(epoll, EPOLL_CTL_ADD, c->socket, &event);
    c->in_length = 0;
}

/* The request that was under way counts as failed. */
static void reopen(struct connection *c) {
    if (c->is_busy) {
        note_failure(-1);
        c->is_busy = false;
        idle[idle_count++] = c;
    }
    close(c->socket);
    open_connection(c);
}

static void wait_for(struct connection *c, uint32_t what) {
    struct epoll_event event = {.events = what, .data.ptr = c};
    epoll_ctl(epoll, EPOLL_CTL_MOD, c->socket, &event);
}

static void push(struct connection *c) {
    while (c->out_sent < c->out_length) {
        ssize_t count = send(c->socket, c->out + c->out_sent, c->out_length - c->out_sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EAGAIN) return wait_for(c, EPOLLIN | EPOLLOUT);
        if (count < 0) return reopen(c);
        c->out_sent += (size_t)count;
    }
}

static void start(struct connection *c, uint64_t due) {
    c->due = due;
    c->is_busy = true;
    c->out_length = requests_next(c->out);
    c->out_sent = 0;
    push(c);
}

/* The length of the answer that has come whole; 0 while some of it is missing, -1 where it cannot be understood. */
static ssize_t answer_length(struct connection *c, int *status) {
    c->in[c->in_length] = 0;
    char *end = memmem(c->in, c->in_length, "\r\n\r\n", 4);
    if (!end) return c->in_length + 1 < sizeof c->in ? 0 : -1;
    *status = c->in_length > 12 ? atoi(c->in + 9) : 0;
    long body = *status == 204 ? 0 : -1;
    for (char *line = c->in; line < end; line = strstr(line, "\r\n") + 2)
        if (!strncasecmp(line, "content-length:", 15)) body = atol(line + 15);
    if (body < 0) return -1;
    size_t length = (size_t)(end + 4 - c->in) + (size_t)body;
    if (length >= sizeof c->in) return -1;
    return length <= c->in_length ? (ssize_t)length : 0;
}

static void pull(struct connection *c) {
    ssize_t count = recv(c->socket, c->in + c->in_length, sizeof c->in - 1 - c->in_length, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return reopen(c);
    c->in_length += (size_t)count;
    int status = 0;
    ssize_t length = answer_length(c, &status);
    if (length == 0) return;
    if (length < 0 || !c->is_busy) return reopen(c);
    last_answer = now();
    if (status >= 200 && status < 300)
        note_taken(last_answer - c->due);
    else
        note_failure(status);
    c->in_length -= (size_t)length;
    memmove(c->in, c->in + length, c->in_length);
    c->is_busy = false;
    idle[idle_count++] = c;
}

static void turn(uint64_t patience) {
    struct epoll_event events[256];
    struct timespec wait = {.tv_sec = (time_t)(patience / 1000000000), .tv_nsec = (long)(patience % 1000000000)};
    int count = epoll_pwait2(epoll, events, 256, &wait, NULL);
    for (int i = 0; i < count; i++) {
        struct connection *c = events[i].data.ptr;
        if (events[i].events & EPOLLOUT) {
            wait_for(c, EPOLLIN);
            push(c);
        }
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) pull(c);
    }
}

static void run_closed(uint64_t from, double seconds, uint64_t requests, int connections) {
    uint64_t end = requests ? UINT64_MAX : from + (uint64_t)(seconds * 1e9);
    uint64_t started = 0;
    while (true) {
        uint64_t t = now();
        bool is_over = t >= end || (requests && started >= requests);
        if (is_over && idle_count == connections) return;
        if (!requests && t > end + DRAIN_SECONDS * 1000000000ull) return;
        while (!is_over && idle_count > 0) {
            start(idle[--idle_count], t);
            is_over = requests && ++started >= requests;
        }
        turn(100000000);
    }
}

/* Returns how many were due and were never answered. */
static uint64_t run_open(uint64_t from, double seconds, double rate, int connections) {
    size_t room = (size_t)(rate * seconds * 1.5) + 1024, count = 0, next = 0;
    uint64_t *due = malloc(room * sizeof *due), end = from + (uint64_t)(seconds * 1e9);
    srand48((long)from);
    for (double t = (double)from; count < room; count++) {
        t += -log(1 - drand48()) * 1e9 / rate;
        if (t >= (double)end) break;
        due[count] = (uint64_t)t;
    }
    while (next < count || idle_count < connections) {
        uint64_t t = now();
        if (t > end + DRAIN_SECONDS * 1000000000ull) break;
        while (next < count && due[next] <= t && idle_count > 0) start(idle[--idle_count], due[next++]);
        bool is_waiting = next < count && idle_count > 0;
        turn(is_waiting ? (due[next] > t ? due[next] - t : 0) : 100000000);
    }
    uint64_t unserved = count - next + (uint64_t)(connections - idle_count);
    free(due);
    return unserved;
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t percentile(double percent) {
    if (taken_count == 0) return 0;
    size_t rank = (size_t)ceil((double)taken_count * percent / 100);
    return taken[rank > 0 ? rank - 1 : 0];
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"port", 1, 0, 'p'}, {"fixtures", 1, 0, 'f'}, {"connections", 1, 0, 'c'}, {"rate", 1, 0, 'r'},
        {"seconds", 1, 0, 's'}, {"requests", 1, 0, 'n'}, {0},
    };
    const char *fixtures = "Fixtures/telesign";
    int port = 0, connections = 64;
    double rate = 0, seconds = 2;
    uint64_t requests = 0;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) switch (o) {
        case 'p': port = atoi(optarg); break;
        case 'f': fixtures = optarg; break;
        case 'c': connections = atoi(optarg); break;
        case 'r': rate = atof(optarg); break;
        case 's': seconds = atof(optarg); break;
        case 'n': requests = strtoull(optarg, NULL, 10); break;
        default: return 2;
        }
    if (port <= 0 || connections <= 0) {
        fprintf(stderr, "load --port P [--fixtures DIR] [--connections N] [--rate R] (--seconds S | --requests N)\n");
        return 2;
    }
    requests_open(fixtures);
    prctl(PR_SET_TIMERSLACK, 1ul);
    address = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    epoll = epoll_create1(EPOLL_CLOEXEC);
    idle = calloc((size_t)connections, sizeof *idle);
    for (int i = 0; i < connections; i++) {
        idle[idle_count] = calloc(1, sizeof **idle);
        open_connection(idle[idle_count++]);
    }

    uint64_t from = now(), unserved = 0;
    if (rate > 0)
        unserved = run_open(from, seconds, rate, connections);
    else
        run_closed(from, seconds, requests, connections);

    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    double wall = last_answer > from ? (double)(last_answer - from) / 1e9 : seconds;
    qsort(taken, taken_count, sizeof *taken, by_value);
    printf("{\"requests\":%zu,\"failures\":%lu,\"firstFailure\":%d,\"unserved\":%lu,\"seconds\":%.4f,\"perSecond\":%.1f,"
           "\"p50us\":%u,\"p99us\":%u,\"p999us\":%u,\"cpuSeconds\":%.4f}\n",
           taken_count, failures, first_failure, unserved, wall, (double)taken_count / wall, percentile(50),
           percentile(99), percentile(99.9), cpu);
    return failures > 0 || unserved > 0 || taken_count == 0;
}
