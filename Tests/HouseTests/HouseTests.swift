import Foundation
import Testing

/// Goal: keep the shape of the house, where the compiler cannot, by reading the sources.
struct HouseTests {
    /// Who may import what; a room not listed may not exist.
    static let imports: [String: Set<String>] = [
        "Model": [],
        "Wire": ["COpenSSL"],
        "Providers": ["Model", "Wire"],
        "Casebook": ["Model", "Wire", "Providers", "Foundation"],
        "Threads": ["CEvent", "Glibc"],
        "NATS": ["Model", "Wire", "Threads", "CNATS", "Glibc"],
        "Journal": ["Model", "Wire", "Threads", "NATS", "CSQLite", "CPages", "Glibc"],
        "Sinks": ["Model", "Wire", "Threads", "NATS", "CCurl", "Glibc"],
        "Front": ["Model", "Wire", "Threads", "CEvent", "COpenSSL", "Glibc", "Synchronization"],
        "Page": [],
        "Gateway": [
            "Model", "Wire", "Providers", "Threads", "NATS", "Journal", "Sinks", "Front", "Page", "Logging", "Yams",
            "Foundation", "Synchronization",
        ],
        "mogate": [
            "Model", "Providers", "Casebook", "Threads", "Journal", "Sinks", "Front", "Gateway", "ArgumentParser",
            "Logging", "Foundation", "FoundationNetworking",
        ],
    ]

    /// The only rooms where C lives, and so the only ones where `unsafe` may be written.
    static let roomsOfC: Set<String> = ["Wire", "Threads", "NATS", "Journal", "Sinks", "Front"]

    /// What is unsafe besides: every event's JSON is written by it, one small piece after another.
    static let unsafeForSpeed: Set<String> = ["Model/ByteWriter.swift"]

    /// C libraries, as they are seen from Swift: nothing of them but a module map and a header.
    static let libraries: Set<String> = ["CEvent", "CCurl", "CNATS", "CSQLite", "COpenSSL"]

    /// What is written in C, since SQLite calls it on every page: nothing else is.
    static let writtenInC: Set<String> = ["CPages"]

    static let linesMax = 400

    @Test func roomsAreThoseThatAreListed() throws {
        let rooms = try FileManager.default.contentsOfDirectory(atPath: SourceFile.sources.path)
        #expect(Set(rooms) == Set(Self.imports.keys).union(Self.libraries).union(Self.writtenInC))
        #expect(SourceFile.all.count > 40, "the sources were not found")
    }

    @Test(arguments: SourceFile.all)
    func importsOnlyWhatItsRoomAllows(_ file: SourceFile) throws {
        let allowed = try #require(Self.imports[file.room])
        for module in file.imports {
            #expect(allowed.contains(module), "\(file) imports \(module)")
        }
    }

    @Test(arguments: SourceFile.all)
    func isUnsafeOnlyWhereCLives(_ file: SourceFile) {
        guard !Self.roomsOfC.contains(file.room), !Self.unsafeForSpeed.contains("\(file)") else { return }
        // That an actor lives on a loop it has, Swift can be told in no other words.
        let code = file.code.replacing("unsafe loop.asUnownedSerialExecutor()", with: "")
        #expect(!code.contains(/\bunsafe\b|@unchecked|nonisolated\(unsafe\)|@unsafe\b/), "\(file) is unsafe")
    }

    @Test(arguments: SourceFile.all)
    func sharesNothingByItsWordAlone(_ file: SourceFile) {
        #expect(!file.code.contains("@unchecked Sendable"), "\(file) vouches for a whole type")
        #expect(!file.code.contains(/\bimport Dispatch\b|\bDispatchQueue\b/), "\(file) has a queue of its own")
    }

    /// A provider is pure: what it knows comes in as an argument and goes out as a result.
    @Test(arguments: SourceFile.all.filter { $0.room == "Providers" })
    func providersKeepNothing(_ file: SourceFile) {
        #expect(!file.code.contains(/\bstatic var [A-Za-z]+\b[^{\n]*=/), "\(file) has a static variable")
        #expect(!file.code.contains(/\bDate\(|\bClock\b|\.random\(|SystemRandomNumberGenerator/), "\(file) is not pure")
    }

    /// The vendors' folders.
    static let vendors = Set(
        SourceFile.all.filter { $0.room == "Providers" }.map {
            $0.path.split(separator: "/").dropLast().last.map(String.init) ?? ""
        }
    ).subtracting(["Providers"])

    /// One vendor's folder does not know another's, and nothing else in the house a vendor's type.
    @Test(arguments: SourceFile.all)
    func vendorsDoNotKnowEachOther(_ file: SourceFile) throws {
        for vendor in Self.vendors {
            let isHome = file.path.contains("/Providers/\(vendor)/") || file.path.hasSuffix("/Catalog.swift")
            // Elsewhere people may be told of vendors, but no type of theirs is used.
            let namesIt =
                file.room == "Providers"
                ? file.code.contains(vendor) : file.code.contains(try Regex("\\b\(vendor)(\\.[A-Za-z]|\\()"))
            #expect(isHome || !namesIt, "\(file) names \(vendor)")
        }
    }

    /// All that a vendor's folder declares lies within the vendor's own type, so that the next vendor may have its SMS too.
    @Test(arguments: SourceFile.all.filter { $0.path.contains("/Providers/") })
    func vendorsShareNoNames(_ file: SourceFile) throws {
        let folders = file.path.split(separator: "/")
        let vendor = try #require(folders.dropLast().last)
        guard vendor != "Providers" else { return }
        let declared = file.code.matches(
            of: /(?m)^(?:public |fileprivate |private )?(?:final )?(?:struct|enum|class|protocol|typealias) (\w+)/)
        #expect(declared.allSatisfy { $0.output.1 == vendor }, "\(file) declares more than \(vendor)")
    }

    @Test(arguments: SourceFile.all)
    func fitsInTheHead(_ file: SourceFile) {
        #expect(file.text.split(separator: "\n", omittingEmptySubsequences: false).count <= Self.linesMax, "\(file)")
    }

    @Test(arguments: SourceFile.all)
    func leavesNothingUndone(_ file: SourceFile) {
        #expect(!file.text.contains(/\b(TODO|FIXME|XXX)\b/), "\(file)")
        #expect(!file.code.contains("try!"), "\(file)")
    }
}
