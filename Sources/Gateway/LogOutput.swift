internal import Threads

/// Where log lines go: standard error, without ever making anyone wait for it.
public final class LogOutput: Sendable {
    /// How its lines are spelled.
    public enum Style: Sendable {
        /// For whoever collects them: an object a line.
        case json
        /// For a person at a terminal.
        case text
    }

    private let style: Style
    private let writer: LineWriter

    /// - Parameter descriptor: where to, if not to standard error.
    public init(_ style: Style, to descriptor: Int32 = 2) {
        self.style = style
        writer = LineWriter(to: descriptor)
    }

    func write(_ line: LogLine) {
        writer.write(line.bytes(in: style))
    }

    /// How many lines were dropped, because they could not be written as fast as they came, or not at all.
    var dropped: Int { writer.dropped }

    /// Returns when all lines are written that can be. Nothing should be logged afterwards.
    public func finish() async {
        await writer.finish()
    }
}
