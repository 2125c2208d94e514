internal import Threads

/// Makes a connection on a thread that may wait.
actor Dialer {
    private let thread = WorkThread(name: "nats dial")

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe thread.asUnownedSerialExecutor()
    }

    func dial(_ settings: NATSSettings) -> Result<NATSLink, NATSFault> {
        do throws(NATSFault) {
            // No one else's inbox: the connections of a process are told apart by chance.
            let inbox = "_INBOX.mogate\(UInt64.random(in: .min ... .max))"
            return .success(try NATSLink(options: LinkOptions.made(of: settings, inbox: inbox)))
        } catch {
            return .failure(error)
        }
    }

    nonisolated func stop() {
        thread.stop()
    }
}
