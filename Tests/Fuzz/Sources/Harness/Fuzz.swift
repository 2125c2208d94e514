internal import CFuzzer
internal import Foundation

/// As C's `main` gets them.
public typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?

/// Hands the process over to libFuzzer, which calls with one input after another until its time is up.
public func fuzz(
    _ count: Int32, _ arguments: Arguments, test: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32 {
    var count = count
    var arguments = arguments
    return LLVMFuzzerRunDriver(&count, &arguments, test)
}

/// An input, copied out of libFuzzer's hands.
public func bytes(_ start: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: start, count: count))
}

/// Ends the process where something does not hold: libFuzzer then writes the input down.
func require(_ holds: Bool, _ what: @autoclosure () -> String) {
    if !holds { fail(what()) }
}

/// As `fatalError` does, but without the runtime's own look at the stack, which AddressSanitizer takes for a fault.
func fail(_ what: String) -> Never {
    FileHandle.standardError.write(Data("\(what)\n".utf8))
    abort()
}
