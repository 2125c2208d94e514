import FolderKit
import Foundation
import Glibc
import Model
import Testing
import Threads

@testable import Gateway

/// Goal: whatever is logged is one line, bounded and harmless, and a log that cannot be written is no reason to stop
/// (cases 136 and 138).
@Suite(.timeLimit(.minutes(1)))
struct LogTests {
    private static let hostile: [String] = [
        "a\r\nb", "\u{1B}[31mred\u{1B}]0;title\u{7}", "a\0b", "\u{9B}31m", "\u{202E}gpj.exe\u{202C}",
        "\u{2028}\u{2029}", "\u{200B}\u{FEFF}",
        "\"},{\"level\":\"x", "\\\\\\\"", String(repeating: "å", count: 1 << 20),
        String(repeating: "\u{1B}", count: 1 << 20), "\u{10FFFF}\u{E000}\u{1F600}",
    ]

    @Test(arguments: hostile)
    func isOneLineOfBoundedJSON(_ text: String) throws {
        let line = Self.line(text).bytes(in: .json)
        #expect(line.count <= LogLine.bytesMax)
        let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: String]
        let value = try #require(object?["message"])
        #expect(value == text || value.hasSuffix("…") && text.hasPrefix(value.dropLast()))
        Self.expectHarmless(line)
    }

    @Test(arguments: hostile)
    func isOneLineForAPerson(_ text: String) {
        let line = Self.line(text).bytes(in: .text)
        #expect(line.count <= LogLine.bytesMax)
        Self.expectHarmless(line)
    }

    private static func line(_ text: String) -> LogLine {
        LogLine(
            time: Instant(microseconds: 0), level: "error", message: text,
            fields: (0..<20).map { ("field\($0)", text) })
    }

    @Test(arguments: [
        (LogOutput.Style.text, "1970-01-01T00:00:00.000000Z INFO request sender=192.0.2.7"), (.json, "{"),
    ])
    func theAccessLogIsInTheStyleOfTheRest(_ style: LogOutput.Style, _ start: String) async throws {
        let (reading, writing) = try Self.pipe()
        let output = LogOutput(style, to: writing)
        let request = Webhook(
            method: "POST", path: "/in/a", query: nil, headers: Headers(), body: [], peer: "127.0.0.1",
            receivedAt: Instant(microseconds: 0))
        AccessLog(output: output, now: { Instant(microseconds: 0) })
            .note(request, from: IPAddress("192.0.2.7"), source: "a", .json(.null))
        await output.finish()
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = read(reading, &buffer, buffer.count)
        let line = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
        #expect(line.hasPrefix(start) && line.contains("192.0.2.7"))
        close(reading)
        close(writing)
    }

    @Test(arguments: hostile)
    func whatPeopleReadDoesNothingToATerminal(_ whole: String) {
        let text = String(whole.prefix(1_000))
        Self.expectHarmless(Array((PrintableText.line(text) + "\n").utf8))
        let lines = PrintableText.lines("first\n\tsecond \(text)")
        #expect(lines.hasPrefix("first\n\tsecond "))
        for line in lines.split(separator: "\n") {
            Self.expectHarmless(Array((line.replacing("\t", with: "") + "\n").utf8))
        }
    }

    private static func expectHarmless(_ line: [UInt8]) {
        #expect(line.count { $0 == UInt8(ascii: "\n") } == 1 && line.last == UInt8(ascii: "\n"))
        let text = String(decoding: line.dropLast(), as: UTF8.self)
        #expect(text.unicodeScalars.allSatisfy { ![.control, .format].contains($0.properties.generalCategory) })
    }

    // MARK: The writer

    /// Both ends of a pipe, the reading one first.
    private static func pipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(Glibc.pipe(&ends) == 0)
        return (ends[0], ends[1])
    }

    @Test func whatNobodyReadsAnyMoreIsDroppedAndCounted() async throws {
        let (reading, writing) = try Self.pipe()
        signal(SIGPIPE, SIG_IGN)
        let writer = LineWriter(to: writing)
        close(reading)
        for _ in 0..<3 { writer.write(Array("line\n".utf8)) }
        await writer.finish()
        #expect(writer.dropped == 3)
        close(writing)
    }

    @Test func whatAFullDiskDoesNotTakeIsDroppedAndWhatComesLaterIsWritten() async throws {
        let folder = try TemporaryFolder()
        let disk = try SmallDisk(in: folder, mebibytes: 1)
        let path = disk.path + "/log"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        try #require(descriptor >= 0)
        let writer = LineWriter(to: descriptor)
        try disk.fill()
        for _ in 0..<3 { writer.write(Array("line\n".utf8)) }
        await writer.finish()
        #expect(writer.dropped == 3)

        try disk.free()
        writer.write(Array("whole\n".utf8))
        await writer.finish()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "whole\n")
        #expect(writer.dropped == 3)
        close(descriptor)
    }

    @Test func aReaderThatStallsHoldsUpNobodyNotEvenTheEnd() async throws {
        let (reading, writing) = try Self.pipe()
        let writer = LineWriter(to: writing)
        let line = Array((String(repeating: "x", count: 1_023) + "\n").utf8)
        let linesMax = 4_096
        for _ in 0..<linesMax { writer.write(line) }
        await writer.finish()
        var held: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        close(writing)
        while case let count = read(reading, &buffer, buffer.count), count > 0 { held += buffer[..<count] }
        close(reading)
        let arrived = held.count { $0 == UInt8(ascii: "\n") }
        #expect(arrived > 0)
        #expect(writer.dropped == linesMax - arrived)
    }

    @Test func halfALineDoesNotSpoilTheNext() async throws {
        let (reading, writing) = try Self.pipe()
        let writer = LineWriter(to: writing)
        // More than a pipe holds.
        writer.write(Array((String(repeating: "a", count: 1 << 19) + "\n").utf8))
        await writer.finish()
        var buffer = [UInt8](repeating: 0, count: 1 << 19)
        let held = read(reading, &buffer, buffer.count)
        #expect(held > 0 && held < 1 << 19)
        #expect(writer.dropped == 1)

        writer.write(Array("whole\n".utf8))
        await writer.finish()
        let count = read(reading, &buffer, buffer.count)
        #expect(String(decoding: buffer[..<max(0, count)], as: UTF8.self) == "\nwhole\n")
        #expect(writer.dropped == 1)
        close(reading)
        close(writing)
    }
}
