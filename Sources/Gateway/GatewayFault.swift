public import Front
public import Journal
public import Threads

/// Why the gateway cannot start.
public enum GatewayFault: Error, Sendable, CustomStringConvertible {
    case journal(JournalError)
    case front(FrontError)
    case sink(name: String, problem: String)
    case threads(ThreadError)

    public var isAboutTheDisk: Bool {
        switch self {
        case .journal, .sink: true
        case .front, .threads: false
        }
    }

    public var description: String {
        switch self {
        case .journal(let error): "the journal cannot be opened: \(error)"
        case .front(let error): "cannot listen: \(error)"
        case .sink(let name, let problem): "sink \(name): \(problem)"
        case .threads(let error): "no threads: \(error)"
        }
    }
}
