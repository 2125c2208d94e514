import Foundation
import Testing

/// A Swift file under `Sources`, as text.
struct SourceFile: Sendable, CustomStringConvertible, CustomTestStringConvertible {
    let path: String
    let text: String

    static let sources = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Sources")

    static let all: [SourceFile] = {
        let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        return (files?.allObjects as? [URL] ?? [])
            .filter { $0.pathExtension == "swift" }
            .compactMap { url in
                (try? String(contentsOf: url, encoding: .utf8)).map { SourceFile(path: url.path, text: $0) }
            }
            .sorted { $0.path < $1.path }
    }()

    /// The folder directly under `Sources`.
    var room: String {
        path.dropFirst(Self.sources.path.count + 1).split(separator: "/").first.map(String.init) ?? ""
    }

    /// The text without its comments.
    var code: String {
        text.replacing(#/\s*//.*/#.anchorsMatchLineEndings(), with: "")
    }

    var imports: [String] {
        code.matches(
            of:
                #/^\s*(?:@\w+ )*(?:public |internal |package |private |fileprivate )?import (?:struct |enum |class |func )?(\w+)/#
                .anchorsMatchLineEndings()
        )
        .map { String($0.output.1) }
    }

    var description: String { String(path.dropFirst(Self.sources.path.count + 1)) }
    var testDescription: String { description }
}
