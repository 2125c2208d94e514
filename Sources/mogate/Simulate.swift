import ArgumentParser
import Casebook
import Foundation
import FoundationNetworking
import Model

struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Be the vendors: post recorded callbacks, signed, and say what each was answered.",
        discussion: """
            The callbacks are signed with the example secrets of the folder's sources, which are those of \
            deploy/mogate.yaml and `make run`. Each has an id of its own, the same every time, so that the second run \
            brings nothing new; --fresh gives new ones.

            With --count or --rate the cases are gone through again and again, each time with new ids, and only the sum \
            is printed. --faults puts one of the faults that are named into every tenth callback: `duplicate` posts it \
            twice, `reorder` after the next one, `slow` in pieces over two seconds; `bad-signature` and `truncate` must be \
            answered 401.

            --retry does what the vendors say that they do after what is not answered 200: Mobile Text Alerts tries \
            twice more, Telesign three times more after 5, 10 and 15 seconds, and waits 5 seconds for an answer. \
            What is to be answered 401 is not tried again.

            Examples:
              mogate simulate --url http://127.0.0.1:8080
              mogate simulate --rate 200 --count 10000
              mogate simulate --count 1000 --faults duplicate,reorder,bad-signature,truncate,slow
              mogate simulate --only telesign/ --retry
            """)

    @Option(help: "Where mogate listens.")
    var url = "http://127.0.0.1:8080"

    @Option(help: "The folder with the recorded callbacks.")
    var fixtures = "Fixtures"

    @Option(help: "Only cases whose name contains this, such as `telesign/` or `stop`.")
    var only: String?

    @Flag(help: "New ids, so that every callback counts as one that never came before.")
    var fresh = false

    @Option(help: "How many callbacks; without it, each case once.")
    var count: Int?

    @Option(help: "How many a second; without it, one after the other.")
    var rate: Double?

    @Option(help: "Faults to put in, with commas between: duplicate, reorder, bad-signature, truncate, slow.")
    var faults: FaultList?

    @Flag(help: "Try again as each vendor does, after what is not answered as it is to be.")
    var retry = false

    @Flag(help: "Print the sum as a JSON object.")
    var json = false

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count is a number from 1 on") }
        if let rate, !(0.01...100_000 ~= rate) { throw ValidationError("--rate is a number from 0.01 to 100000") }
        guard isURL else { throw ValidationError("`\(url)` is no URL such as http://127.0.0.1:8080") }
    }

    /// Whether it names a server, with a port where it ends in a colon: what a script left out is not meant to be port 80.
    private var isURL: Bool {
        guard let scheme = ["http://", "https://"].first(where: url.hasPrefix), URL(string: url)?.host != nil else {
            return false
        }
        return url.dropFirst(scheme.count).prefix { $0 != "/" }.last != ":"
    }

    func run() async throws {
        let plan = SimulationPlan(
            cases: try cases(), count: count, faults: faults?.faults ?? [],
            seed: fresh || count != nil || rate != nil ? UUID().uuidString : nil)
        let isWhole = count == nil && rate == nil
        let vendor = Vendor(url: url, retries: retry)
        var sum = SimulationSum()
        var bar = ProgressBar(total: plan.count)
        let clock = ContinuousClock()
        let start = clock.now
        try await withThrowingTaskGroup(of: Vendor.Answer.self) { group in
            var underWay = 0
            func take(_ answer: Vendor.Answer) throws {
                underWay -= 1
                sum.add(answer)
                if isWhole, !json {
                    bar.giveWay()
                    Output.line(answer.line)
                }
                bar.show(sum.callbacks)
            }
            for position in 0..<plan.count {
                if let rate { try await clock.sleep(until: start + .seconds(Double(position) / rate)) }
                while underWay >= (rate == nil ? 1 : Self.underWayMax), let answer = try await group.next() {
                    try take(answer)
                }
                underWay += 1
                group.addTask { try await vendor.post(plan.call(at: position)) }
            }
            while let answer = try await group.next() { try take(answer) }
        }
        bar.giveWay()
        sum.seconds = (clock.now - start) / .seconds(1)
        if json { Output.object(sum.members) } else { Output.line(sum.text) }
        if sum.unexpected > 0 { throw Exit.dataError }
    }

    /// So many callbacks are under way at once where there is a rate to keep.
    private static let underWayMax = 128

    private func cases() throws -> [Case] {
        let cases: [Case]
        do throws(CasebookError) { cases = try Case.all(in: fixtures) } catch {
            Output.complaint(error.description)
            throw Exit.noInput
        }
        let chosen = cases.filter { only.map($0.description.contains) ?? true }
        guard !chosen.isEmpty else {
            Output.complaint("no case in \(fixtures) is called like that")
            throw Exit.noInput
        }
        return chosen
    }
}

/// `--faults`, read.
struct FaultList: ExpressibleByArgument {
    let faults: [SimulationPlan.Fault]

    init?(argument: String) {
        let words = argument.split(separator: ",").map(String.init)
        faults = words.compactMap { SimulationPlan.Fault(rawValue: $0) }
        guard faults.count == words.count, !faults.isEmpty else { return nil }
    }
}
