import FolderKit
import Foundation
import Model
import Threads

@testable import Sinks

/// A folder of a test's own, removed with it, and a clock that the test sets.
final class Scratch: Sendable {
    private let place: TemporaryFolder
    private let time = Lock(Sample.receivedAt)

    init() throws {
        place = try TemporaryFolder()
    }

    var folder: String { place.path }

    var path: String { folder + "/events.ndjson" }

    func advance(byMs milliseconds: Int64) {
        time.withLock { $0 = $0.advanced(byMilliseconds: milliseconds) }
    }

    func open(
        at position: [UInt8] = [], rotateBytes: Int64? = nil, rotateMs: Int64? = nil, path: String? = nil
    ) async throws -> FileSink {
        try await FileSink.open(
            FileSink.Settings(path: path ?? self.path, rotateBytes: rotateBytes, rotateMs: rotateMs),
            position: position, now: { self.time.withLock { $0 } })
    }

    /// The files there are, in the order of their names; the active one comes last.
    var names: [String] {
        get throws {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            return names.filter { $0 != "events.ndjson" } + names.filter { $0 == "events.ndjson" }
        }
    }

    func content(_ name: String = "events.ndjson") throws -> String {
        try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
    }

    func write(_ text: String, to name: String = "events.ndjson") throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
    }

    func append(_ text: String) throws {
        try write(content() + text)
    }

    func rename(_ name: String, to other: String) throws {
        try FileManager.default.moveItem(atPath: folder + "/" + name, toPath: folder + "/" + other)
    }

    func mode(of path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
}

extension Delivered {
    /// The position, where everything was taken.
    var positionOfAllTaken: [UInt8]? {
        outcomes.allSatisfy { $0 == .taken } && !outcomes.isEmpty ? position : nil
    }

    var reasons: [String] {
        outcomes.map {
            switch $0 {
            case .taken: "taken"
            case .later(let reason, let waitMs): "later: \(reason)\(waitMs.map { ", \($0) ms" } ?? "")"
            case .never(let reason): "never: \(reason)"
            case .gone(let reason): "gone: \(reason)"
            }
        }
    }
}
