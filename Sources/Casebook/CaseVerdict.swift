internal import Model

/// What came of running one recorded case.
public struct CaseVerdict: Sendable, Equatable {
    /// The provider's name in the catalog.
    public let provider: String
    /// The name of the case's folder.
    public let name: String
    /// In words, over one line or more; nil where it came out as recorded.
    public let failure: String?

    public var passed: Bool { failure == nil }

    public init(provider: String, name: String, failure: String?) {
        self.provider = provider
        self.name = name
        self.failure = failure
    }

    /// Runs every case under a folder whose name, `<provider>/<case>`, contains a text.
    ///
    /// A case that cannot be read has failed, and the others are run all the same.
    /// - Throws: where the folder is no folder of cases at all.
    public static func all(in folder: String, only text: String? = nil) throws(CasebookError) -> [CaseVerdict] {
        try Case.found(in: folder).map { CaseVerdict($0) }.filter { verdict in
            text.map(verdict.description.contains) ?? true
        }
    }

    private init(_ found: Case.Found) {
        let failure: String?
        switch found.reading {
        case .failure(let error): failure = error.description
        case .success(let fixture): failure = fixture.failure()
        }
        self.init(provider: found.provider, name: found.name, failure: failure)
    }
}

extension CaseVerdict: CustomStringConvertible {
    public var description: String { "\(provider)/\(name)" }
}

extension Case {
    /// Where the request comes to something else than was recorded; nil where it does not.
    fileprivate func failure() -> String? {
        guard !expected.isEmpty else { return "nothing was recorded that it must come to" }
        return expected.difference(from: Expectation(outcome()))
    }
}
