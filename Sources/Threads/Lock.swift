import Glibc

/// A value that one thread at a time may touch.
///
/// It is a pthread mutex, which ThreadSanitizer understands; the futex-based mutex of the standard library looks like a
/// race to it.
@safe public final class Lock<Value>: Sendable {
    // Both are touched by the holder of the mutex only, and live exactly as long as this object.
    nonisolated(unsafe) private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    nonisolated(unsafe) private let value: UnsafeMutablePointer<Value>

    public init(_ value: consuming sending Value) {
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        let code = unsafe pthread_mutex_init(mutex, nil)
        precondition(code == 0, "a mutex could not be made")
        unsafe self.value = .allocate(capacity: 1)
        unsafe self.value.initialize(to: value)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deinitialize(count: 1)
        unsafe mutex.deallocate()
        unsafe value.deinitialize(count: 1)
        unsafe value.deallocate()
    }

    /// Runs the body while no one else touches the value.
    public func withLock<Result, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try unsafe body(&value.pointee)
    }

    /// Runs the body once `isReady` says so, which is asked again whenever the bell rings.
    ///
    /// Others hold the lock while this thread sleeps; between the question and the body no one does.
    package func withLock<Result>(
        wokenBy bell: Bell, once isReady: (inout sending Value) -> Bool,
        then body: (inout sending Value) -> sending Result
    ) -> sending Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while unsafe !isReady(&value.pointee) {
            unsafe pthread_cond_wait(bell.condition, mutex)
        }
        return unsafe body(&value.pointee)
    }
}

/// What wakes a thread that sleeps on a lock.
@safe package final class Bell: Sendable {
    // A condition variable is made to be shared; it lives exactly as long as this object.
    nonisolated(unsafe) fileprivate let condition: UnsafeMutablePointer<pthread_cond_t>

    package init() {
        unsafe condition = .allocate(capacity: 1)
        unsafe condition.initialize(to: pthread_cond_t())
        let code = unsafe pthread_cond_init(condition, nil)
        precondition(code == 0, "a condition variable could not be made")
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe condition.deinitialize(count: 1)
        unsafe condition.deallocate()
    }

    /// Wakes one sleeper, if there is one.
    package func ring() {
        unsafe pthread_cond_signal(condition)
    }
}
