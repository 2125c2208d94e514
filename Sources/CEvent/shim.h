/* `event2/event-config.h` defines _GNU_SOURCE, which would give this module a shape of `fd_set` that differs from
   everyone else's; reading <features.h> first settles the matter. It must stay the first line. */
#include <features.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>
/* Swift's Glibc module leaves these out. */
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/timex.h>

/* `prctl` takes anything at all, and `pthread_setname_np` is declared only under _GNU_SOURCE: Swift sees neither. The
   name is cut to 15 bytes by the system. */
static inline void shim_name_this_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

/* As above. */
static inline int shim_close_memory(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
