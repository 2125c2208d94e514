public import Front
public import Journal
public import Threads

/// Why the gateway cannot start.
public enum GatewayFault: Error, Sendable, CustomStringConvertible {
    case journal(JournalError)
    case front(FrontError)
    case sink(name: String, problem: String)
    case threads(ThreadError)
    /// It was started with rights over the whole machine.
    case root

    public var isAboutTheDisk: Bool {
        switch self {
        case .journal, .sink: true
        case .front, .threads, .root: false
        }
    }

    public var description: String {
        switch self {
        case .journal(let error): "the journal cannot be opened: \(error)"
        case .front(let error): error.description
        case .sink(let name, let problem): "sink \(name): \(problem)"
        case .threads(let error): "no threads: \(error)"
        case .root:
            "does not serve beyond this machine as root, for whoever found a fault in it would have the machine: start it "
                + "as a user of its own (deploy/mogate.service does), or say --allow-root"
        }
    }

    /// What keeps one sink from being started, to be told beside the sink's name.
    var sinkProblem: String {
        switch self {
        case .sink(_, let problem): problem
        case .journal(let error): "the journal: \(error)"
        case .front, .threads, .root: description
        }
    }
}
