/// Verdicts as JUnit XML, which continuous integration reads: a suite for each provider, a test for each case.
public struct JUnitReport: Sendable {
    private let verdicts: [CaseVerdict]

    public init(_ verdicts: [CaseVerdict]) {
        self.verdicts = verdicts
    }

    public var xml: String {
        let providers = Set(verdicts.map(\.provider)).sorted()
        let suites = providers.map { name in suite(name, of: verdicts.filter { $0.provider == name }) }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="mogate fixtures" \(Self.counts(verdicts))>
            \(suites.joined())</testsuites>

            """
    }

    private func suite(_ provider: String, of verdicts: [CaseVerdict]) -> String {
        """
          <testsuite name="\(Self.escaped(provider))" \(Self.counts(verdicts))>
        \(verdicts.map(test).joined())  </testsuite>

        """
    }

    private func test(_ verdict: CaseVerdict) -> String {
        let names = "classname=\"\(Self.escaped(verdict.provider))\" name=\"\(Self.escaped(verdict.name))\""
        guard let failure = verdict.failure else { return "    <testcase \(names)/>\n" }
        let message = failure.split(separator: "\n").first.map(String.init) ?? ""
        return """
                <testcase \(names)>
                  <failure message="\(Self.escaped(message))">\(Self.escaped(failure))</failure>
                </testcase>

            """
    }

    private static func counts(_ verdicts: [CaseVerdict]) -> String {
        "tests=\"\(verdicts.count)\" failures=\"\(verdicts.count { !$0.passed })\" errors=\"0\""
    }

    /// What XML 1.0 cannot hold at all, not even escaped, becomes a replacement character.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&apos;"
            case "\t", "\n", "\r": escaped += "&#\(scalar.value);"
            case "\u{00}"..."\u{1F}", "\u{FFFE}"..."\u{FFFF}": escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
