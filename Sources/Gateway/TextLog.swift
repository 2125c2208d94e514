public import Logging
public import Model

/// Log lines for a person at a terminal: one line each, as bounded and as harmless as those of ``JSONLog``.
public struct TextLog: LogHandler {
    private static let valueBytesMax = 512

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
        let fields = merged.sorted { $0.key < $1.key }.map { ($0.key, $0.value.description) }
        output.write(Self.line(now(), event.level.rawValue.uppercased(), event.message.description, fields))
    }

    static func line(
        _ time: Instant, _ level: String, _ message: String, _ fields: [(String, String)]
    ) -> [UInt8] {
        var line = Array("\(time.rfc3339) \(level) ".utf8)
        line += PrintableText.bytes(of: message, atMost: valueBytesMax)
        for (name, value) in fields {
            let member = Array(" \(name)=".utf8) + PrintableText.bytes(of: value, atMost: valueBytesMax)
            guard line.count + member.count < JSONLog.lineBytesMax else { break }
            line += member
        }
        return line + [UInt8(ascii: "\n")]
    }
}
