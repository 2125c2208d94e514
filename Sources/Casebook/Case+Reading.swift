internal import Foundation
internal import Model
internal import Providers
internal import Wire

extension Case {
    /// All cases under a folder that has a folder for each provider, in the order of their names.
    ///
    /// - Throws: what is wrong with the first one that cannot be read.
    public static func all(in folder: String) throws(CasebookError) -> [Case] {
        var cases: [Case] = []
        for found in try found(in: folder) { cases.append(try found.reading.get()) }
        return cases
    }

    /// A folder that is to be a case, and what became of reading it.
    struct Found {
        let provider: String
        let name: String
        let reading: Result<Case, CasebookError>
    }

    /// Every folder that is to be a case, whether it can be read or not, in the order of their names.
    static func found(in folder: String) throws(CasebookError) -> [Found] {
        var found: [Found] = []
        for provider in try Folder(folder).folders {
            guard Providers.provider(named: provider.name) != nil else {
                throw CasebookError(path: provider.path, reason: "is named like no provider")
            }
            let shared = try sharedSource(in: provider)
            for folder in try provider.folders {
                let reading = Result { () throws(CasebookError) in
                    try Case(folder, of: provider.name, sharing: shared)
                }
                found.append(Found(provider: provider.name, name: folder.name, reading: reading))
            }
        }
        return found
    }

    /// The source that all cases in a provider's folder share.
    static func sharedSource(in provider: Folder) throws(CasebookError) -> JSON {
        try JSON(provider.file("source.json"), at: provider.path + "/source.json")
    }

    init(_ folder: Folder, of providerName: String, sharing shared: JSON) throws(CasebookError) {
        let path = folder.path + "/case.json"
        let sheet = try JSON(folder.file("case.json"), at: path)
        for member in sheet.members where !["origin", "about", "covers", "source"].contains(member.name) {
            throw CasebookError(path: path, reason: "`\(member.name)` is not known")
        }
        guard let origin = sheet["origin"]?.string.flatMap({ Origin(rawValue: $0) }) else {
            throw CasebookError(path: path, reason: "`origin` is none of documented, inferred, made")
        }
        guard let about = sheet["about"]?.string, !about.isEmpty else {
            throw CasebookError(path: path, reason: "`about` is missing")
        }
        if let covers = sheet["covers"], covers.string == nil {
            throw CasebookError(path: path, reason: "`covers` is not a string")
        }
        let reader = SourceReader(
            path: path, provider: providerName, layers: [sheet["source"], shared].compactMap { $0 })
        let source = try reader.source()
        let commonSource = try SourceReader(path: path, provider: providerName, layers: [shared]).source()
        let webhook = try RequestFile.read(folder.file("request.http"), at: folder.path + "/request.http")
        guard webhook.path == "/in/" + source.name else {
            throw CasebookError(path: folder.path + "/request.http", reason: "does not go to /in/\(source.name)")
        }
        self.init(
            provider: providerName, name: folder.name, folder: folder.path, origin: origin, about: about,
            covers: sheet["covers"]?.string, source: source, commonSource: commonSource,
            hasOwnSource: sheet["source"] != nil, webhook: webhook,
            expected: try Expectation(in: folder))
    }
}

extension JSON {
    /// A file that is an object.
    fileprivate init(_ bytes: [UInt8], at path: String) throws(CasebookError) {
        do throws(Failure) {
            try self.init(bytes)
        } catch {
            throw CasebookError(path: path, reason: "not JSON: \(error.reason) at byte \(error.offset)")
        }
        guard kind == .object else { throw CasebookError(path: path, reason: "expected an object") }
    }
}

/// A folder of files.
struct Folder {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    var name: String { URL(filePath: path).lastPathComponent }

    /// The folders within, in the order of their names.
    var folders: [Folder] {
        get throws(CasebookError) {
            let names: [String]
            do {
                names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
            } catch {
                throw CasebookError(path: path, reason: "cannot be read")
            }
            return names.filter { !$0.hasPrefix(".") && isFolder($0) }.map { Folder("\(path)/\($0)") }
        }
    }

    private func isFolder(_ name: String) -> Bool {
        let type = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.type] as? FileAttributeType
        return type == .typeDirectory
    }

    func file(_ name: String) throws(CasebookError) -> [UInt8] {
        guard let bytes = optionalFile(name) else {
            throw CasebookError(path: "\(path)/\(name)", reason: "is missing")
        }
        return bytes
    }

    /// Nil where there is none.
    func optionalFile(_ name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: "\(path)/\(name)").map { [UInt8]($0) }
    }

    func write(_ bytes: [UInt8], as name: String) throws(CasebookError) {
        guard FileManager.default.createFile(atPath: "\(path)/\(name)", contents: Data(bytes)) else {
            throw CasebookError(path: "\(path)/\(name)", reason: "cannot be written")
        }
    }
}
