import ArgumentParser
import Casebook
import Foundation
import FoundationNetworking
import Model

struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Be the vendors: post every recorded callback, signed, and say what each was answered.",
        discussion: """
            The callbacks are signed with the example secrets of the folder's sources, which are those of \
            deploy/mogate.yaml and `make run`. Each has an id of its own, the same every time, so that the second run \
            brings nothing new; --fresh gives new ones.

            Example: mogate simulate --url http://127.0.0.1:8080
            """)

    @Option(help: "Where mogate listens.")
    var url = "http://127.0.0.1:8080"

    @Option(help: "The folder with the recorded callbacks.")
    var fixtures = "Fixtures"

    @Option(help: "Only cases whose name contains this, such as `telesign/` or `stop`.")
    var only: String?

    @Flag(help: "New ids, so that every callback counts as one that never came before.")
    var fresh = false

    func run() async throws {
        let cases: [Case]
        do throws(CasebookError) { cases = try Case.all(in: fixtures) } catch {
            Output.complaint(error.description)
            throw Exit.noInput
        }
        let seed = fresh ? UUID().uuidString : ""
        var unexpected = 0
        let chosen = cases.filter { only.map($0.description.contains) ?? true }
        for fixture in chosen {
            let status: Int
            do {
                let body = fixture.freshBody(seed: seed)
                status = try await post(fixture.signed(body, for: fixture.commonSource))
            } catch {
                Output.complaint("\(url) is out of reach: is `mogate serve` running?")
                throw Exit.unavailable
            }
            if status != 200 { unexpected += 1 }
            Output.line("\(status)  \(fixture)  \(fixture.about)")
        }
        Output.line("\(chosen.count) callbacks posted, \(unexpected) not answered 200")
        if unexpected > 0 { throw Exit.dataError }
    }

    private func post(_ signed: SignedRequest) async throws -> Int {
        guard let address = URL(string: url + signed.path + (signed.query.map { "?" + $0 } ?? "")) else {
            throw ValidationError("`\(url)` is not a URL")
        }
        var request = URLRequest(url: address)
        request.httpMethod = "POST"
        request.httpBody = Data(signed.body)
        for header in signed.headers { request.setValue(header.value, forHTTPHeaderField: header.name) }
        let (_, response) = try await URLSession.shared.data(for: request)
        return (response as? HTTPURLResponse)?.statusCode ?? 0
    }
}
