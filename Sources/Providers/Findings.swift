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

    func warn(_ text: String) {
        warnings.append(text)
    }

    func fault(at path: String, _ reason: String) {
        faults.append(Fault(path: path, reason: reason))
    }

    func sight(_ kind: Sighting.Kind, at path: String, word: String = "") {
        sightings.append(Sighting(kind: kind, path: path, word: word))
    }

    func supply(_ field: String) {
        configured.append(field)
    }
}
