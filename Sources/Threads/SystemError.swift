import Glibc

/// What the system says of a call that failed.
package enum SystemError {
    /// Of the call that failed just now.
    package static var words: String { words(of: errno) }

    package static func words(of code: Int32) -> String {
        guard let words = unsafe strerror(code) else { return "error \(code)" }
        return unsafe "\(String(cString: words)) (error \(code))"
    }
}
