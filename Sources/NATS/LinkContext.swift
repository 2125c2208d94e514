internal import Threads

/// What the library's threads are given to work with: it lives as long as the library may still call.
final class LinkContext: Sendable {
    let replies: PendingReplies
    let credentials: Credentials?

    init(replies: PendingReplies, credentials: Credentials?) {
        self.replies = replies
        self.credentials = credentials
    }
}
