/* Where sinks post to: answers every POST with 204, and a GET with how many came.
 *
 *     receiver --port P */
#define _GNU_SOURCE
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long count;

static void when_asked(struct evhttp_request *request, void *unused) {
    (void)unused;
    if (evhttp_request_get_command(request) == EVHTTP_REQ_POST) {
        count++;
        evhttp_send_reply(request, 204, NULL, NULL);
        return;
    }
    struct evbuffer *body = evbuffer_new();
    evbuffer_add_printf(body, "%lu\n", count);
    evhttp_send_reply(request, 200, NULL, body);
    evbuffer_free(body);
}

int main(int argc, char **argv) {
    if (argc != 3 || strcmp(argv[1], "--port") != 0) {
        fprintf(stderr, "receiver --port P\n");
        return 2;
    }
    struct event_base *base = event_base_new();
    struct evhttp *http = evhttp_new(base);
    evhttp_set_allowed_methods(http, EVHTTP_REQ_POST | EVHTTP_REQ_GET);
    evhttp_set_default_content_type(http, NULL);
    evhttp_set_gencb(http, when_asked, NULL);
    if (evhttp_bind_socket(http, "127.0.0.1", (unsigned short)atoi(argv[2]))) {
        perror("listen");
        return 1;
    }
    event_base_dispatch(base);
    return 0;
}
