import Glibc
import Testing
import Threads

/// Goal: what is asked of an actor on a thread of its own happens there, in order, and to its end.
@Suite(.timeLimit(.minutes(1)))
struct ThreadsTests {
    @Test func aLockKeepsOthersOut() async {
        let count = Lock(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<10_000 { count.withLock { $0 += 1 } }
                }
            }
        }
        #expect(count.withLock { $0 } == 80_000)
    }

    @Test func aLockIsFreeAfterAnError() {
        struct Failure: Error {}
        let lock = Lock(1)
        #expect(throws: Failure.self) { try lock.withLock { (_: inout Int) in throw Failure() } }
        #expect(lock.withLock { $0 } == 1)
    }

    @Test func aWorkThreadRunsItsActorInOrder() async {
        let worker = Worker(thread: WorkThread(name: "a name that is far too long"))
        #expect(await worker.isAtHome)
        #expect(await worker.threadName == "a name that is ")
        // Each is enqueued before the next one is made.
        let numbers = Array(0..<1_000)
        for number in numbers { worker.note(number) }
        #expect(await worker.noted == numbers)
        worker.thread.stop()
    }

    @Test func aWorkThreadFinishesBeforeItStops() {
        let notes = Lock<[Int]>([])
        let worker = Worker(thread: WorkThread(name: "worker"))
        for number in 0..<1_000 {
            // It is in the inbox when this returns.
            Task.immediate { await worker.run { notes.withLock { $0.append(number) } } }
        }
        worker.thread.stop()
        worker.thread.stop()
        #expect(notes.withLock { $0 } == Array(0..<1_000))
    }

    @Test func aLoopRunsItsActorFromAnywhere() async throws {
        let loop = try EventLoop(name: "loop")
        let worker = LoopWorker(loop: loop)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 { await worker.add() }
                }
            }
        }
        #expect(await worker.count == 8_000)
        #expect(await worker.addFromWithin(1_000) == 9_000)
        loop.stop()
        loop.stop()
    }

    @Test func aLoopTellsWhenADescriptorIsReady() async throws {
        let loop = try EventLoop(name: "loop")
        let worker = LoopWorker(loop: loop)
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        await worker.watch(ends[0])
        for byte in UInt8(1)...5 {
            var byte = byte
            #expect(write(ends[1], &byte, 1) == 1)
            #expect(await worker.nextByte() == byte)
        }
        await worker.cancelWatch()
        loop.stop()
        close(ends[0])
        close(ends[1])
    }

    @Test func aLoopFiresATimerOnce() async throws {
        let loop = try EventLoop(name: "loop")
        let worker = LoopWorker(loop: loop)
        #expect(await worker.firings(afterMs: 1) == 1)
        loop.stop()
    }

    @Test func aLoopFinishesBeforeItStops() throws {
        let notes = Lock<[Int]>([])
        let loop = try EventLoop(name: "loop")
        let worker = LoopWorker(loop: loop)
        for number in 0..<1_000 {
            // It is in the inbox when this returns.
            Task.immediate { await worker.run { notes.withLock { $0.append(number) } } }
        }
        loop.stop()
        #expect(notes.withLock { $0 } == Array(0..<1_000))
    }
}

private actor Worker {
    nonisolated let thread: WorkThread
    var noted: [Int] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(thread: WorkThread) {
        self.thread = thread
    }

    var isAtHome: Bool { thread.isCurrent }

    var threadName: String {
        var name = [UInt8](repeating: 0, count: 16)
        let descriptor = open("/proc/thread-self/comm", O_RDONLY)
        let count = read(descriptor, &name, name.count)
        close(descriptor)
        return String(decoding: name[..<max(count - 1, 0)], as: UTF8.self)
    }

    nonisolated func note(_ number: Int) {
        Task.immediate { await self.append(number) }
    }

    func run(_ body: @Sendable () -> Void) {
        body()
    }

    private func append(_ number: Int) {
        noted.append(number)
    }
}

private actor LoopWorker {
    private nonisolated let loop: EventLoop
    var count = 0
    private var bytes: [UInt8] = []
    private var reader: CheckedContinuation<Void, Never>?
    private var watch: Watch?
    private var timer: LoopTimer?
    private var end: LoopTimer?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(loop: EventLoop) {
        self.loop = loop
    }

    func add() {
        precondition(loop.isCurrent)
        count += 1
    }

    func run(_ body: @Sendable () -> Void) {
        body()
    }

    /// Enqueues from the loop's own thread, where nobody rings.
    func addFromWithin(_ number: Int) async -> Int {
        for _ in 0..<number { await Task { self.add() }.value }
        return count
    }

    func watch(_ descriptor: Int32) {
        watch = loop.watch(descriptor, for: .reading) { readiness in
            precondition(readiness == .reading)
            self.assertIsolated()
            var byte: UInt8 = 0
            precondition(read(descriptor, &byte, 1) == 1)
            self.bytes.append(byte)
            self.reader?.resume()
            self.reader = nil
        }
    }

    func cancelWatch() {
        watch = nil
    }

    func nextByte() async -> UInt8 {
        if bytes.isEmpty { await withCheckedContinuation { reader = $0 } }
        return bytes.removeFirst()
    }

    /// How often a timer fires that is armed once, until it could have fired many times.
    func firings(afterMs: Int64) async -> Int {
        await withCheckedContinuation { done in
            timer = loop.timer { self.count += 1 }
            end = loop.timer { done.resume() }
            timer?.arm(afterMs: afterMs)
            end?.arm(afterMs: 20 * afterMs)
        }
        (timer, end) = (nil, nil)
        return count
    }
}
