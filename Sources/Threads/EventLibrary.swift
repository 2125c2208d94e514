import CEvent
import Glibc

/// What is set for libevent once in the life of the process, before its first loop.
enum EventLibrary {
    static func prepare() {
        _ = prepared
    }

    private static let prepared: Void = {
        // It writes on stderr by itself, at its own rate and with what peers sent, unless someone else takes it.
        unsafe event_set_log_callback { _, _ in }
        // It ends the process after this call in any case; this way it says where.
        event_set_fatal_callback { code in
            fatalError("libevent cannot go on, error \(code)")
        }
        // A peer that went away shows as an error of the call that wrote to it, not as the end of the process.
        signal(SIGPIPE, SIG_IGN)
    }()
}
