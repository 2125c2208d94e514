/// Why a sink could not be opened. The texts name paths and settings, never what was delivered.
public enum SinkError: Error, Sendable, Equatable {
    /// A setting that no such sink can work with.
    case badSetting(String)
    /// The file, or the folder it lies in, cannot be used, or can no longer.
    case unusable(String)
    /// Another sink writes to the file, in this process or another.
    case inUse(String)
    /// The file is not as it was left at the saved position, so that going on would lose or repeat events.
    case positionLost(String)
    /// The machine would not give what a sink needs to work.
    case unavailable(String)
}

extension SinkError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .badSetting(let why), .unusable(let why), .inUse(let why), .positionLost(let why), .unavailable(let why):
            why
        }
    }
}
