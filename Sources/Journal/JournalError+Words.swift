extension JournalError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .full: "full"
        case .busy: "busy"
        case .closed: "closed"
        case .superseded: "another process serves the sink"
        case .broken(let reason), .unusable(let reason), .tooLong(let reason): reason
        }
    }
}
