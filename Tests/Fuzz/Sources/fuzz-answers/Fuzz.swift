public import Harness

private let harness = AnswerHarness()

/// What libFuzzer's build takes for `main`.
@_cdecl("fuzz_answers_main")
public func main(_ count: Int32, _ arguments: Arguments) -> Int32 {
    fuzz(count, arguments) { start, count in
        harness.check(bytes(start, count))
        return 0
    }
}
