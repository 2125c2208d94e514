public import Logging
public import Model

/// Log lines, in the style of where they go to.
public struct LineLog: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var logLevel: Logger.Level = .info
    private let output: LogOutput
    private let now: @Sendable () -> Instant

    public init(to output: LogOutput, now: @escaping @Sendable () -> Instant) {
        self.output = output
        self.now = now
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let merged = metadata.merging(event.metadata ?? [:]) { _, added in added }
        output.write(
            LogLine(
                time: now(), level: event.level.rawValue, message: event.message.description,
                fields: merged.sorted { $0.key < $1.key }.map { ($0.key, $0.value.description) }))
    }
}
