import FolderKit
import Foundation
import Model
import Providers
public import Testing

@testable public import Casebook

/// The recorded cases beside the sources, and what a test needs around them.
enum Recorded {
    static let folder = Repository.root.appending(path: "Fixtures").path

    /// None where one of them cannot be read: ``everyCaseIsRead`` says so.
    static let all: [Case] = (try? Case.all(in: folder)) ?? []

    /// Those whose body is JSON.
    static let json = all.filter { (try? JSONText($0.webhook.body)) != nil }

    static func named(_ name: String) throws -> Case {
        try #require(all.first { $0.description == name })
    }
}

extension Case: CustomTestStringConvertible {
    public var testDescription: String { description }
}

extension TemporaryFolder {
    /// Makes a folder of cases with some of the recorded ones in it.
    func copy(_ names: String...) throws {
        for name in names {
            let provider = String(name.prefix { $0 != "/" })
            try FileManager.default.createDirectory(
                at: url.appending(path: provider), withIntermediateDirectories: true)
            for item in ["\(provider)/source.json", name] where !exists(item) {
                try FileManager.default.copyItem(
                    atPath: "\(Recorded.folder)/\(item)", toPath: url.appending(path: item).path)
            }
        }
    }

    func exists(_ item: String) -> Bool {
        FileManager.default.fileExists(atPath: url.appending(path: item).path)
    }

    func write(_ text: String, to item: String) throws {
        try Data(text.utf8).write(to: url.appending(path: item))
    }

    func bytes(of item: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: url.appending(path: item)))
    }
}

/// The Python that has the packages of `Tests/requirements.txt`.
enum Python {
    /// Runs a script or a program with bytes for its input.
    static func run(_ arguments: [String], input: [UInt8]) throws -> (status: Int32, output: String) {
        let folder = try TemporaryFolder()
        let inputFile = folder.url.appending(path: "input")
        try Data(input).write(to: inputFile)
        let process = Process()
        let output = Pipe()
        process.executableURL = try Repository.python()
        process.arguments = arguments
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
