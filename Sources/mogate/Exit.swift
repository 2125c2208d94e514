import ArgumentParser
import Foundation
import Gateway
import Model
import Threads

/// Exit codes as sysexits.h names them.
enum Exit {
    /// What was read is not as it must be.
    static let dataError = ExitCode(65)
    /// A file that was named is not there, or cannot be read.
    static let noInput = ExitCode(66)
    /// Something that is needed is out of reach.
    static let unavailable = ExitCode(69)
    /// A file cannot be made.
    static let cannotCreate = ExitCode(73)
    /// A file cannot be read or written as it must be.
    static let ioError = ExitCode(74)
    /// It is not to be done with such rights.
    static let noPermission = ExitCode(77)
    /// The configuration is wrong.
    static let configuration = ExitCode(78)
}

/// The two streams that a command writes to.
///
/// What came from outside may hold anything. What people read has all spelled out that would do something to a terminal;
/// what programs read has so at a terminal only, and is else as it is, to the byte.
enum Output {
    /// For people: one line, or several that are ours.
    static func line(_ text: String) {
        write(PrintableText.lines(text) + "\n")
    }

    /// A JSON object on a line of its own.
    static func object(_ value: Verbatim) {
        json(value.json)
    }

    /// JSON on a line of its own.
    static func json(_ json: [UInt8]) {
        bytes(json + [UInt8(ascii: "\n")])
    }

    static func bytes(_ bytes: [UInt8]) {
        guard isTerminal else { return write(Data(bytes)) }
        write(PrintableText.lines(String(decoding: bytes, as: UTF8.self)))
    }

    /// For people, beside the output proper; where progress is shown, in its place.
    static func complaint(_ text: String) {
        if isErrorTerminal { progress("") }
        tell(PrintableText.lines(text) + "\n")
    }

    /// A question, with its answer on the same line.
    static func prompt(_ text: String) {
        write(text)
    }

    /// How far it is, in the terminal's last line, which the next one overwrites.
    static func progress(_ text: String) {
        tell("\r\(text)\u{1B}[K")
    }

    private static func write(_ text: String) {
        write(Data(text.utf8))
    }

    /// Writes to standard output; where that cannot be, the command ends here.
    private static func write(_ data: Data) {
        do {
            try FileHandle.standardOutput.write(contentsOf: data)
        } catch {
            let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
            let code = Int32(cause?.code ?? 0)
            if code == EPIPE { endForPipe() }
            complaint("the output cannot be written: \(SystemError.words(of: code))")
            exit(Exit.ioError.rawValue)
        }
    }

    /// Ends as any command does whose reader has seen enough: by the signal, which somebody here or before has set aside.
    private static func endForPipe() -> Never {
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
        // It is blocked. A shell tells the end by a signal in the same way.
        exit(128 + SIGPIPE)
    }

    /// Writes to standard error; where that cannot be, there is nobody left to tell.
    private static func tell(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    private static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    static var isInputTerminal: Bool { isatty(STDIN_FILENO) == 1 }
}

/// Columns under a heading, each as wide as its widest cell.
struct Table {
    let heading: [String]
    var rows: [[String]] = []

    init(_ heading: String...) {
        self.heading = heading
    }

    var text: String {
        let rows = ([heading] + rows).map { row in row.map { PrintableText.line($0) } }
        let widths = heading.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).enumerated().map { index, cell in
                index == row.count - 1 ? cell.0 : cell.0.padding(toLength: cell.1, withPad: " ", startingAt: 0)
            }
            .joined(separator: "  ")
        }
        .joined(separator: "\n")
    }
}
