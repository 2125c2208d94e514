import Foundation

/// How far long work has come, for a person at a terminal; nothing for anyone else.
struct ProgressBar {
    /// Nil where it is not known how much there is.
    let total: Int?
    private let isShown: Bool
    private let start = ContinuousClock.now
    private var shownAt = ContinuousClock.now

    private static let width = 28
    private static let showEvery = Duration.milliseconds(100)

    init(total: Int? = nil) {
        self.total = total
        isShown = Output.isErrorTerminal
    }

    /// - Parameter done: how much of the work is done.
    mutating func show(_ done: Int) {
        let now = ContinuousClock.now
        guard isShown, now - shownAt >= Self.showEvery else { return }
        shownAt = now
        let perSecond = Int(Double(done) / max(0.001, (now - start) / .seconds(1)))
        Output.progress(Self.line(done, of: total, perSecond: perSecond))
    }

    func end() {
        if isShown { Output.progress("") }
    }

    static func line(_ done: Int, of total: Int?, perSecond: Int) -> String {
        guard let total, total > 0 else { return "\(done), \(perSecond) a second" }
        let filled = min(width, done * width / total)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        return "\(bar) \(done * 100 / total) %  \(done) of \(total), \(perSecond) a second"
    }
}
