import Glibc

/// What the system knows of a socket.
enum Socket {
    /// Whether bytes wait in the system that nobody has read yet.
    static func hasUnreadBytes(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        return unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) > 0
    }
}
