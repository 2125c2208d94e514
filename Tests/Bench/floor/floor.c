/* The floor: what mogate does with a Telesign callback, as a plain C program does it.
 *
 *     floor --port P --journal FILE
 *
 * libevent's HTTP server on one thread verifies, parses, and writes the events; another thread commits whatever waits
 * (SQLite, WAL, synchronous = FULL), with a unique key an event and the raw body; the answer is sent after the commit.
 * It trusts its peers: it has no deadlines, and no bounds but those of libevent. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "journal.h"

enum { HANDED_OVER_AT = 128 };

static struct event_base *base;
/* Hands over what one turn of the loop has gathered, once nothing else is ready. */
static struct event *hand_over;
static struct job *gathered, *gathered_last, *spare;
static int gathered_count;

static void answer(struct evhttp_request *request, int status) { evhttp_send_reply(request, status, NULL, NULL); }

static uint64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void when_turn_ends(evutil_socket_t unused, short what, void *context) {
    (void)unused, (void)what, (void)context;
    if (!gathered) return;
    journal_add(gathered, gathered_last);
    gathered = NULL;
    gathered_count = 0;
}

static struct job *take_spare(void) {
    struct job *job = spare;
    if (!job) return calloc(1, sizeof *job);
    spare = job->next;
    return job;
}

static void give_back(struct job *job) {
    job->next = spare;
    spare = job;
}

static void when_asked(struct evhttp_request *request, void *unused) {
    (void)unused;
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    size_t length = evbuffer_get_length(input);
    const char *body = (const char *)evbuffer_pullup(input, -1);
    const char *proof = evhttp_find_header(evhttp_request_get_input_headers(request), "Authorization");
    if (!body || !callback_is_authentic(proof, body, length)) return answer(request, 401);

    struct job *job = take_spare();
    job->request = request;
    job->received_us = now_us();
    job->event_count = callback_read(body, length, job->received_us, job->events);
    if (job->event_count == 0) {
        give_back(job);
        return answer(request, 422);
    }
    if (job->raw_room < length) job->raw = realloc(job->raw, job->raw_room = length);
    memcpy(job->raw, body, job->raw_length = length);
    job->next = NULL;
    if (gathered)
        gathered_last->next = job;
    else
        gathered = job;
    gathered_last = job;
    if (++gathered_count == 1) event_active(hand_over, EV_TIMEOUT, 0);
    if (gathered_count == HANDED_OVER_AT) when_turn_ends(-1, 0, NULL);
}

static void when_done(evutil_socket_t bell, short what, void *unused) {
    (void)what, (void)unused;
    eventfd_t count;
    eventfd_read(bell, &count);
    for (struct job *job = journal_take_done(), *next; job; job = next) {
        next = job->next;
        answer(job->request, job->is_stored ? 200 : 503);
        give_back(job);
    }
}

static void when_told_to_stop(evutil_socket_t unused, short what, void *context) {
    (void)unused, (void)what, (void)context;
    event_base_loopbreak(base);
}

static int listen_on(int port) {
    int one = 1, s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(s, (struct sockaddr *)&address, sizeof address) || listen(s, 1024)) {
        perror("listen");
        exit(1);
    }
    return s;
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"port", 1, 0, 'p'}, {"journal", 1, 0, 'j'}, {0}};
    int port = 0;
    const char *journal = NULL;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) switch (o) {
        case 'p': port = atoi(optarg); break;
        case 'j': journal = optarg; break;
        default: return 2;
        }
    if (!port || !journal) {
        fprintf(stderr, "floor --port P --journal FILE\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    callback_open();

    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    base = event_base_new_with_config(config);
    event_config_free(config);
    event_base_priority_init(base, 3);
    hand_over = event_new(base, -1, 0, when_turn_ends, NULL);
    event_priority_set(hand_over, 2);

    int bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    journal_open(journal, bell);
    event_add(event_new(base, bell, EV_READ | EV_PERSIST, when_done, NULL), NULL);
    event_add(evsignal_new(base, SIGTERM, when_told_to_stop, NULL), NULL);

    struct evhttp *http = evhttp_new(base);
    evhttp_set_allowed_methods(http, EVHTTP_REQ_POST);
    evhttp_set_max_body_size(http, 65536);
    evhttp_set_max_headers_size(http, 16384);
    evhttp_set_default_content_type(http, NULL);
    evhttp_set_gencb(http, when_asked, NULL);
    evhttp_accept_socket(http, listen_on(port));
    event_base_dispatch(base);
    journal_close();
    return 0;
}
