import Glibc
import Testing
import Threads

@testable import Sinks

/// Goal: the end of a wait costs nothing and does not end the watch; what happens while nobody waits wakes nobody twice.
///
/// Method: two ends of a pair of sockets, one of them watched, on a loop of its own.
@Suite(.timeLimit(.minutes(1)))
struct SocketWatchesTests {
    /// Everything of a test on the loop's thread.
    private actor Bench {
        private let loop = HTTPSink.loop
        private let watches = SocketWatches(on: HTTPSink.loop)
        private var sockets: [Int32] = [-1, -1]
        private let heard = Lock<[Readiness]>([])

        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

        func open() {
            #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &sockets) == 0)
            watches.whenReady { [heard] socket, readiness in
                var byte: UInt8 = 0
                _ = recv(socket, &byte, 1, Int32(MSG_DONTWAIT))
                heard.withLock { $0.append(readiness) }
            }
            watches.opened(sockets[0])
        }

        func wait(for readiness: Readiness) { watches.wait(for: readiness, at: sockets[0]) }

        func send() {
            var byte: UInt8 = 1
            #expect(write(sockets[1], &byte, 1) == 1)
        }

        /// What was heard since this was last asked, after all that was to be told was told.
        func take() async -> [Readiness] {
            // A pass of the loop is its events and then its jobs: this job's next step is in the one after.
            for _ in 0..<3 { await Task.yield() }
            return heard.withLock { heard in
                defer { heard = [] }
                return heard
            }
        }

        func close() {
            watches.close(sockets[0])
            Glibc.close(sockets[1])
        }
    }

    @Test func whoWaitsAgainHearsOfWhatCame() async {
        let bench = Bench()
        await bench.open()
        for _ in 1...3 {
            await bench.wait(for: .reading)
            await bench.send()
            #expect(await bench.take() == [.reading])
            await bench.wait(for: [])
            #expect(await bench.take() == [])
        }
        await bench.close()
    }

    @Test func whatCameMeanwhileIsHeardOfByWhoWaitsNext() async {
        let bench = Bench()
        await bench.open()
        await bench.wait(for: .reading)
        await bench.wait(for: [])
        await bench.send()
        #expect(await bench.take() == [])
        await bench.wait(for: .reading)
        #expect(await bench.take() == [.reading])
        await bench.close()
    }

    @Test func aWaitForSomethingElseTakesThePlaceOfTheFirst() async {
        let bench = Bench()
        await bench.open()
        await bench.wait(for: .reading)
        await bench.wait(for: .writing)
        #expect(await bench.take().contains(.writing))
        await bench.close()
    }
}
