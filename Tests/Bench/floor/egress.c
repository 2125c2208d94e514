/* The floor of an HTTP sink: posts events, so many at once, by libcurl's multi interface on libevent's loop.
 *
 *     egress --url URL [--concurrency 32] [--events 20000] [--fixtures DIR]
 *
 * What it sends is what the floor makes of Telesign's callbacks, made beforehand. Prints one line of JSON. */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <event2/event.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "callback.h"
#include "requests.h"

enum { CALLBACKS = 11, TIMEOUT_MS = 10000 };

static struct event_base *base;
static struct event *timer;
static CURLM *multi;
static struct made_event bodies[CALLBACKS * EVENTS_MAX];
static int body_count;
static long wanted = 20000, started, finished, failures;

static void make_bodies(const char *fixtures) {
    char callback[REQUEST_BYTES_MAX];
    requests_open(fixtures);
    for (int i = 0; i < CALLBACKS; i++) {
        size_t length = requests_next_body(callback);
        body_count += callback_read(callback, length, 1700000000000000, bodies + body_count);
    }
}

static void send_next(CURL *easy) {
    if (started == wanted) return;
    const struct made_event *body = &bodies[started++ % body_count];
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body->json);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)body->length);
    curl_multi_add_handle(multi, easy);
}

static void take_answers(void) {
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
        CURL *easy = message->easy_handle;
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        if (message->data.result != CURLE_OK || status < 200 || status > 299) failures++;
        curl_multi_remove_handle(multi, easy);
        if (++finished == wanted) event_base_loopbreak(base);
        send_next(easy);
    }
}

static void when_ready(evutil_socket_t socket, short what, void *unused) {
    (void)unused;
    int running, action = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(multi, socket, action, &running);
    take_answers();
}

static void when_timed_out(evutil_socket_t unused, short what, void *context) {
    (void)unused, (void)what, (void)context;
    int running;
    curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    take_answers();
}

static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *unused, void *watch) {
    (void)easy, (void)unused;
    struct event *event = watch;
    if (event) event_free(event);
    event = NULL;
    if (what != CURL_POLL_REMOVE) {
        short wanted_of = (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
        event = event_new(base, socket, wanted_of | EV_PERSIST, when_ready, NULL);
        event_add(event, NULL);
    }
    curl_multi_assign(multi, socket, event);
    return 0;
}

static int set_timer(CURLM *same, long ms, void *unused) {
    (void)same, (void)unused;
    struct timeval wait = {ms / 1000, ms % 1000 * 1000};
    if (ms < 0)
        event_del(timer);
    else
        event_add(timer, &wait);
    return 0;
}

static size_t drop_body(char *bytes, size_t size, size_t count, void *unused) {
    (void)bytes, (void)unused;
    return size * count;
}

static void open_slot(const char *url, struct curl_slist *headers) {
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_POST, 1l);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop_body);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1l);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    send_next(easy);
}

static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"url", 1, 0, 'u'}, {"concurrency", 1, 0, 'c'}, {"events", 1, 0, 'n'}, {"fixtures", 1, 0, 'f'}, {0}};
    const char *url = NULL, *fixtures = "Fixtures/telesign";
    int concurrency = 32;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) switch (o) {
        case 'u': url = optarg; break;
        case 'c': concurrency = atoi(optarg); break;
        case 'n': wanted = atol(optarg); break;
        case 'f': fixtures = optarg; break;
        default: return 2;
        }
    if (!url || wanted <= 0) {
        fprintf(stderr, "egress --url URL [--concurrency N] [--events N] [--fixtures DIR]\n");
        return 2;
    }
    make_bodies(fixtures);
    base = event_base_new();
    timer = evtimer_new(base, when_timed_out, NULL);
    curl_global_init(CURL_GLOBAL_ALL);
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 2l * concurrency);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/cloudevents+json; charset=utf-8");
    headers = curl_slist_append(headers, "Expect:");

    struct timespec from, to;
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < concurrency; i++) open_slot(url, headers);
    event_base_dispatch(base);
    clock_gettime(CLOCK_MONOTONIC, &to);
    getrusage(RUSAGE_SELF, &after);
    double wall = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    double cpu = seconds(after.ru_utime) + seconds(after.ru_stime) - seconds(before.ru_utime) - seconds(before.ru_stime);
    printf("{\"events\":%ld,\"failures\":%ld,\"seconds\":%.4f,\"perSecond\":%.1f,\"cpuSeconds\":%.4f}\n", finished,
           failures, wall, (double)finished / wall, cpu);
    return failures > 0;
}
