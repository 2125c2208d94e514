import CEvent
import Glibc

/// A thread of the system: a name, a stack of its own, and one function that it runs.
struct NativeThread: Sendable {
    /// Deep enough for whatever recursion a C library does on behalf of a bounded input.
    static let stackBytes = 8 << 20
    /// The system cuts names here, without the zero at their end.
    static let nameBytesMax = 15

    private let identity: pthread_t

    /// Starts it. The name is cut to what the system takes.
    ///
    /// A machine that cannot give a few threads at the start cannot run this program: there is nothing to fall back to.
    init(name: String, _ body: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setstacksize(&attributes, Self.stackBytes)
        let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
        var identity = pthread_t()
        // The thread takes over the one reference that `start` holds.
        let code = unsafe pthread_create(
            &identity, &attributes,
            { context in
                guard let context = unsafe context else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
                start.run()
                return nil
            }, start.toOpaque())
        precondition(code == 0, "a thread could not be made")
        self.identity = identity
    }

    /// Whether the caller runs on it.
    var isCurrent: Bool { pthread_equal(pthread_self(), identity) != 0 }

    /// Waits until its function has returned. It may be called once.
    func join() {
        let code = pthread_join(identity, nil)
        precondition(code == 0, "a thread was joined twice, or by itself")
    }

    /// What a thread is given to begin with.
    private final class Start: Sendable {
        private let name: String
        private let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }

        func run() {
            let shortName = String(decoding: name.utf8.prefix(NativeThread.nameBytesMax), as: UTF8.self)
            unsafe shim_name_this_thread(shortName)
            body()
        }
    }
}
