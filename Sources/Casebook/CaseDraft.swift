internal import Foundation
public import Model
internal import Providers
internal import Wire

/// A case that is about to be written: a body, and the source that it is sent to.
public struct CaseDraft: Sendable {
    /// The folder that has a folder for each provider.
    private let root: String
    private let provider: any Provider.Type
    /// The source that the case's provider shares, with what is this case's own laid over it.
    public let source: Source
    /// What is this case's own.
    private let overlay: [Verbatim.Member]

    /// - Parameter overlay: what is different in this case from the source in the provider's `source.json`.
    /// - Throws: where the folder has no such provider, or its source cannot be read.
    public init(in folder: String, provider name: String, overlay: [Verbatim.Member] = []) throws(CasebookError) {
        let home = Folder("\(folder)/\(name)")
        guard let provider = Providers.provider(named: name) else {
            throw CasebookError(path: home.path, reason: "there is no provider of that name")
        }
        guard home.optionalFile("source.json") != nil else {
            throw CasebookError(
                path: home.path + "/source.json",
                reason: "is missing: it says where the cases of this provider are sent to, and a secret made for them")
        }
        let shared = try Case.sharedSource(in: home)
        let layers = [try? JSON(Verbatim.object(overlay).json), shared].compactMap { $0 }
        source = try SourceReader(path: home.path + "/source.json", provider: name, layers: layers).source()
        guard source.authentication == .none || !source.secrets.isEmpty else {
            throw CasebookError(path: home.path + "/source.json", reason: "has no secret to sign with")
        }
        root = folder
        self.provider = provider
        self.overlay = overlay
    }

    /// What a body comes to, signed with the folder's own secret.
    public func outcome(of body: [UInt8], contentType: String = contentType) -> Outcome {
        let headers = headers(on: body, contentType: contentType).map { ($0.name, $0.value) }
        let webhook = Webhook(
            method: "POST", path: "/in/" + source.name, query: nil, headers: Headers(headers), body: body,
            peer: Case.peer, receivedAt: Case.receivedAt)
        return Outcome(of: webhook, at: source, by: provider)
    }

    /// What the sheet of a case says of it.
    public struct Sheet: Sendable {
        public let name: String
        public let origin: Case.Origin
        public let about: String
        public let covers: String?

        public init(name: String, origin: Case.Origin, about: String, covers: String? = nil) {
            self.name = name
            self.origin = origin
            self.about = about
            self.covers = covers
        }
    }

    /// Writes the case with what it comes to, whole or not at all, and reads it back. It never overwrites anything.
    public func write(
        _ body: [UInt8], as sheet: Sheet, contentType: String = contentType
    ) throws(CasebookError) -> Case {
        let home = Folder("\(root)/\(provider.name)")
        guard sheet.name.isCaseName else {
            throw CasebookError(
                path: sheet.name, reason: "is no name for a case: lower-case letters, digits and hyphens")
        }
        let target = Folder("\(home.path)/\(sheet.name)")
        guard !FileManager.default.fileExists(atPath: target.path) else {
            throw CasebookError(path: target.path, reason: "is there already, and nothing is overwritten")
        }
        let draft = Folder("\(home.path)/.\(sheet.name)-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(atPath: draft.path, withIntermediateDirectories: false)
        } catch {
            throw CasebookError(path: home.path, reason: "cannot be written to")
        }
        defer { try? FileManager.default.removeItem(atPath: draft.path) }
        try draft.write(request(with: body, contentType: contentType), as: "request.http")
        try draft.write(caseFile(sheet), as: "case.json")
        let shared = try Case.sharedSource(in: home)
        let written = try Case(draft, of: provider.name, sharing: shared)
        try written.record(written.outcome())
        do {
            try FileManager.default.moveItem(atPath: draft.path, toPath: target.path)
        } catch {
            throw CasebookError(path: target.path, reason: "cannot be written")
        }
        return try Case(target, of: provider.name, sharing: shared)
    }

    public static let contentType = "application/json"

    private func headers(on body: [UInt8], contentType: String) -> [Receipt.Header] {
        let signature = source.secrets.first.map { provider.sign(body, with: $0, for: source) } ?? []
        return [Receipt.Header(name: "Content-Type", value: contentType)] + signature
    }

    private func request(with body: [UInt8], contentType: String) -> [UInt8] {
        var head = "POST /in/\(source.name) HTTP/1.1\r\nHost: gateway.example.com\r\n"
        for header in headers(on: body, contentType: contentType) { head += "\(header.name): \(header.value)\r\n" }
        return Array("\(head)Content-Length: \(body.count)\r\n\r\n".utf8) + body
    }

    private func caseFile(_ sheet: Sheet) throws(CasebookError) -> [UInt8] {
        var members = [
            Verbatim.Member(name: "origin", value: .string(sheet.origin.rawValue)),
            Verbatim.Member(name: "about", value: .string(sheet.about)),
        ]
        if let covers = sheet.covers { members.append(Verbatim.Member(name: "covers", value: .string(covers))) }
        if !overlay.isEmpty { members.append(Verbatim.Member(name: "source", value: .object(overlay))) }
        guard let text = try? JSONText(Verbatim.object(members).json) else {
            throw CasebookError(path: sheet.name, reason: "what it is about cannot be written as JSON")
        }
        return JSONSpelling(layout: .indentedByTwo).spell(text) + [UInt8(ascii: "\n")]
    }
}

extension String {
    fileprivate var isCaseName: Bool {
        !isEmpty && utf8.count <= 100 && !hasPrefix("-")
            && utf8.allSatisfy { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || $0.isDigit || $0 == UInt8(ascii: "-") }
    }
}
