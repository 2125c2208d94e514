/// Finds the entry that crashes the process, should there be one, so that it does not hold up all others for ever.
///
/// After a start that followed a crash, entries are tried one batch after another, and it is noted on the disk which
/// those are before they are tried. The entries of a batch that was on its way when the process crashed are then tried
/// alone, and one that was on its way alone at ``crashesMax`` crashes is given up. A process that ended well leaves
/// nothing to be cautious about.
struct Caution {
    static let reason = "the process ended, again and again, while this was tried"

    /// How many crashes while an entry was tried alone are enough to give it up. The first crash does not count: nothing was
    /// noted then.
    let crashesMax: Int
    /// Entries that were tried when a process ended, and how often alone.
    private(set) var trials: [Int64: Int]
    /// How many entries may have been on their way when the process ended.
    private var entriesLeft: Int

    init(trials: [Int64: Int], entriesLeft: Int, crashesMax: Int) {
        self.trials = trials
        self.entriesLeft = entriesLeft
        self.crashesMax = crashesMax
    }

    var isOver: Bool { entriesLeft <= 0 && trials.isEmpty }

    func isGivenUp(_ sequence: Int64) -> Bool {
        trials[sequence].map { $0 >= crashesMax } ?? false
    }

    /// How many of these, from the first on, may be tried together.
    func countTogether(_ sequences: [Int64]) -> Int {
        guard let first = sequences.first else { return 0 }
        return trials[first] == nil ? sequences.prefix { trials[$0] == nil }.count : 1
    }

    /// The process did not end of these.
    mutating func clear(_ sequences: [Int64]) {
        for sequence in sequences { trials[sequence] = nil }
        entriesLeft -= sequences.count
    }
}
