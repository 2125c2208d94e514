public import Logging
public import Model
internal import Threads

/// Log lines as JSON, one object a line, for whoever collects them.
///
/// A line is at most ``lineBytesMax`` long, whatever stands in its fields: values are cut, and what is not printable is
/// escaped, so that nothing from outside can make a line of its own.
public struct JSONLog: LogHandler {
    public static let lineBytesMax = 4_096
    /// How much of one value is shown.
    private static let valueBytesMax = 512

    public var metadata: Logger.Metadata = [:]
    public var logLevel: Logger.Level = .info
    private let label: String
    private let output: LogOutput
    private let now: @Sendable () -> Instant

    public init(label: String, to output: LogOutput, now: @escaping @Sendable () -> Instant) {
        self.label = label
        self.output = output
        self.now = now
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var fields: [(String, String)] = [
            ("time", now().rfc3339), ("level", event.level.rawValue), ("message", event.message.description),
        ]
        let merged = metadata.merging(event.metadata ?? [:]) { _, added in added }
        fields += merged.sorted { $0.key < $1.key }.map { ($0.key, $0.value.description) }
        output.write(Self.line(fields))
    }

    /// The line of such fields: as many of them as fit.
    static func line(_ fields: [(String, String)]) -> [UInt8] {
        var line: [UInt8] = []
        for (name, value) in fields {
            let member = quoted(name) + [UInt8(ascii: ":")] + quoted(value)
            guard line.count + member.count + 3 <= lineBytesMax else { break }
            line += [UInt8(ascii: line.isEmpty ? "{" : ",")] + member
        }
        return line + Array("}\n".utf8)
    }

    private static func quoted(_ text: String) -> [UInt8] {
        [UInt8(ascii: "\"")] + PrintableText.bytes(of: text, atMost: valueBytesMax) + [UInt8(ascii: "\"")]
    }
}

/// Where log lines go: standard error, without ever making anyone wait for it.
public final class LogOutput: Sendable {
    private let writer = LineWriter(to: 2)

    public init() {}

    func write(_ line: [UInt8]) {
        writer.write(line)
    }

    /// How many lines were dropped, because they could not be written as fast as they came, or not at all.
    var dropped: Int { writer.dropped }

    /// Returns when all lines are written that can be. Nothing should be logged afterwards.
    public func finish() async {
        await writer.finish()
    }
}
