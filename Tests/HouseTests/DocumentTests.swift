import Foundation
import Testing

/// Goal: what is written beside the sources leads somewhere.
struct DocumentTests {
    /// A Markdown file of ours, by its path.
    struct Document: Sendable, CustomTestStringConvertible {
        let path: String
        let url: URL
        let text: String

        static let root = SourceFile.sources.deletingLastPathComponent()

        static let all: [Document] = {
            let files = FileManager.default.enumerator(
                at: root, includingPropertiesForKeys: nil, options: .skipsHiddenFiles)
            return (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "md" }.compactMap { url in
                (try? String(contentsOf: url, encoding: .utf8)).map {
                    Document(path: String(url.path.dropFirst(root.path.count + 1)), url: url, text: $0)
                }
            }
        }()

        /// Where its links lead, but for those to other machines.
        var links: [String] {
            text.matches(of: /\]\(([^)\s]+)\)/).map { String($0.output.1) }
                .filter { !$0.contains("://") && !$0.hasPrefix("mailto:") }
        }

        /// What its headings are reached by.
        var anchors: Set<String> {
            Set(
                text.matches(of: /(?m)^#+ (.+)$/).map { match in
                    match.output.1.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" }
                        .replacing(" ", with: "-")
                })
        }

        var testDescription: String { path }
    }

    @Test func theDocumentsAreThere() {
        #expect(Set(Document.all.map(\.path)).isSuperset(of: ["README.md", "deploy/README.md", "Fixtures/README.md"]))
    }

    @Test(arguments: Document.all)
    func everyLinkLeadsToAFileOrAHeading(_ document: Document) throws {
        for link in document.links {
            let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let target =
                parts[0].isEmpty ? document.url : document.url.deletingLastPathComponent().appending(path: parts[0])
            #expect(FileManager.default.fileExists(atPath: target.path), "\(document.path): \(link)")
            guard parts.count == 2 else { continue }
            let file = target.hasDirectoryPath ? target.appending(path: "README.md") : target
            let other = try #require(
                Document.all.first { $0.url.standardizedFileURL.path == file.standardizedFileURL.path }, "\(link)")
            #expect(other.anchors.contains(parts[1]), "\(document.path): \(link)")
        }
    }

    /// Every alert has its line in the runbook, and the runbook no others.
    @Test func theRunbookIsThatOfTheAlerts() throws {
        let rules = try String(
            contentsOf: Document.root.appending(path: "deploy/prometheus/alerts.yaml"), encoding: .utf8)
        let alerts = rules.matches(of: /alert: (\w+)/).map { String($0.output.1) }
        let runbook = try #require(Document.all.first { $0.path == "deploy/README.md" })
        let lines = runbook.text.matches(of: /(?m)^\| (Mogate\w+) \|/).map { String($0.output.1) }
        #expect(alerts.count > 10 && alerts.sorted() == lines.sorted())
    }
}
