import Glibc

/// What the system says of the call that just failed.
enum SystemError {
    static var words: String {
        let code = errno
        guard let words = unsafe strerror(code) else { return "error \(code)" }
        return unsafe "\(String(cString: words)) (error \(code))"
    }
}
