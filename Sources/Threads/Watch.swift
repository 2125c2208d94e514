import CEvent
import Glibc

/// What a descriptor is ready for.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let reading = Readiness(rawValue: 1)
    package static let writing = Readiness(rawValue: 2)

    fileprivate init(events: Int16) {
        self = []
        if events & Int16(EV_READ) != 0 { insert(.reading) }
        if events & Int16(EV_WRITE) != 0 { insert(.writing) }
    }

    fileprivate var events: Int16 {
        Int16(contains(.reading) ? EV_READ : 0) | Int16(contains(.writing) ? EV_WRITE : 0)
    }
}

/// Tells whenever a descriptor is ready, until it is cancelled or let go.
///
/// It belongs to the loop's thread: made, cancelled and let go there, or after the loop has ended. It ends before its
/// descriptor is closed.
@safe package final class Watch {
    private let loop: EventLoop
    private let ready: (Readiness) -> Void
    private var event: OpaquePointer?

    /// - Parameter number: a descriptor or, with `EV_SIGNAL` among the events, a signal.
    fileprivate init(loop: EventLoop, number: Int32, events: Int16, ready: @escaping (Readiness) -> Void) {
        self.loop = loop
        self.ready = ready
        unsafe event = nil
        // The event is freed before this object goes, so the reference need not be counted.
        let event = unsafe event_new(
            loop.base, number, events | Int16(EV_PERSIST),
            { _, events, context in
                guard let context = unsafe context else { return }
                unsafe Unmanaged<Watch>.fromOpaque(context).takeUnretainedValue().ready(Readiness(events: events))
            }, Unmanaged.passUnretained(self).toOpaque())
        guard let event = unsafe event, unsafe event_add(event, nil) == 0 else {
            fatalError("a descriptor that is not open, or not of a kind that can be waited for, was to be watched")
        }
        unsafe self.event = event
    }

    deinit {
        cancel()
    }

    /// Ends it. It may be called at any time on the loop's thread, also from within what it calls.
    package func cancel() {
        guard let event = unsafe event else { return }
        precondition(loop.isCurrent || loop.hasEnded, "a watch was let go on another thread than its loop's")
        unsafe event_free(event)
        unsafe self.event = nil
    }
}

/// Fires once, so long after it was armed.
///
/// It belongs to the loop's thread: made, armed and let go there, or let go after the loop has ended.
@safe package final class LoopTimer {
    private let loop: EventLoop
    private let fire: () -> Void
    private var event: OpaquePointer?

    fileprivate init(loop: EventLoop, fire: @escaping () -> Void) {
        self.loop = loop
        self.fire = fire
        unsafe event = nil
        // The event is freed before this object goes, so the reference need not be counted.
        let event = unsafe event_new(
            loop.base, -1, 0,
            { _, _, context in
                guard let context = unsafe context else { return }
                unsafe Unmanaged<LoopTimer>.fromOpaque(context).takeUnretainedValue().fire()
            }, Unmanaged.passUnretained(self).toOpaque())
        precondition(unsafe event != nil, "memory for a timer could not be had")
        unsafe self.event = event
    }

    deinit {
        precondition(loop.isCurrent || loop.hasEnded, "a timer was let go on another thread than its loop's")
        unsafe event_free(event)
    }

    /// Sets it to fire once after so many milliseconds; what it was set to before is forgotten.
    package func arm(afterMs: Int64) {
        precondition(loop.isCurrent, "a timer was armed on another thread than its loop's")
        let milliseconds = max(afterMs, 0)
        var span = timeval(tv_sec: Int(milliseconds / 1_000), tv_usec: Int(milliseconds % 1_000) * 1_000)
        let code = unsafe event_add(event, &span)
        precondition(code == 0, "memory for a timer could not be had")
    }

    /// Keeps it from firing.
    package func disarm() {
        precondition(loop.isCurrent, "a timer was disarmed on another thread than its loop's")
        unsafe event_del(event)
    }
}

extension EventLoop {
    /// Calls `ready` on the loop's thread whenever the descriptor is ready, for as long as the watch is held.
    ///
    /// To be called on the loop's thread.
    package func watch(
        _ descriptor: Int32, for readiness: Readiness, _ ready: @escaping (Readiness) -> Void
    ) -> Watch {
        Watch(loop: self, number: descriptor, events: readiness.events, ready: ready)
    }

    /// Calls `caught` on the loop's thread whenever the signal arrives, for as long as the watch is held; the signal does
    /// nothing else then. To be called on the loop's thread, and by one loop of the process only, as libevent has it.
    package func watch(signal number: Int32, _ caught: @escaping () -> Void) -> Watch {
        Watch(loop: self, number: number, events: Int16(EV_SIGNAL)) { _ in caught() }
    }

    /// A timer that calls `fire` on the loop's thread. To be called on the loop's thread.
    package func timer(_ fire: @escaping () -> Void) -> LoopTimer {
        LoopTimer(loop: self, fire: fire)
    }
}
