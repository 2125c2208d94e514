import Foundation

/// How far long work has come, for a person at a terminal; nothing for anyone else.
struct ProgressBar {
    /// Nil where it is not known how much there is.
    var total: Int?
    /// What the work is at; empty where there is but one thing.
    private var part = ""
    private let isShown: Bool
    private var isDrawn = false
    private var start = ContinuousClock.now
    /// The first is shown at once, as a sign of life.
    private var shownAt: ContinuousClock.Instant?

    private static let width = 28
    private static let showEvery = Duration.milliseconds(100)

    init(total: Int? = nil) {
        self.total = total
        isShown = Output.isErrorTerminal
    }

    /// - Parameter done: how much of the work is done.
    mutating func show(_ done: Int) {
        let now = ContinuousClock.now
        guard isShown, shownAt.map({ now - $0 >= Self.showEvery }) ?? true else { return }
        shownAt = now
        isDrawn = true
        let perSecond = Int(Double(done) / max(0.001, (now - start) / .seconds(1)))
        Output.progress(Self.line(done, of: total, perSecond: perSecond, part: part))
    }

    /// Goes on to another part of the work, which begins at nothing, where it is not at that one already.
    mutating func turn(to part: String, total: Int?) {
        self.total = total
        guard isShown, self.part != part else { return }
        self.part = part
        start = ContinuousClock.now
        shownAt = start
        isDrawn = true
        Output.progress(part)
    }

    /// Makes room for a line of output; the next ``show(_:)`` draws below it.
    mutating func giveWay() {
        guard isDrawn else { return }
        isDrawn = false
        Output.progress("")
    }

    static func line(_ done: Int, of total: Int?, perSecond: Int, part: String = "") -> String {
        let what = part.isEmpty ? "" : part + " "
        guard let total, total > 0 else { return "\(what)\(done), \(perSecond) a second" }
        let share = min(done, total)
        let filled = share * width / total
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        return "\(what)\(bar) \(share * 100 / total) %  \(done) of \(total), \(perSecond) a second"
    }
}
