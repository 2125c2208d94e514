public import Foundation

/// The repository that the tests are part of, and what is set up in it for them.
public enum Repository {
    public static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The Python that has the packages of `Tests/requirements.txt`.
    /// - Throws: ``PythonMissing``.
    public static func python() throws -> URL {
        let python = root.appending(path: ".build/venv/bin/python")
        guard FileManager.default.isExecutableFile(atPath: python.path) else { throw PythonMissing() }
        return python
    }

    public struct PythonMissing: Error, CustomStringConvertible {
        public let description = "the tests' Python packages are missing: `make .build/venv/ready` installs them"
    }
}
