import ArgumentParser
import Foundation

/// What the measurements that write to a disk have in common.
struct BenchOptions: ParsableArguments {
    @Option(help: "The folder with the recorded callbacks.")
    var fixtures = "Fixtures"

    @Option(help: "Only cases whose name contains this, such as `telesign/` or `stop`.")
    var only: String?

    @Option(help: "How many rounds are measured.")
    var rounds = 7

    @Option(help: "The folder in which a temporary one is made: it decides which disk is measured.")
    var folder = FileManager.default.temporaryDirectory.path

    @Flag(help: "One JSON object instead of a table.")
    var json = false

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("--rounds must be at least 1") }
    }

    /// Works in a folder of its own, which is deleted in the end.
    func inTemporaryFolder(
        _ work: nonisolated(nonsending) (_ folder: String) async throws -> Void
    ) async throws {
        #if DEBUG
            Output.complaint("built for debugging: the figures say nothing about a release")
        #endif
        let own = URL(filePath: folder).appending(path: "mogate-bench-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        } catch {
            Output.complaint("\(own.path): \(error.localizedDescription)")
            throw Exit.ioError
        }
        defer { try? FileManager.default.removeItem(at: own) }
        try await work(own.path)
    }
}
