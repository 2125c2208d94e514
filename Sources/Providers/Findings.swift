internal import Model

/// What is noticed while a request is read, beside what it says.
final class Findings {
    /// Leniencies taken, for the events' provenance.
    private(set) var warnings: [String] = []
    /// Parts that were not understood, for quarantine.
    private(set) var faults: [Fault] = []
    /// Fields, words and shapes that this version does not know.
    private(set) var sightings: [Sighting] = []
    /// What the configuration supplied because the callback did not.
    private(set) var configured: [String] = []

    /// Of each kind no more is kept: one body shall not fill the journal with what is wrong in it. All of it is still in
    /// the raw request.
    static let eachMax = 64

    func warn(_ text: String) {
        if warnings.count < Self.eachMax { warnings.append(text) }
    }

    func fault(at path: String, _ reason: String) {
        switch faults.count {
        case ..<Self.eachMax: faults.append(Fault(path: path, reason: reason))
        case Self.eachMax: faults.append(Fault(path: "$", reason: "and more that is not understood"))
        default: break
        }
    }

    /// The path is put together only where it is noted.
    func sight(_ kind: Sighting.Kind, at path: @autoclosure () -> String, word: String = "") {
        if sightings.count < Self.eachMax { sightings.append(Sighting(kind: kind, path: path(), word: word)) }
    }

    func supply(_ field: String) {
        configured.append(field)
    }
}
